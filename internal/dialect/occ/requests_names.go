// SPDX-License-Identifier: Apache-2.0

package occ

import (
	"net/http"

	"gatehouse/internal/filter"
	"gatehouse/internal/httpkit"
	"gatehouse/internal/tenancy"
)

// nameWarnings say why a name may be another one than people read. They are no member of the
// vendor's, and are there only if there are any.
type nameWarnings []filter.NameWarning

func (n nameWarnings) appendJSON(b []byte) []byte {
	b = append(b, '[')
	for i, w := range n {
		if i > 0 {
			b = append(b, ',')
		}
		b = httpkit.AppendJSON(b, string(w))
	}
	return append(b, ']')
}

// similarName is a name that people may take for that of the request.
type similarName struct {
	Organization *idResponse       `json:"organization,omitempty"`
	Request      *requestReference `json:"organizationRequest,omitempty"`
	Name         string            `json:"name"`
}

type requestReference struct {
	ID     tenancy.RequestID `json:"id"`
	Status string            `json:"status"`
}

// similarTo returns the names that look like that of a request to be decided, as far as the
// caller may read them.
func (d *dialect) similarTo(r *http.Request, x exchange, of tenancy.Request) ([]similarName, error) {
	if of.Status.Decided() {
		return nil, nil
	}
	found, err := d.tenancy.FindSimilarNames(r.Context(), x.caller, nil, []tenancy.RequestID{of.ID})
	if err != nil {
		return nil, err
	}
	var names []similarName
	for _, one := range found {
		name := similarName{Name: one.Name}
		if one.Request != 0 {
			name.Request = &requestReference{one.Request, one.State}
		} else {
			name.Organization = &idResponse{one.Organization.String()}
		}
		names = append(names, name)
	}
	return names, nil
}
