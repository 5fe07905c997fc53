// SPDX-License-Identifier: Apache-2.0

// Package qr draws QR codes for terminals and pages.
//
// It is not: an encoder, which boombuler/barcode is.
//
// Floor F0: it imports the encoder only.
package qr

import (
	"fmt"
	"image/color"
	"strings"

	"github.com/boombuler/barcode/qr"
)

// quietZone is how many light modules surround a QR code (ISO/IEC 18004).
const quietZone = 4

// The colours are of the fixed part of the palette, which terminals do not theme: dark modules are
// dark whatever the ground is. Readers such as zbarimg do not read inverted codes.
const (
	darkOnLight = "\x1b[38;5;16;48;5;231m"
	plain       = "\x1b[0m"
)

// SVG returns a QR code as a picture, dark on light. A content that no code holds is an error.
func SVG(content string) (string, error) {
	code, err := qr.Encode(content, qr.M, qr.Auto)
	if err != nil {
		return "", fmt.Errorf("draw a QR code: %w", err)
	}
	size := code.Bounds().Dx()
	var b strings.Builder
	fmt.Fprintf(&b, `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %[1]d %[1]d" shape-rendering="crispEdges">`+
		`<rect width="%[1]d" height="%[1]d" fill="#fff"/><path d="`, size+2*quietZone)
	for y := range size {
		for x := range size {
			if code.At(x, y) == color.Black {
				fmt.Fprintf(&b, "M%d %dh1v1h-1z", x+quietZone, y+quietZone)
			}
		}
	}
	b.WriteString(`"/></svg>`)
	return b.String(), nil
}

// Draw returns a QR code for a terminal, two rows of modules in a line. A content that no code holds
// is an error.
func Draw(content string) (string, error) {
	code, err := qr.Encode(content, qr.M, qr.Auto)
	if err != nil {
		return "", fmt.Errorf("draw a QR code: %w", err)
	}
	size := code.Bounds().Dx()
	dark := func(x, y int) bool {
		return x >= 0 && y >= 0 && x < size && y < size && code.At(x, y) == color.Black
	}
	var b strings.Builder
	for y := -quietZone; y < size+quietZone; y += 2 {
		b.WriteString(darkOnLight)
		for x := -quietZone; x < size+quietZone; x++ {
			switch upper, lower := dark(x, y), dark(x, y+1); {
			case upper && lower:
				b.WriteString("█")
			case upper:
				b.WriteString("▀")
			case lower:
				b.WriteString("▄")
			default:
				b.WriteString(" ")
			}
		}
		b.WriteString(plain + "\n")
	}
	return b.String(), nil
}
