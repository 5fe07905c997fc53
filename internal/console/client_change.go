// SPDX-License-Identifier: Apache-2.0

package console

import (
	"context"
	"strings"

	"gatehouse/internal/tenancy"
)

func clientFields() []field {
	return []field{
		{Name: tenancy.FieldName, Required: true, Autocomplete: "off"},
		{Name: tenancy.FieldTags, Label: "clientTags", Type: "textarea", Hint: true, Rows: 4},
		{Name: fieldVersion, Type: "hidden"},
	}
}

// clientFormPage is what the pages with a form about a client show.
type clientFormPage struct {
	clientPage
	Form *form
}

// editClient answers GET …/{client}/edit.
func (c *console) editClient(x *exchange) error {
	if err := x.caller.Require(tenancy.ManageClients); err != nil {
		return err
	}
	p, err := x.client()
	if err != nil {
		return err
	}
	f := x.newForm(p.Path+"/edit", "action.save", clientFields(), map[string]string{
		tenancy.FieldName: p.Name, tenancy.FieldTags: strings.Join(p.Client.Tags, "\n"),
		fieldVersion: version(p.UpdatedAt)})
	f.Cancel = p.Path
	return x.show("client_edit", clientFormPage{p, f})
}

// updateClient answers POST …/{client}/edit.
func (c *console) updateClient(x *exchange) error {
	p, err := x.client()
	if err != nil {
		return err
	}
	name, tags := x.sent.Get(tenancy.FieldName), lines(x.sent.Get(tenancy.FieldTags))
	_, err = c.tenancy.UpdateClient(x.r.Context(), x.caller, p.ID, tenancy.UpdateClientParams{Name: &name,
		Tags: &tags, Expected: expected(x.sent.Get(fieldVersion))})
	if err == nil {
		return x.done(p.Path, "notice.saved")
	}
	f, err := x.sentForm(p.Path+"/edit", "action.save", clientFields(), err)
	if err != nil {
		return err
	}
	f.Cancel = p.Path
	return x.showAgain("client_edit", f.cause, clientFormPage{p, f})
}

// clientDecision is what people decide about a client.
type clientDecision struct {
	name   string // of its address and its template
	submit string // key of the button's message
	notice string
	take   func(context.Context, tenancy.Caller, string) (tenancy.Client, error)
}

// fits reports whether there is something to decide.
func (d clientDecision) fits(p clientPage) bool {
	if d.name == "revoke" {
		return p.Living()
	}
	return p.Waiting()
}

func (c *console) approval() clientDecision {
	return clientDecision{"approve", "client.action.approve", "notice.client_approved", c.tenancy.ApproveClient}
}

func (c *console) refusal() clientDecision {
	return clientDecision{"refuse", "client.action.refuse", "notice.client_refused", c.tenancy.RefuseClient}
}

func (c *console) revocation() clientDecision {
	return clientDecision{"revoke", "client.action.revoke", "notice.client_revoked", c.tenancy.RevokeClient}
}

// confirmDecision answers GET …/{client}/approve, /refuse and /revoke.
func (c *console) confirmDecision(d clientDecision) handler {
	return func(x *exchange) error {
		if err := x.caller.Require(tenancy.ManageClients); err != nil {
			return err
		}
		p, err := x.client()
		if err != nil {
			return err
		}
		if !d.fits(p) {
			return x.redirect(p.Path)
		}
		f := x.newForm(p.Path+"/"+d.name, d.submit, nil, nil)
		f.Cancel, f.Danger = p.Path, d.name != "approve"
		return x.show("client_"+d.name, clientFormPage{p, f})
	}
}

// decideClient answers POST …/{client}/approve, /refuse and /revoke.
func (c *console) decideClient(d clientDecision) handler {
	return func(x *exchange) error {
		p, err := x.client()
		if err != nil {
			return err
		}
		if _, err = d.take(x.r.Context(), x.caller, p.ID); err == nil {
			return x.done(p.Path, d.notice)
		}
		f, err := x.sentForm(p.Path+"/"+d.name, d.submit, nil, err)
		if err != nil {
			return err
		}
		f.Cancel, f.Danger = p.Path, d.name != "approve"
		return x.showAgain("client_"+d.name, f.cause, clientFormPage{p, f})
	}
}
