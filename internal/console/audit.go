// SPDX-License-Identifier: Apache-2.0

package console

import (
	"time"

	"gatehouse/internal/tenancy"
)

const (
	pathAudit = "/audit"

	fieldAction       = "action"
	fieldActor        = "actor"
	fieldTarget       = "target"
	fieldOrganization = "organization"
	fieldFrom         = "from"
	fieldTo           = "to"
)

func (c *console) auditRoutes() []page {
	return []page{
		list("listAudit", pathAudit, c.listAudit),
		list("exportAudit", pathAudit+"/export", c.exportAudit),
	}
}

// auditPage is what the audit shows.
type auditPage struct {
	List          *listing
	Fields        []shownField
	Events        []tenancy.AuditEvent
	Organizations organizationNames // nil: all events are of one organization
	Export        string            // its address with the same conditions; "": what was typed is wrong
}

// Filtered reports whether the audit is limited in any way.
func (p auditPage) Filtered() bool {
	for _, one := range p.Fields {
		if one.Value != "" {
			return true
		}
	}
	return p.List.State != "" || p.List.First != ""
}

// auditList reads what is asked of the audit. wrong has a field of the form that cannot be read.
func (x *exchange) auditList() (p auditPage, conditions []string, wrong bool, err error) {
	fields := []string{fieldAction, fieldActor, fieldTarget, fieldFrom, fieldTo}
	if x.caller.Organization == tenancy.RootID {
		fields = append(fields, fieldOrganization)
	}
	p.List, err = x.listingOf(offers{states: []string{"", "refused"}, fields: fields})
	if err != nil {
		return p, nil, false, err
	}
	for _, name := range fields {
		one := shownField{field: field{Name: name, Label: "audit." + name, Autocomplete: "off"},
			Value: p.List.Field(name)}
		if name == fieldFrom || name == fieldTo {
			one.Type = "date"
		}
		term, bad := auditCondition(name, one.Value)
		switch {
		case bad != "":
			wrong, one.Error = true, x.words.say(bad)
		case term != "":
			conditions = append(conditions, term)
		}
		p.Fields = append(p.Fields, one)
	}
	if p.List.State != "" {
		conditions = append(conditions, condition(tenancy.PropertyOutcome, "eq", tenancy.OutcomeFailure))
	}
	return p, conditions, wrong, nil
}

// auditCondition returns the condition of what was typed into a field; "" for nothing. bad is the key of
// the message that says what is wrong with it.
func auditCondition(name, typed string) (term, bad string) {
	if typed == "" {
		return "", ""
	}
	switch name {
	case fieldAction:
		return condition(tenancy.PropertyAction, "co", typed), ""
	case fieldActor:
		return "(" + condition(tenancy.PropertyActorName, "co", typed) + " or " +
			condition(tenancy.PropertyActor, "eq", typed) + ")", ""
	case fieldTarget:
		return condition(tenancy.PropertyTarget, "eq", typed), ""
	case fieldOrganization:
		id, err := tenancy.ParseOrganizationID(typed)
		if err != nil {
			id, err = tenancy.ParseOrganizationNumber(typed)
		}
		if err != nil {
			return "", "audit.bad_organization"
		}
		return condition(tenancy.PropertyOrganizationID, "eq", id.String()), ""
	}
	day, err := time.Parse(time.DateOnly, typed)
	switch {
	case err != nil || day.Year() < 1 || day.Year() > 9998:
		return "", "audit.bad_day"
	case name == fieldFrom:
		return condition(tenancy.PropertyAt, "ge", day.Format(time.RFC3339)), ""
	}
	return condition(tenancy.PropertyAt, "lt", day.AddDate(0, 0, 1).Format(time.RFC3339)), ""
}

// listAudit answers GET /console/audit.
func (c *console) listAudit(x *exchange) error {
	if err := x.caller.Require(tenancy.ReadAudit); err != nil {
		return err
	}
	p, conditions, wrong, err := x.auditList()
	if err != nil {
		return err
	}
	if wrong {
		return x.show("audit", p)
	}
	if p.Events, err = x.events(p.List, conditions...); err != nil {
		return err
	}
	p.Export = Root + pathAudit + "/export"
	if query := p.List.with(paramCursor, ""); len(query) > len(p.List.Path) {
		p.Export += query[len(p.List.Path):]
	}
	if x.caller.Organization == tenancy.RootID {
		var ids []tenancy.OrganizationID
		for _, one := range p.Events {
			ids = append(ids, one.OrganizationID)
		}
		if p.Organizations, err = x.organizationNames(ids); err != nil {
			return err
		}
	}
	return x.show("audit", p)
}
