// SPDX-License-Identifier: Apache-2.0

package occ

// language is one that messages are written in.
type language struct {
	tag  string // as X-CCAsset-Language names it
	name string // in itself
}

// languages lists them, the default first.
func languages() []language {
	return []language{{"en", "English"}, {"de", "Deutsch"}, {"fr", "Français"}, {"es", "Español"}}
}
