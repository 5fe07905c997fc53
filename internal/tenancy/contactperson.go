// SPDX-License-Identifier: Apache-2.0

package tenancy

import (
	"slices"
	"strings"

	"gatehouse/internal/filter"
	"gatehouse/internal/problem"
)

// ContactPerson is somebody to write to about an organization. It is no
// operator, and not the Contact of a request.
type ContactPerson struct {
	FullName string `json:"fullName"`
	Email    string `json:"email"`
}

const maxContactPersons = 64

// contactPersons returns the persons with their texts trimmed and checked, without
// those of whom nothing is said.
func (c *Checker) contactPersons(given []ContactPerson) []ContactPerson {
	var list []ContactPerson
	for _, one := range given {
		c.Line(FieldContactPersonName, &one.FullName, MaxName)
		c.Line(FieldContactPersonEmail, &one.Email, maxEmail)
		if one != (ContactPerson{}) {
			list = append(list, one)
		}
	}
	if len(list) > maxContactPersons {
		c.Add(FieldContactPersons, problem.CodeTooManyPersons, maxContactPersons)
	}
	return list
}

// ContactNames returns the full names of an organization's contact persons.
func (o Organization) ContactNames() []string {
	names := make([]string, len(o.ContactPersons))
	for i, one := range o.ContactPersons {
		names[i] = one.FullName
	}
	return names
}

// ContactEmails returns the addresses of an organization's contact persons.
func (o Organization) ContactEmails() []string {
	emails := make([]string, len(o.ContactPersons))
	for i, one := range o.ContactPersons {
		emails[i] = one.Email
	}
	return emails
}

// ListedText returns the text by which a property that is a list of texts is
// found and sorted: the texts, folded, with a line end before and after each.
// Empty texts are left out; without any it is empty, which is absent. So a list that
// has an item contains ListedText of that item.
func ListedText(items ...string) string {
	items = slices.DeleteFunc(slices.Clone(items), func(item string) bool { return item == "" })
	if len(items) == 0 {
		return ""
	}
	for i, item := range items {
		items[i] = filter.Fold(item)
	}
	return "\n" + strings.Join(items, "\n") + "\n"
}
