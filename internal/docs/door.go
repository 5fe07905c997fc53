// SPDX-License-Identifier: Apache-2.0

package docs

import (
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"net/http"
	"regexp"
	"sync"

	"gatehouse/internal/httpkit"
)

const path = "/docs"

// Source is one OpenAPI document that the page describes.
type Source struct {
	Root     string // of the addresses that it describes; the document is at Root + "/openapi.json"
	Document []byte
}

// page is the text of the page with the policy for it.
type page struct {
	text   []byte
	policy string
}

// Door returns the page. It is made of the documents at the first request, because that takes
// longer than everything else that a server does before it is ready.
func Door(sources ...Source) *httpkit.Door {
	made := sync.OnceValues(func() (page, error) { return pageOf(sources) })
	return &httpkit.Door{Name: "docs", Paths: []string{path}, WriteError: writeError, Routes: []httpkit.Route{
		{Method: http.MethodGet, Pattern: path, Name: "read", Class: httpkit.Free,
			Handler: func(w http.ResponseWriter, _ *http.Request) error {
				p, err := made()
				if err != nil {
					return err
				}
				w.Header().Set("Content-Security-Policy", p.policy)
				w.Header().Set("Referrer-Policy", "no-referrer")
				httpkit.Write(w, http.StatusOK, "text/html; charset=utf-8", p.text)
				return nil
			}},
	}}
}

// pageOf makes the page. Its error says which of the sources is no OpenAPI document.
func pageOf(sources []Source) (page, error) {
	text, err := render(sources)
	if err != nil {
		return page{}, fmt.Errorf("make %s: %w", path, err)
	}
	policy, err := policyOf(text)
	if err != nil {
		return page{}, fmt.Errorf("make %s: %w", path, err)
	}
	return page{text, policy}, nil
}

// policyOf returns a policy that forbids the page everything but its own style.
func policyOf(page []byte) (string, error) {
	style := regexp.MustCompile(`(?s)<style>(.*?)</style>`).FindSubmatch(page)
	if style == nil {
		return "", errors.New("the page has no style")
	}
	sum := sha256.Sum256(style[1])
	return "default-src 'none'; style-src 'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) +
		"'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'", nil
}

// writeError answers with the error as text.
func writeError(w http.ResponseWriter, _ *http.Request, err error) {
	status, message := http.StatusInternalServerError, "Something went wrong on the server."
	var he *httpkit.Error
	if errors.As(err, &he) {
		he.SetRetryAfter(w.Header())
		status, message = he.Status, he.Message
	}
	httpkit.Write(w, status, "text/plain; charset=utf-8", []byte(message+"\n"))
}
