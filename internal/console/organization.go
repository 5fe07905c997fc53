// SPDX-License-Identifier: Apache-2.0

package console

import (
	"strconv"
	"time"

	"gatehouse/internal/filter"
	"gatehouse/internal/tenancy"
)

// organizationPage is what all pages of one organization show.
type organizationPage struct {
	tenancy.Organization
	Path      string
	Tabs      []tab
	MayChange bool
	MayIssue  bool          // makes codes
	Similar   []similarName // of the facts
	List      *listing      // of the other tabs
	Codes     []tenancy.AuthCode
	Clients   []tenancy.Client
	Events    []tenancy.AuditEvent
}

// similarName is another name that people may take for this one.
type similarName struct{ Name, Path, State string }

// organization returns what all pages of an organization show. NotFound.
func (x *exchange) organization() (organizationPage, error) {
	id, err := organizationOf(x.r)
	if err != nil {
		return organizationPage{}, err
	}
	o, err := x.c.tenancy.GetOrganization(x.r.Context(), x.caller, id)
	if err != nil {
		return organizationPage{}, err
	}
	p := organizationPage{Organization: o, Path: organizationPath(o.ID),
		MayChange: x.mayForAll(tenancy.WriteOrganizations), MayIssue: x.may(tenancy.IssueCodes) && o.Active()}
	for _, one := range []struct {
		path, key string
		needs     tenancy.Permission
	}{
		{"", "tab.facts", tenancy.ReadOrganizations},
		{"/codes", "tab.codes", tenancy.ReadOrganizations},
		{"/clients", "tab.clients", tenancy.ReadClients},
		{"/history", "tab.history", tenancy.ReadAudit},
	} {
		if x.may(one.needs) {
			path := p.Path + one.path
			p.Tabs = append(p.Tabs, tab{path, one.key, x.r.URL.Path == path})
		}
	}
	return p, nil
}

// readOrganization answers GET …/{organization}.
func (c *console) readOrganization(x *exchange) error {
	p, err := x.organization()
	if err != nil {
		return err
	}
	found, err := c.tenancy.FindSimilarNames(x.r.Context(), x.caller, []tenancy.OrganizationID{p.ID}, nil)
	if err != nil {
		return err
	}
	for _, one := range found {
		if one.Request == 0 {
			p.Similar = append(p.Similar, similarName{one.Name, organizationPath(one.Organization), one.State})
		}
	}
	return x.show("organization", p)
}

// listOrganizationCodes answers GET …/{organization}/codes.
func (c *console) listOrganizationCodes(x *exchange) error {
	p, order, err := x.organizationList()
	if err != nil {
		return err
	}
	found, err := c.tenancy.ListAuthCodes(x.r.Context(), x.caller, p.ID, order)
	if err != nil {
		return err
	}
	p.Codes = found.Items
	p.List.then(x, textPosition(found.Next))
	return x.show("organization_codes", p)
}

// organizationList returns a tab with a list in the order of time, the newest first, and how to
// ask for it.
func (x *exchange) organizationList() (p organizationPage, order tenancy.IDOrder, err error) {
	if p, err = x.organization(); err != nil {
		return p, order, err
	}
	if p.List, err = x.listingOf(offers{}); err != nil {
		return p, order, err
	}
	order.Limit = pageLength
	if p.List.after != nil {
		if len(p.List.after.Keys) != 1 {
			return p, order, badQuery()
		}
		order.After = p.List.after.Keys[0].Text
	}
	return p, order, nil
}

// textPosition returns the position after a row with this id; nil for none.
func textPosition(after string) *tenancy.Position {
	if after == "" {
		return nil
	}
	return &tenancy.Position{Keys: []filter.Value{{Text: after}}}
}

// listOrganizationHistory answers GET …/{organization}/history.
func (c *console) listOrganizationHistory(x *exchange) error {
	p, err := x.organization()
	if err != nil {
		return err
	}
	if p.List, err = x.listingOf(offers{}); err != nil {
		return err
	}
	if p.Events, err = x.events(p.List,
		condition(tenancy.PropertyOrganizationID, "eq", p.ID.String())); err != nil {
		return err
	}
	return x.show("organization_history", p)
}

// UsesShown returns how often a code was used, and how often it may be.
func (p organizationPage) UsesShown(code tenancy.AuthCode) string {
	uses := strconv.FormatInt(code.Uses, 10)
	if code.Limits.MaxUses > 0 {
		uses += " / " + strconv.FormatInt(code.Limits.MaxUses, 10)
	}
	return uses
}

// version returns the version of a thing as a hidden field has it.
func version(updatedAt time.Time) string { return updatedAt.UTC().Format(time.RFC3339Nano) }

// expected returns the version that a form was made for; no version if it cannot be read.
func expected(text string) tenancy.Versions {
	at, err := time.Parse(time.RFC3339Nano, text)
	if err != nil {
		return tenancy.SomeVersions()
	}
	return tenancy.SomeVersions(at)
}
