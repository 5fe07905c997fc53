// SPDX-License-Identifier: Apache-2.0

package tenancy

import (
	"slices"

	"gatehouse/internal/problem"
)

// PropertyRule is what a door demands of an organization's properties: while
// RequiredWhen is true, Required must be there. The rule is looked at when a caller sends
// one of the two, so an organization that has broken it before can still be changed.
type PropertyRule struct{ Required, RequiredWhen string }

// broken reports whether properties, merged with those that were sent, break the rule.
func (r PropertyRule) broken(sent, merged Properties) bool {
	_, required := sent[r.Required]
	_, when := sent[r.RequiredWhen]
	return (required || when) && string(merged[r.RequiredWhen]) == "true" && merged[r.Required] == nil
}

// addFromDoor puts what a door found wrong, and what breaks its rules, before the rest.
// About a field that the door found wrong nothing else is said.
func (c *Checker) addFromDoor(found []problem.FieldError, rules []PropertyRule, sent, merged Properties) {
	door := Checker{fields: slices.Clone(found)}
	for _, r := range rules {
		if r.broken(sent, merged) && !door.about(r.Required) {
			door.Add(r.Required, problem.CodeRequired)
		}
	}
	rest := slices.DeleteFunc(c.fields, func(f problem.FieldError) bool { return door.about(f.Field) })
	c.fields = append(door.fields, rest...)
}

// about reports whether something is wrong with the field.
func (c *Checker) about(field string) bool {
	return slices.ContainsFunc(c.fields, func(f problem.FieldError) bool { return f.Field == field })
}
