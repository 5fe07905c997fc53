// SPDX-License-Identifier: Apache-2.0

package console

import (
	"errors"
	"strings"

	"gatehouse/internal/problem"
	"gatehouse/internal/tenancy"
)

// clientPage is what all pages of one client show.
type clientPage struct {
	tenancy.Client
	Path         string
	Tabs         []tab
	MayChange    bool
	Organization string // its name; "" if the caller may not know it
	Code         string // name of the code that it enrolled with; "" if it has none
	CodeExists   bool
	Decider      string // who approved, refused or revoked it
	List         *listing
	Events       []tenancy.AuditEvent
}

// Waiting reports whether somebody has to decide about the client.
func (p clientPage) Waiting() bool { return p.State == tenancy.ClientPending }

// Living reports whether the client can be revoked.
func (p clientPage) Living() bool {
	return p.State == tenancy.ClientActive || p.State == tenancy.ClientPending
}

// OrganizationPath returns the address of the client's organization.
func (p clientPage) OrganizationPath() string { return organizationPath(p.OrganizationID) }

// client returns what all pages of a client show. NotFound.
func (x *exchange) client() (clientPage, error) {
	one, err := x.c.tenancy.GetClient(x.r.Context(), x.caller, x.r.PathValue("client"))
	if err != nil {
		return clientPage{}, err
	}
	p := clientPage{Client: one, Path: clientPath(one.ID), MayChange: x.may(tenancy.ManageClients)}
	names, err := x.organizationNames([]tenancy.OrganizationID{one.OrganizationID})
	if err != nil {
		return p, err
	}
	p.Organization = names[one.OrganizationID]
	p.Tabs = x.factsAndHistory(p.Path)
	return p, nil
}

// readClient answers GET …/{client}.
func (c *console) readClient(x *exchange) error {
	p, err := x.client()
	if err != nil {
		return err
	}
	if p.Organization != "" {
		code, err := c.tenancy.GetAuthCode(x.r.Context(), x.caller, p.OrganizationID, p.AuthCodeID)
		if err != nil && !errors.Is(err, problem.NotFound) {
			return err
		}
		p.Code, p.CodeExists = code.Name, err == nil
	}
	if p.Decider, err = x.nameOf(p.DecidedBy); err != nil {
		return err
	}
	return x.show("client", p)
}

// nameOf returns what a page calls a caller that a stored row names as Caller.Ref does: the user name
// of an operator of whom the caller may know, and the text itself of others.
func (x *exchange) nameOf(ref string) (string, error) {
	id, operator := strings.CutPrefix(ref, string(tenancy.OperatorCaller)+":")
	if !operator {
		return ref, nil
	}
	o, err := x.c.identity.ReadOperator(x.r.Context(), x.caller, id)
	if errors.Is(err, problem.NotFound) {
		return ref, nil
	}
	return o.Username, err
}

// listClientHistory answers GET …/{client}/history.
func (c *console) listClientHistory(x *exchange) error {
	p, err := x.client()
	if err != nil {
		return err
	}
	if p.List, err = x.listingOf(offers{}); err != nil {
		return err
	}
	if p.Events, err = x.eventsOf(p.List, p.OrganizationID, p.ID); err != nil {
		return err
	}
	return x.show("client_history", p)
}
