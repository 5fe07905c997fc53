// SPDX-License-Identifier: Apache-2.0

package e2e

import (
	"bytes"
	"io"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"strings"
	"sync"
	"testing"

	"gatehouse/internal/openapitest"
)

// documents are those of the native API and of the OAuth endpoints.
var documents = sync.OnceValues(func() (both [2]*openapitest.Document, err error) {
	for i, file := range []string{"../api/openapi.json", "../oauth/openapi.json"} {
		if both[i], err = openapitest.Read(file); err != nil {
			return both, err
		}
	}
	return both, nil
})

// held compares each exchange with the native API or the OAuth endpoints with their
// documents, and passes on all others.
type held struct {
	testing.TB
	next http.RoundTripper
}

// RoundTrip implements http.RoundTripper.
func (h held) RoundTrip(r *http.Request) (*http.Response, error) {
	both, err := documents()
	if err != nil {
		return nil, err
	}
	document, path := both[1], r.URL.Path
	if rest, ok := strings.CutPrefix(path, "/v1/"); ok {
		document, path = both[0], "/"+rest
	} else if !strings.HasPrefix(path, "/oauth2/") && !strings.HasPrefix(path, "/.well-known/") {
		return h.next.RoundTrip(r)
	}
	asked, body, err := copied(r)
	if err != nil {
		return nil, err
	}
	res, err := h.next.RoundTrip(r)
	if err != nil {
		return nil, err
	}
	answer, err := io.ReadAll(res.Body)
	if err := res.Body.Close(); err != nil {
		return nil, err
	}
	if err != nil {
		return nil, err
	}
	res.Body = io.NopCloser(bytes.NewReader(answer))
	a := httptest.NewRecorder()
	for name, values := range res.Header {
		a.Header()[name] = values
	}
	a.WriteHeader(res.StatusCode)
	_, _ = a.Write(answer) // a recorder takes everything
	if r.Method != http.MethodHead {
		if err := document.Check(asked, path, body, a); err != nil {
			h.Errorf("%s %s, answered %d, is not as the OpenAPI document says: %v", r.Method, r.URL.Path,
				res.StatusCode, err)
		}
	}
	return res, nil
}

// copied returns a copy of a request and its body, which the request still has.
func copied(r *http.Request) (*http.Request, []byte, error) {
	c := r.Clone(r.Context())
	if r.Body == nil {
		return c, nil, nil
	}
	body, err := io.ReadAll(r.Body)
	if err == nil {
		err = r.Body.Close()
	}
	r.Body = io.NopCloser(bytes.NewReader(body))
	return c, body, err
}

// holding returns the address of a proxy of a server, for programs whose exchanges are to be
// compared with the documents.
func holding(t *testing.T, server string) string {
	t.Helper()
	target := must(url.Parse(server))(t)
	transport := &http.Transport{}
	proxy := httptest.NewServer(&httputil.ReverseProxy{Transport: held{t, transport},
		Rewrite: func(r *httputil.ProxyRequest) {
			r.SetURL(target)
			r.Out.Host = r.In.Host // the issuer is the address that the program knows
		}})
	t.Cleanup(func() {
		proxy.Close()
		transport.CloseIdleConnections()
	})
	return proxy.URL
}
