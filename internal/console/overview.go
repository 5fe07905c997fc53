// SPDX-License-Identifier: Apache-2.0

package console

import (
	"gatehouse/internal/filter"
	"gatehouse/internal/tenancy"
)

// overviewPage is what the first page shows.
type overviewPage struct {
	Organizations int
	Waiting       int    // requests
	Own           string // address of the organization of the caller; "" for one of the server
	SeesRequests  bool
	MayCreate     bool
}

// Empty reports whether there is no organization yet.
func (p overviewPage) Empty() bool { return p.Organizations == 0 && p.Own == "" }

// overview answers GET /console.
func (c *console) overview(x *exchange) error {
	var p overviewPage
	if x.caller.Organization != tenancy.RootID {
		p.Own = organizationPath(x.caller.Organization)
		return x.show("overview", p)
	}
	p.MayCreate = x.mayForAll(tenancy.WriteOrganizations)
	ctx, err := x.r.Context(), error(nil)
	if _, p.Organizations, err = c.tenancy.ListOrganizations(ctx, x.caller,
		tenancy.ListParams{}); err != nil {
		return err
	}
	if p.SeesRequests = x.may(tenancy.ReadRequests); p.SeesRequests {
		var undecided filter.Node
		if undecided, err = filterOf(tenancy.RequestProperties(),
			`(status eq "new" or status eq "review" or status eq "moreInfoNeeded")`); err != nil {
			return err
		}
		if _, p.Waiting, err = c.tenancy.ListRequests(ctx, x.caller,
			tenancy.ListParams{Filter: undecided}); err != nil {
			return err
		}
	}
	return x.show("overview", p)
}
