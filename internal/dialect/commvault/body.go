// SPDX-License-Identifier: Apache-2.0

package commvault

import (
	"strconv"
	"strings"
)

// member returns a member by its name, in any letter case; nil without it. Programs
// write timeout and timeOut, and the vendor's servers do not see the difference. Two
// members of one name are a fault: one of them would be passed over.
func (r *reader) member(name string) any {
	found := r.from.named(name)
	if len(found) > 1 {
		r.fault(name, "is given twice, in two letter cases. Send it once.")
	}
	if len(found) == 0 {
		return nil
	}
	return found[0]
}

// named returns the members of a name in any letter case.
func (o object) named(name string) (found []any) {
	for written, value := range o {
		if strings.EqualFold(written, name) {
			found = append(found, value)
		}
	}
	return found
}

// has reports whether a member is there and is not null.
func (r *reader) has(name string) bool { return r.member(name) != nil }

// object returns a member that must be an object; one without members when it is
// not there. Its errors are kept here, with the names that lead to them.
func (r *reader) object(name string) *reader {
	o, ok := asObject(r.member(name))
	if !ok && r.has(name) {
		r.fault(name, "must be an object.")
	}
	return &reader{from: o, up: r, path: name + "."}
}

// objects returns a member that must be a list of objects, in XML an element or
// several; none when it is not there.
func (r *reader) objects(name string) []*reader {
	var all []*reader
	for i, item := range r.list(name, "must be a list of objects.") {
		path := name + "[" + strconv.Itoa(i) + "]"
		o, ok := asObject(item)
		if !ok {
			r.fault(path, "must be an object.")
		}
		all = append(all, &reader{from: o, up: r, path: path + "."})
	}
	return all
}

// asObject takes an object of either format: those within JSON's are plain maps.
func asObject(value any) (object, bool) {
	switch v := value.(type) {
	case object:
		return v, true
	case map[string]any:
		return v, true
	}
	return nil, false
}

// changed returns a text member that is there, and nil otherwise.
func (r *reader) changed(name string) *string {
	if !r.has(name) {
		return nil
	}
	text := r.text(name)
	return &text
}

// mustFlag is flag for a member that must be there.
func (r *reader) mustFlag(name string) bool {
	if !r.has(name) {
		r.fault(name, "is required.")
	}
	return r.flag(name)
}
