// SPDX-License-Identifier: Apache-2.0

package report

import (
	"fmt"
	"io"
	"strings"
	"time"
)

// Where is where the server's processor time went in one operation.
type Where struct {
	Engine      string             `json:"engine"`
	Size        int                `json:"organizations"`
	Operation   string             `json:"operation"`
	Connections int                `json:"connections"`
	Sampled     time.Duration      `json:"sampled_ns"` // the processor time in which it was looked
	Parts       []string           `json:"parts"`      // in the order to show
	Shares      map[string]float64 `json:"shares"`     // of each part
}

// cells are a row's, from the third on: how much was sampled, and the shares.
func (w Where) cells() []string {
	list := []string{short(w.Sampled)}
	for _, part := range w.Parts {
		list = append(list, percent(w.Shares[part]))
	}
	return list
}

// stages calls fn for each engine and size there is a split of.
func (r *Report) stages(fn func(engine string, size int, rows []Where)) {
	for i := 0; i < len(r.Where); {
		first, from := r.Where[i], i
		for i < len(r.Where) && r.Where[i].Engine == first.Engine && r.Where[i].Size == first.Size {
			i++
		}
		fn(first.Engine, first.Size, r.Where[from:i])
	}
}

func (r *Report) where(b *strings.Builder, engine string, size int) {
	r.stages(func(e string, n int, rows []Where) {
		if e != engine || n != size {
			return
		}
		table(b, "  Where the server's processor time goes", func(w io.Writer) {
			fmt.Fprintf(w, "operation\tconns\tsampled\t%s\t\n", strings.Join(rows[0].Parts, "\t"))
			for _, row := range rows {
				fmt.Fprintf(w, "%s\t%d\t%s\t\n", row.Operation, row.Connections, strings.Join(row.cells(), "\t"))
			}
		})
		fmt.Fprintln(b)
	})
}

// Markdown is the split as tables for a document; empty when no profiles were taken.
func (r *Report) Markdown() string {
	b := &strings.Builder{}
	r.stages(func(engine string, size int, rows []Where) {
		if b.Len() > 0 {
			fmt.Fprintln(b)
		}
		fmt.Fprintf(b, "%s, %s organizations:\n\n", engine, count(size))
		fmt.Fprintf(b, "| operation | connections | sampled | %s |\n", strings.Join(rows[0].Parts, " | "))
		fmt.Fprintf(b, "|---|%s\n", strings.Repeat("---:|", 2+len(rows[0].Parts)))
		for _, row := range rows {
			fmt.Fprintf(b, "| %s | %d | %s |\n", row.Operation, row.Connections, strings.Join(row.cells(), " | "))
		}
	})
	return b.String()
}
