// SPDX-License-Identifier: Apache-2.0

package commvault

import (
	"encoding/json"

	"gatehouse/internal/tenancy"
)

// contactsMember is where a company's contacts are kept: among the properties
// of the organization, since they are people to write to and no operators. The
// colon makes it this wire's own.
const contactsMember = "commvault:primaryContacts"

type contact struct {
	FullName string `json:"fullName"`
	Email    string `json:"email"`
}

type contacts []contact

// contactsOf reads a company's contacts. What cannot be read is none.
func contactsOf(o tenancy.Organization) contacts {
	raw, ok := o.Properties[contactsMember]
	if !ok {
		return nil
	}
	var list contacts
	if err := json.Unmarshal(raw, &list); err != nil {
		return nil
	}
	return list
}

// properties gives what to keep. Without contacts the member goes.
func (c contacts) properties() tenancy.Properties {
	raw := json.RawMessage("null")
	if len(c) > 0 {
		raw, _ = json.Marshal(c) // two strings each: it cannot fail
	}
	return tenancy.Properties{contactsMember: raw}
}

// entries shows them as the vendor does. They are nobody's user here, so the
// address stands for the user's name.
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
