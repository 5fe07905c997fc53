// SPDX-License-Identifier: Apache-2.0

package secret

import "strings"

// The text that lets the applicant of a request see it: a prefix by which scanners find leaked ones,
// 13 characters of Crockford's base32 with the id, 26 with 130 bits of a keyed hash, and 4 check
// characters. It is derived and not stored, so a copy of the database has none.
const (
	linkPrefix = "GHJ"
	linkID     = 13
	linkProof  = 26
	linkLength = len(linkPrefix) + linkID + linkProof + codeCheck
)

// RequestLink returns the text for the request with the id. The parts tell it from another one that gets
// the same id later.
func (k *Keyring) RequestLink(id int64, parts ...string) Secret {
	return linkOf(id, k.MAC(ForRequestLink, parts...))
}

// IsRequestLink reports whether a text is what RequestLink returned, under any master key.
func (k *Keyring) IsRequestLink(text string, id int64, parts ...string) bool {
	is := false
	for _, mac := range k.MACs(ForRequestLink, parts...) {
		is = Equal([]byte(text), []byte(linkOf(id, mac).Reveal())) || is
	}
	return is
}

func linkOf(id int64, mac []byte) Secret {
	b := []byte(linkPrefix)
	for shift := 5 * (linkID - 1); shift >= 0; shift -= 5 {
		b = append(b, crockford[id>>shift&31])
	}
	for _, r := range mac[:linkProof] {
		b = append(b, crockford[r&31])
	}
	return Secret{string(b) + checkCharacters(string(b))}
}

// ParseRequestLink returns the id in a text of this form, or ErrMalformed. It does not say whether the
// text is genuine: IsRequestLink does.
func ParseRequestLink(text string) (id int64, err error) {
	if len(text) != linkLength || !strings.HasPrefix(text, linkPrefix) {
		return 0, ErrMalformed
	}
	body := text[:linkLength-codeCheck]
	if strings.Trim(body[len(linkPrefix):], crockford) != "" ||
		checkCharacters(body) != text[linkLength-codeCheck:] {
		return 0, ErrMalformed
	}
	for _, c := range body[len(linkPrefix) : len(linkPrefix)+linkID] {
		id = id<<5 | int64(strings.IndexRune(crockford, c))
	}
	if id <= 0 {
		return 0, ErrMalformed
	}
	return id, nil
}
