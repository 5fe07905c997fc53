// SPDX-License-Identifier: Apache-2.0

package occ

import (
	"net/http"
	"regexp"
	"strings"

	"gatehouse/internal/httpkit"
)

// release is the version that the vendor's own client stores and compares with the one it saw before. It does
// not change with our own version: it is the last release of the vendor whose pages this wire follows.
const release = "22.4"

// setReleaseHeader sets the header with the vendor's release. The vendor's client reads it in the registry.
// Another client reads it in the answer to GET verify, which is an error.
func setReleaseHeader(w http.ResponseWriter) { w.Header().Set("OracleCommerceCloud-Version", release) }

// hint is what the registry says about an operation and X-CCAsset-Language. The zero value is what the vendor
// has for most of these operations.
type hint string

const (
	hintOptional hint = ""        // assetLanguageOptional: the client sends its language
	hintBrowser  hint = "browser" // the same, but the language is that of the client's user
	hintNone     hint = "none"    // null: the client sends none
)

// endpoint is one entry of the registry, in the vendor's form.
type endpoint struct {
	UseOptimisticLock bool    `json:"useOptimisticLock"`
	Method            string  `json:"method"`
	RequestType       *string `json:"requestType"`
	CachingEnabled    bool    `json:"cachingEnabled"`
	HasPathParams     bool    `json:"hasPathParams"`
	URL               string  `json:"url"` // each parameter is written {}
	HTTPSRequired     bool    `json:"httpsRequired"`
	AuthRequired      bool    `json:"authRequired"`
	ResponseType      string  `json:"responseType"`
	LocaleHint        *string `json:"localeHint"`
	HasDoc            bool    `json:"hasDoc"`
	ID                string  `json:"id"`
	Singular          bool    `json:"singular"`
}

// endpoint returns the operation's entry in the registry of a tree. No operation of ours reads If-Match, so
// none has an optimistic lock.
func (op operation) endpoint(t tree) endpoint {
	path := regexp.MustCompile(`\{[^}]*\}`).ReplaceAllString(string(t)+op.path, "{}")
	return endpoint{Method: op.method, RequestType: nullable(op.requestType()),
		HasPathParams: strings.Contains(path, "{}"), URL: path,
		AuthRequired: !op.open, ResponseType: mediaJSON, LocaleHint: op.localeHint(), ID: op.name}
}

func (op operation) requestType() string {
	switch {
	case op.oauthErrors:
		return mediaForm
	case op.noBody, op.method == http.MethodGet, op.method == http.MethodDelete:
		return ""
	}
	return mediaJSON
}

func (op operation) localeHint() *string {
	text := "assetLanguageOptional"
	switch op.hint {
	case hintNone:
		return nil
	case hintBrowser:
		text = string(op.hint)
	}
	return &text
}

// registries builds the registry of each tree from the table of operations. The vendor's client builds its
// calls from the registry, so it finds exactly what is served. It panics if two operations of a tree have the
// same name.
func registries(ops []operation) map[tree][]byte {
	maps := map[tree]map[string]endpoint{}
	for _, op := range ops {
		for _, t := range op.trees {
			if maps[t] == nil {
				maps[t] = map[string]endpoint{}
			}
			if _, taken := maps[t][op.name]; taken || op.name == "" {
				panic("occ: the operation at " + op.path + " needs a name of its own, not " + op.name)
			}
			maps[t][op.name] = op.endpoint(t)
		}
	}
	all := map[tree][]byte{}
	for t, endpoints := range maps {
		b, err := marshal(map[string]any{"endpointMap": endpoints})
		if err != nil { // cannot happen with our own types
			panic(err)
		}
		all[t] = b
	}
	return all
}

// getRegistry returns the registry of a tree. The vendor's client requests it without a token directly after
// it logged in, and reads the version in the header.
func (d *dialect) getRegistry(w http.ResponseWriter, _ *http.Request, x exchange) error {
	setReleaseHeader(w)
	httpkit.Write(w, http.StatusOK, mediaJSON, d.registries[x.tree])
	return nil
}
