// SPDX-License-Identifier: Apache-2.0

package console

import (
	"strings"

	"gatehouse/internal/filter"
	"gatehouse/internal/problem"
	"gatehouse/internal/tenancy"
)

// The decisions, as the buttons of the form send them.
const (
	fieldDecision = "decision"
	toApprove     = "approve"
	toReject      = "reject"
	toAsk         = "ask"
	toReview      = "review"
)

const (
	similarShown = 5  // others with the same e-mail domain, of each kind
	historyShown = 50 // events
	maxDomains   = 5  // that are looked for
)

// requestPage is what the page of a request shows.
type requestPage struct {
	tenancy.RequestDetail
	Path        string
	Warnings    []filter.NameWarning
	Similar     []similarName
	SameDomain  []similarName
	OtherDomain bool // the contact's address is of none of the domains that are named
	History     []tenancy.AuditEvent
	SeesHistory bool
	Decision    *decisionForm // nil: the caller cannot decide
	Clues       bool          // something is written beside the facts
}

// decisionForm is a form with a comment and a button for each decision.
type decisionForm struct {
	*form
	Buttons []decisionButton
	Chosen  []tenancy.RequestID
}

// decisionButton sends one decision.
type decisionButton struct{ Value, Class, Shortcut string }

// readRequest answers GET …/{request}.
func (c *console) readRequest(x *exchange) error {
	p, err := x.request()
	if err != nil {
		return err
	}
	if !p.Status.Decided() && x.mayForAll(tenancy.DecideRequests) {
		p.Decision = &decisionForm{form: x.newForm(p.Path, "", decisionFields(), nil),
			Buttons: buttonsFor(p.Status)}
	}
	return x.show("request", p)
}

func decisionFields() []field {
	return []field{{Name: tenancy.FieldApproverComments, Type: "textarea", Rows: 3, Hint: true}}
}

func buttonsFor(status tenancy.RequestStatus) []decisionButton {
	buttons := []decisionButton{{toApprove, "primary", "a"}, {toAsk, "", "m"}}
	if status != tenancy.RequestReview {
		buttons = append(buttons, decisionButton{toReview, "", "v"})
	}
	return append(buttons, decisionButton{toReject, "danger", "r"})
}

// request returns what the page of a request shows, without the form. NotFound.
func (x *exchange) request() (p requestPage, err error) {
	id, err := requestOf(x.r)
	if err != nil {
		return p, err
	}
	if p.RequestDetail, err = x.c.tenancy.GetRequestDetail(x.r.Context(), x.caller, id); err != nil {
		return p, err
	}
	p.Path, p.Warnings = requestPath(id), filter.WarningsOf(p.Name)
	if !p.Status.Decided() {
		if p.Similar, err = x.similarToRequest(p.Request); err != nil {
			return p, err
		}
		if p.SameDomain, err = x.sameDomain(p.RequestDetail); err != nil {
			return p, err
		}
		named, own := p.RequestDetail.Organization.EmailDomains, domainOf(p.Contact.Email)
		p.OtherDomain = own != "" && len(named) > 0 && !containsDomain(named, own)
	}
	p.Clues = len(p.Warnings)+len(p.Similar)+len(p.SameDomain) > 0 || p.OtherDomain
	if p.SeesHistory = x.may(tenancy.ReadAudit); p.SeesHistory {
		p.History, err = x.historyOf(p.Request)
	}
	return p, err
}

// similarToRequest returns the names that look like that of a request or of its organization.
func (x *exchange) similarToRequest(r tenancy.Request) ([]similarName, error) {
	found, err := x.c.tenancy.FindSimilarNames(x.r.Context(), x.caller,
		[]tenancy.OrganizationID{r.OrganizationID}, []tenancy.RequestID{r.ID})
	var all []similarName
	seen := map[string]bool{}
	for _, one := range found {
		if s := similarTo(one); !seen[s.Path] {
			seen[s.Path] = true
			all = append(all, s)
		}
	}
	return all, err
}

