// SPDX-License-Identifier: Apache-2.0

package commvault

import "gatehouse/internal/tenancy"

// A company's contacts are the domain's contact persons: people to write to. They are not operators.
type (
	contact  = tenancy.ContactPerson
	contacts []contact
)

func contactsOf(o tenancy.Organization) contacts { return o.ContactPersons }

// entries returns the contacts in the vendor's form. Contacts have no user here, so the address is also the
// user's name.
func (c contacts) entries() []fields {
	list := make([]fields, len(c))
	for i, one := range c {
		list[i] = fields{
			scalar("fullName", one.FullName),
			scalar("email", one.Email),
			nested("user", scalar("userId", int64(0)), scalar("userName", one.Email)),
		}
	}
	return list
}
