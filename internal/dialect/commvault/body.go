// SPDX-License-Identifier: Apache-2.0

package commvault

import (
	"strconv"
	"strings"
)

// member returns a member by its name, in any letter case, or nil if it is absent. The vendor's servers
// ignore the case: programs write timeout and timeOut. Two members that differ only in case are an error,
// because one of them would be ignored.
func (r *reader) member(name string) any {
	found := r.from.membersNamed(name)
	if len(found) > 1 {
		r.addError(name, "is given twice, in two letter cases. Send it once.")
	}
	if len(found) == 0 {
		return nil
	}
	return found[0]
}

// membersNamed returns the values of all members with a name, in any letter case.
func (o object) membersNamed(name string) (found []any) {
	for written, value := range o {
		if strings.EqualFold(written, name) {
			found = append(found, value)
		}
	}
	return found
}

// has reports whether a member is present and not null.
func (r *reader) has(name string) bool { return r.member(name) != nil }

// object returns a member that must be an object, or an object without members if it is absent. Errors found
// in it are stored in r, with the full path of the member.
func (r *reader) object(name string) *reader {
	o, ok := asObject(r.member(name))
	if !ok && r.has(name) {
		r.addError(name, "must be an object.")
	}
	return &reader{from: o, parent: r, path: name + "."}
}

// objects returns a member that must be a list of objects, or nil if it is absent. In XML a list is one
// element or several of the same name.
func (r *reader) objects(name string) []*reader {
	var all []*reader
	for i, item := range r.list(name, "must be a list of objects.") {
		path := name + "[" + strconv.Itoa(i) + "]"
		o, ok := asObject(item)
		if !ok {
			r.addError(path, "must be an object.")
		}
		all = append(all, &reader{from: o, parent: r, path: path + "."})
	}
	return all
}

// asObject converts an object of either format. Objects nested in JSON are plain maps.
func asObject(value any) (object, bool) {
	switch v := value.(type) {
	case object:
		return v, true
	case map[string]any:
		return v, true
	}
	return nil, false
}

// optionalText returns a text member, or nil if it is absent.
func (r *reader) optionalText(name string) *string {
	if !r.has(name) {
		return nil
	}
	text := r.text(name)
	return &text
}

// requiredFlag is flag for a member that must be present.
func (r *reader) requiredFlag(name string) bool {
	if !r.has(name) {
		r.addError(name, "is required.")
	}
	return r.flag(name)
}
