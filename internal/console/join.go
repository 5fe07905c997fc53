// SPDX-License-Identifier: Apache-2.0

package console

import (
	"net/http"
	"strings"

	"gatehouse/internal/problem"
	"gatehouse/internal/tenancy"
)

// The public pages, which are not below Root.
const (
	pathJoin   = "/join"
	pathLinked = pathJoin + "/{link}"
)

func (c *console) joinRoutes() []page {
	public := func(name, method, path string, h handler) page {
		return page{name: name, method: method, path: path, handle: h, open: true, public: true}
	}
	return []page{
		public("newJoin", http.MethodGet, pathJoin, c.newJoin),
		public("join", http.MethodPost, pathJoin, c.join),
		public("readLinkedRequest", http.MethodGet, pathLinked, c.readLinked),
		public("answerLinkedRequest", http.MethodPost, pathLinked, c.answerLinked),
	}
}

func joinFields() []field {
	const o, contact = tenancy.PrefixOrganization, tenancy.PrefixContact
	return []field{
		{Name: tenancy.FieldName, Label: "join.name", Required: true, Autocomplete: "organization"},
		{Name: o + tenancy.FieldDescription, Label: tenancy.FieldDescription, Type: "textarea", Rows: 2},
		{Name: o + tenancy.FieldEmailDomains, Label: tenancy.FieldEmailDomains, Type: "textarea", Rows: 2,
			Hint: true},
		{Name: tenancy.FieldContactFirstName, Label: "join.firstName", Autocomplete: "given-name"},
		{Name: tenancy.FieldContactLastName, Label: "join.lastName", Autocomplete: "family-name"},
		{Name: tenancy.FieldContactEmail, Label: "join.email", Type: "email", Autocomplete: "email"},
		{Name: tenancy.FieldRelatedOrganization, Label: "join.related", Hint: true, Autocomplete: "off"},
		{Name: tenancy.FieldRequesterComments, Label: "join.comments", Type: "textarea", Rows: 4},
	}
}

// joinPage is what the form shows.
type joinPage struct {
	Form *form // nil: this server takes no requests from the public
}

// newJoin answers GET /join.
func (c *console) newJoin(x *exchange) error {
	if !c.tenancy.TakesRequests() {
		return x.show("join", joinPage{})
	}
	return x.show("join", joinPage{x.newForm(pathJoin, "join.send", joinFields(), nil)})
}

// nameForm names the request of a form that people send who are not signed in.
func (x *exchange) nameForm() (err error) {
	x.caller.Repeat, err = repeatOf(x.r, x.sent)
	return err
}

// join answers POST /join.
func (c *console) join(x *exchange) error {
	if !c.tenancy.TakesRequests() {
		return problem.New(problem.Denied, problem.CodePublicRequestsOff)
	}
	if err := x.nameForm(); err != nil {
		return err
	}
	const o = tenancy.PrefixOrganization
	r, link, err := c.tenancy.SubmitLinkedRequest(x.r.Context(), x.caller, tenancy.SubmitRequestParams{
		Name:                x.sent.Get(tenancy.FieldName),
		RequesterComments:   typedText(x.sent, tenancy.FieldRequesterComments),
		RelatedOrganization: x.sent.Get(tenancy.FieldRelatedOrganization),
		Organization: tenancy.CreateOrganizationParams{
			Description:  typedText(x.sent, o+tenancy.FieldDescription),
			EmailDomains: domains(x.sent.Get(o + tenancy.FieldEmailDomains))},
		Contact: tenancy.ContactParams{FirstName: x.sent.Get(tenancy.FieldContactFirstName),
			LastName: x.sent.Get(tenancy.FieldContactLastName),
			Email:    strings.TrimSpace(x.sent.Get(tenancy.FieldContactEmail))}})
	if err == nil {
		path := pathJoin + "/" + link.Reveal()
		return x.show("join_sent", joinSent{r.Name, path, x.info.Scheme + "://" + x.info.Host + path})
	}
	f, err := x.sentForm(pathJoin, "join.send", joinFields(), err)
	if err != nil {
		return err
	}
	return x.showAgain("join", f.cause, joinPage{f})
}

// joinSent is what the page shows once, after the form was sent.
type joinSent struct{ Name, Path, Address string }

// linkedPage is what the page behind a link shows. It has nothing of the people of this server but
// their comment.
type linkedPage struct {
	tenancy.RequestDetail
	Form *form // nil: nobody asked for more
}

func answerFields() []field {
	return []field{{Name: tenancy.FieldRequesterComments, Label: "join.answer", Type: "textarea", Rows: 6,
		Hint: true}}
}

// readLinked answers GET /join/{link}.
func (c *console) readLinked(x *exchange) error {
	d, err := c.tenancy.GetLinkedRequest(x.r.Context(), x.caller, x.r.PathValue("link"))
	if err != nil {
		return err
	}
	var f *form
	if d.Status == tenancy.RequestMoreInfoNeeded {
		f = x.newForm(x.r.URL.Path, "join.send", answerFields(),
			map[string]string{tenancy.FieldRequesterComments: d.RequesterComments})
	}
	return x.show("join_request", linkedPage{d, f})
}

// answerLinked answers POST /join/{link}.
func (c *console) answerLinked(x *exchange) error {
	if err := x.nameForm(); err != nil {
		return err
	}
	ctx, link := x.r.Context(), x.r.PathValue("link")
	_, err := c.tenancy.AnswerLinkedRequest(ctx, x.caller, link,
		typedText(x.sent, tenancy.FieldRequesterComments))
	if err == nil {
		return x.done(x.r.URL.Path, "notice.join_answered")
	}
	f, err := x.sentForm(x.r.URL.Path, "join.send", answerFields(), err)
	if err != nil {
		return err
	}
	d, err := c.tenancy.GetLinkedRequest(ctx, x.caller, link)
	if err != nil {
		return err
	}
	if d.Status != tenancy.RequestMoreInfoNeeded {
		return f.cause
	}
	return x.showAgain("join_request", f.cause, linkedPage{d, f})
}
