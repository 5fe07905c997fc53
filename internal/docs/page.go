// SPDX-License-Identifier: Apache-2.0

package docs

import (
	"bytes"
	_ "embed"
	"html/template"
)

//go:embed page.html
var pageText string

//go:embed style.css
var style string

// render returns the page.
func render(sources []Source) ([]byte, error) {
	t, err := template.New("page").Parse(pageText)
	if err != nil {
		return nil, err
	}
	data := struct {
		Style template.CSS
		APIs  []*view
	}{Style: template.CSS(style)}
	for _, source := range sources {
		v, err := viewOf(source)
		if err != nil {
			return nil, err
		}
		data.APIs = append(data.APIs, v)
	}
	var b bytes.Buffer
	if err := t.Execute(&b, data); err != nil {
		return nil, err
	}
	return b.Bytes(), nil
}
