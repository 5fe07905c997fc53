// SPDX-License-Identifier: Apache-2.0

package tenancy

import "time"

// Contact is the person behind a request.
type Contact struct {
	ID             ContactID
	OrganizationID OrganizationID
	FirstName      string
	LastName       string
	Email          string
	Active         bool
	Properties     Properties // what else the requester sent of them
	CreatedAt      time.Time
}

// ContactParams describes the person behind a request. All may be empty.
type ContactParams struct {
	FirstName string
	LastName  string
	Email     string
	// Properties are kept and given back; they mean nothing here.
	Properties Properties
}

// UpdateContactParams says what to change of a contact; nil leaves a field as it is.
type UpdateContactParams struct {
	FirstName  *string
	LastName   *string
	Email      *string
	Properties Properties // merged with those it has; JSON's null takes one away
}

// check trims and checks the texts.
func (c *Contact) check(k *Checker) {
	k.Line(FieldContactFirstName, &c.FirstName, MaxName)
	k.Line(FieldContactLastName, &c.LastName, MaxName)
	k.email(FieldContactEmail, &c.Email)
	k.properties(PrefixContact, c.Properties)
}

func (p UpdateContactParams) apply(c Contact) Contact {
	put(&c.FirstName, p.FirstName)
	put(&c.LastName, p.LastName)
	put(&c.Email, p.Email)
	c.Properties = c.Properties.merge(p.Properties)
	return c
}

// differences names what changed. The values are a person's: the audit, which
// nothing is ever taken out of, has no place for them.
func (c Contact) differences(old Contact) (names []string) {
	for _, f := range [][3]string{{"firstName", old.FirstName, c.FirstName},
		{"lastName", old.LastName, c.LastName}, {"email", old.Email, c.Email}} {
		if f[1] != f[2] {
			names = append(names, f[0])
		}
	}
	return append(names, c.Properties.changed(old.Properties)...)
}
