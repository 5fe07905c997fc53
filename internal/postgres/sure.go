// SPDX-License-Identifier: Apache-2.0

package postgres

import (
	"slices"

	"gatehouse/internal/tenancy"
)

// What a transaction has seen, from which it knows what a later statement of its
// own will meet. Others may change some of it meanwhile: a statement that is put
// off because of it must notice.
type (
	sureContact     tenancy.ContactID      // there is such a contact
	sureUndecided   tenancy.RequestID      // there is such a request, locked and not decided
	sureApplication string                 // there is such an application
	sureNoCode      tenancy.OrganizationID // no primary code lives
	sureName        struct {               // the organization may be a member of this folded name
		id     tenancy.OrganizationID
		folded string
	}
)

// head is the end of a chain.
type head struct {
	seq  int64
	hash []byte
}

// learn remembers one of these.
func (t *tx) learn(fact any) { t.sure = append(t.sure, fact) }

// knows tells whether it is remembered, and may be used.
func (t *tx) knows(fact any) bool { return !t.eager && slices.Contains(t.sure, fact) }

// forgetNames is for when this transaction itself takes a name.
func (t *tx) forgetNames() {
	t.sure = slices.DeleteFunc(t.sure, func(fact any) bool {
		_, is := fact.(sureName)
		return is
	})
}

// forgetFact is for when this transaction itself ends it.
func (t *tx) forgetFact(fact any) {
	t.sure = slices.DeleteFunc(t.sure, func(other any) bool { return other == fact })
}

// locked remembers the end of a chain that nobody else can move now.
func (t *tx) locked(id tenancy.OrganizationID, h head) {
	if t.heads == nil {
		t.heads = map[tenancy.OrganizationID]head{}
	}
	t.heads[id] = h
}