// sameDomain returns members, and other undecided requests, that have an e-mail domain of a request.
func (x *exchange) sameDomain(d tenancy.RequestDetail) (all []similarName, err error) {
	domains := d.Organization.EmailDomains
	if own := domainOf(d.Contact.Email); own != "" && !containsDomain(domains, own) {
		domains = append([]string{own}, domains...)
	}
	if len(domains) == 0 || !x.mayForAll(tenancy.ReadOrganizations) {
		return nil, nil
	}
	var ofMembers, ofRequests []string
	for _, one := range domains[:min(len(domains), maxDomains)] {
		ofMembers = append(ofMembers, condition(tenancy.PropertyEmailDomains, "co", tenancy.ListedText(one)))
		ofRequests = append(ofRequests, condition(tenancy.PropertyEmail, "ew", "@"+one))
	}
	members := tenancy.PageParams{Limit: similarShown, Sort: byID(tenancy.OrganizationProperties())}
	if members.Filter, err = filterOf(tenancy.OrganizationProperties(), oneOf(ofMembers)); err != nil {
		return nil, err
	}
	organizations, err := x.c.tenancy.ListOrganizationsAfter(x.r.Context(), x.caller, members)
	if err != nil {
		return nil, err
	}
	for _, one := range organizations.Items {
		all = append(all, similarName{one.Name, organizationPath(one.ID), string(one.State)})
	}
	// One more, since the request itself is among them.
	others := tenancy.PageParams{Limit: similarShown + 1, Sort: byID(tenancy.RequestProperties())}
	if others.Filter, err = filterOf(tenancy.RequestProperties(), waiting(), oneOf(ofRequests)); err != nil {
		return nil, err
	}
	requests, err := x.c.tenancy.ListRequestsAfter(x.r.Context(), x.caller, others)
	if err != nil {
		return nil, err
	}
	for _, one := range requests.Items {
		if one.ID != d.Request.ID {
			all = append(all, similarName{one.Name, requestPath(one.ID), string(one.Status)})
		}
	}
	return all, nil
}

func byID(properties map[string]filter.Property) []filter.Sort {
	return []filter.Sort{{Property: properties[tenancy.PropertyID]}}
}

func oneOf(conditions []string) string { return "(" + strings.Join(conditions, " or ") + ")" }

// domainOf returns the domain of an address, in lower case; "" if there is none.
func domainOf(email string) string {
	return strings.ToLower(email[strings.LastIndex(email, "@")+1:])
}

func containsDomain(domains []string, domain string) bool {
	for _, one := range domains {
		if strings.EqualFold(one, domain) {
			return true
		}
	}
	return false
}

// historyOf returns what happened to a request, the oldest first.
func (x *exchange) historyOf(r tenancy.Request) ([]tenancy.AuditEvent, error) {
	f, err := filterOf(tenancy.AuditProperties(),
		condition(tenancy.PropertyOrganizationID, "eq", r.OrganizationID.String()),
		condition(tenancy.PropertyTarget, "eq", r.ID.String()))
	if err != nil {
		return nil, err
	}
	found, err := x.c.tenancy.ListAudit(x.r.Context(), x.caller,
		tenancy.AuditList{Filter: f, Oldest: true, Limit: historyShown})
	return found.Items, err
}

// decideRequest answers POST …/{request}.
func (c *console) decideRequest(x *exchange) error {
	id, err := requestOf(x.r)
	if err != nil {
		return err
	}
	decision := x.sent.Get(fieldDecision)
	err = c.decide(x, id, decision, typedText(x.sent, tenancy.FieldApproverComments))
	if err == nil {
		return x.done(requestPath(id), noticeOf(decision))
	}
	p, readErr := x.request()
	if readErr != nil || p.Status.Decided() || !x.mayForAll(tenancy.DecideRequests) {
		return err
	}
	f, err := x.sentForm(p.Path, "", decisionFields(), err)
	if err != nil {
		return err
	}
	p.Decision = &decisionForm{form: f, Buttons: buttonsFor(p.Status)}
	return x.showAgain("request", f.cause, p)
}

// decide runs the use case of a decision.
func (c *console) decide(x *exchange, id tenancy.RequestID, decision, comments string) (err error) {
	ctx := x.r.Context()
	switch decision {
	case toApprove:
		_, err = c.tenancy.ApproveRequest(ctx, x.caller, id, comments)
	case toReject:
		_, err = c.tenancy.RejectRequest(ctx, x.caller, id, comments)
	case toAsk, toReview:
		status := tenancy.RequestMoreInfoNeeded
		if decision == toReview {
			status = tenancy.RequestReview
		}
		p := tenancy.UpdateRequestParams{Status: &status}
		if comments != "" || decision == toAsk {
			p.ApproverComments = &comments
		}
		_, err = c.tenancy.UpdateRequest(ctx, x.caller, id, p)
	default:
		if err = x.caller.RequireRoot(tenancy.DecideRequests); err == nil {
			err = say(codeNoDecision).Error(problem.Invalid)
		}
	}
	return err
}

func noticeOf(decision string) string {
	switch decision {
	case toApprove:
		return "notice.request_approved"
	case toReject:
		return "notice.request_rejected"
	case toAsk:
		return "notice.request_asked"
	}
	return "notice.request_in_review"
}
