// SPDX-License-Identifier: Apache-2.0

package occ

import (
	"net/http"
	"regexp"
	"strings"

	"gatehouse/internal/httpkit"
)

// release is what the vendor's own client takes down as the server's version and
// compares with what it saw before, so it does not change with ours. It is the
// last release whose pages this wire follows.
const release = "22.4"

// tellRelease is for the registry, where the vendor's client reads it, and for
// errors: another client reads it off the answer to GET verify, which is one.
func tellRelease(w http.ResponseWriter) { w.Header().Set("OracleCommerceCloud-Version", release) }

// hint is what the registry tells of an operation and X-CCAsset-Language. The
// zero value is what the vendor has for most of ours.
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
	URL               string  `json:"url"` // {} in the place of each parameter
	HTTPSRequired     bool    `json:"httpsRequired"`
	AuthRequired      bool    `json:"authRequired"`
	ResponseType      string  `json:"responseType"`
	LocaleHint        *string `json:"localeHint"`
	HasDoc            bool    `json:"hasDoc"`
	ID                string  `json:"id"`
	Singular          bool    `json:"singular"`
}

// endpoint returns the operation's entry in a tree's registry. No operation of
// ours asks for If-Match, so none is locked.
func (op operation) endpoint(t tree) endpoint {
	path := regexp.MustCompile(`\{[^}]*\}`).ReplaceAllString(string(t)+op.path, "{}")
	return endpoint{Method: op.method, RequestType: nullable(op.requestType()), HasPathParams: strings.Contains(path, "{}"), URL: path,
		AuthRequired: !op.open, ResponseType: mediaJSON, LocaleHint: op.localeHint(), ID: op.name}
}

func (op operation) requestType() string {
	switch {
	case op.oauth:
		return mediaForm
	case op.bodiless, op.method == http.MethodGet, op.method == http.MethodDelete:
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

// registries makes each tree's registry from the table that is served, so that
// the vendor's client, which builds its calls from it, finds what there is and
// nothing else. Two operations of one name on one tree are our own mistake.
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
		if err != nil { // our own types: cannot fail
			panic(err)
		}
		all[t] = b
	}
	return all
}

// getRegistry returns what is served on a tree. The vendor's client asks for it
// without a token, right after it logged in, and reads the version off the header.
func (d *dialect) getRegistry(w http.ResponseWriter, _ *http.Request, c call) error {
	tellRelease(w)
	httpkit.Write(w, http.StatusOK, mediaJSON, d.registries[c.tree])
	return nil
}
