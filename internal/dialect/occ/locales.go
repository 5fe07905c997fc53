// SPDX-License-Identifier: Apache-2.0

package occ

import (
	"net/http"

	"gatehouse/internal/httpkit"
)

// locale is a language of messages.
type locale struct {
	RepositoryID string   `json:"repositoryId"`
	Name         string   `json:"name"`
	DisplayName  string   `json:"displayName"`
	Aliases      []string `json:"aliases,omitempty"`
}

type localeList struct {
	Items         []locale `json:"items"`
	DefaultLocale locale   `json:"defaultLocale"`
	Links         []link   `json:"links"`
}

// listLocales returns the languages of messages. The vendor's client reads the first alias as the current
// name of a language and the second as its former name, so there are always two.
func (d *dialect) listLocales(w http.ResponseWriter, r *http.Request, x exchange) error {
	aliases := httpkit.QueryOf(r).Get(paramWithAliases) == "true"
	list := localeList{Links: selfLinks(r, string(x.tree)+"/locales")}
	for _, l := range languages() {
		item := locale{RepositoryID: l.tag, Name: l.tag, DisplayName: l.name}
		if aliases {
			item.Aliases = []string{l.tag, l.tag}
		}
		list.Items = append(list.Items, item)
	}
	list.DefaultLocale = list.Items[0]
	return writeOK(w, list)
}
