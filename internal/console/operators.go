// SPDX-License-Identifier: Apache-2.0

package console

import (
	"net/http"

	"gatehouse/internal/filter"
	"gatehouse/internal/httpkit"
	"gatehouse/internal/identity"
	"gatehouse/internal/tenancy"
)

const (
	pathOperators = "/operators"
	pathOperator  = pathOperators + "/{operator}"
)

func (c *console) operatorRoutes() []page {
	const all, one = pathOperators, pathOperator
	pages := []page{
		list("listOperators", all, c.listOperators),
		get("newOperator", all+"/new", c.newOperator),
		{name: "createOperator", method: http.MethodPost, path: all + "/new", handle: c.createOperator,
			class: httpkit.LogIn},
		get("readOperator", one, c.readOperator),
		list("listOperatorHistory", one+"/history", c.listOperatorHistory),
		get("editOperator", one+"/edit", c.editOperator),
		post("updateOperator", one+"/edit", c.updateOperator),
	}
	for _, s := range c.operatorSteps() {
		path := one + "/" + s.path
		pages = append(pages, get(s.confirm, path, c.confirmStep(s)), page{name: s.name, method: http.MethodPost,
			path: path, handle: c.takeStep(s), class: s.class})
	}
	return pages
}

// operatorPath returns the address of an operator's page.
func operatorPath(o tenancy.Operator) string { return Root + pathOperators + "/" + o.ID }

// operatorsPage is what the list shows.
type operatorsPage struct {
	List          *listing
	Items         []tenancy.ListedOperator
	Organizations organizationNames // nil: all are of one organization
}

// listOperators answers GET /console/operators.
func (c *console) listOperators(x *exchange) error {
	if err := x.caller.Require(tenancy.ManageOperators); err != nil {
		return err
	}
	l, err := x.listingOf(offers{search: true})
	if err != nil {
		return err
	}
	p := operatorsPage{List: l}
	ask := identity.OperatorList{Limit: pageLength + 1}
	if l.Search != "" {
		if ask.Filter, err = filterOf(tenancy.OperatorProperties(),
			condition(tenancy.PropertyUsername, "co", l.Search)); err != nil {
			return err
		}
	}
	if l.after != nil {
		ask.After = tenancy.OperatorNumber(l.after.ID)
	}
	found, err := c.identity.OperatorPage(x.r.Context(), x.caller, ask)
	if err := l.refused(x, err); err != nil {
		return err
	}
	if p.Items = found[:min(len(found), pageLength)]; len(found) > pageLength {
		l.then(x, &tenancy.Position{ID: int64(p.Items[pageLength-1].Number), Keys: []filter.Value{}})
	}
	if x.caller.Organization == tenancy.RootID {
		var ids []tenancy.OrganizationID
		for _, one := range p.Items {
			ids = append(ids, one.OrganizationID)
		}
		if p.Organizations, err = x.organizationNames(ids); err != nil {
			return err
		}
	}
	return x.show("operators", p)
}

// operatorPage is what all pages of one operator show.
type operatorPage struct {
	tenancy.ListedOperator
	Path          string
	Tabs          []tab
	Own           bool // it is the caller
	Organizations organizationNames
	List          *listing
	Events        []tenancy.AuditEvent
	Password      string // that was made for it, shown this once
}

// State returns the state as the messages call it.
func (p operatorPage) State() string {
	if p.Active {
		return string(tenancy.OrganizationActive)
	}
	return string(tenancy.CodeDisabled)
}

// managedOperator returns what all pages of an operator show. NotFound.
func (x *exchange) managedOperator() (operatorPage, error) {
	if err := x.caller.Require(tenancy.ManageOperators); err != nil {
		return operatorPage{}, err
	}
	o, err := x.c.identity.ReadOperator(x.r.Context(), x.caller, x.r.PathValue("operator"))
	if err != nil {
		return operatorPage{}, err
	}
	p := operatorPage{ListedOperator: o, Path: operatorPath(o.Operator), Own: o.ID == x.caller.ID}
	if p.Organizations, err = x.organizationNames([]tenancy.OrganizationID{o.OrganizationID}); err != nil {
		return p, err
	}
	p.Tabs = x.factsAndHistory(p.Path)
	return p, nil
}

// readOperator answers GET …/{operator}.
func (c *console) readOperator(x *exchange) error {
	p, err := x.managedOperator()
	if err != nil {
		return err
	}
	return x.show("operator", p)
}

// listOperatorHistory answers GET …/{operator}/history.
func (c *console) listOperatorHistory(x *exchange) error {
	p, err := x.managedOperator()
	if err != nil {
		return err
	}
	if p.List, err = x.listingOf(offers{}); err != nil {
		return err
	}
	if p.Events, err = x.eventsOf(p.List, p.OrganizationID, p.ID); err != nil {
		return err
	}
	return x.show("operator_history", p)
}
