// SPDX-License-Identifier: Apache-2.0

package qr

import (
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/boombuler/barcode/qr"
)

// A picture has each dark module of the code once, within a quiet zone of four.
func TestSVG(t *testing.T) {
	t.Parallel()
	const content = "otpauth://totp/Gatehouse:ann?secret=ABCDEFGHIJKLMNOP"
	picture, err := SVG(content)
	if err != nil {
		t.Fatal(err)
	}
	code, err := qr.Encode(content, qr.M, qr.Auto)
	if err != nil {
		t.Fatal(err)
	}
	size := code.Bounds().Dx()
	if !strings.Contains(picture, `viewBox="0 0 `+strconv.Itoa(size+8)+" "+strconv.Itoa(size+8)+`"`) {
		t.Errorf("the picture of %d modules is %.120s", size, picture)
	}
	drawn := map[[2]int]bool{}
	for _, m := range regexp.MustCompile(`M(\d+) (\d+)h1v1h-1z`).FindAllStringSubmatch(picture, -1) {
		x, _ := strconv.Atoi(m[1])
		y, _ := strconv.Atoi(m[2])
		drawn[[2]int{x, y}] = true
	}
	for y := range size {
		for x := range size {
			r, _, _, _ := code.At(x, y).RGBA()
			if dark := r == 0; dark != drawn[[2]int{x + 4, y + 4}] {
				t.Fatalf("the module %d, %d is dark: %v", x, y, dark)
			}
		}
	}
	if _, err := SVG(strings.Repeat("a", 5000)); err == nil {
		t.Error("no code holds so much")
	}
}
