// SPDX-License-Identifier: Apache-2.0

package console

import (
	"errors"

	"gatehouse/internal/httpkit"
	"gatehouse/internal/problem"
	"gatehouse/internal/tenancy"
)

// fieldRequest names the chosen requests: a box in the queue, a hidden field in the form.
const fieldRequest = "request"

// decisionsPage is what the pages about several requests show.
type decisionsPage struct {
	Items    []requestRow
	Decision *decisionForm // nil: nothing is chosen
	Results  []decisionResult
}

// decisionResult is what became of one request.
type decisionResult struct {
	Name    string // the id of a request that cannot be read
	Path    string
	Status  tenancy.RequestStatus
	Problem string // why it was not decided, in the language
}

// chosen returns the ids of the requests that a page or a form names. NotFound.
func chosen(ids []string) ([]tenancy.RequestID, error) {
	var all []tenancy.RequestID
	for _, text := range ids {
		id, err := tenancy.ParseRequestID(text)
		if err != nil {
			return nil, err
		}
		all = append(all, id)
	}
	return all, nil
}

// chosenPage returns the page about some requests, without a form.
func (x *exchange) chosenPage(ids []tenancy.RequestID) (p decisionsPage, err error) {
	if len(ids) > tenancy.MaxDecisions {
		return p, badQuery()
	}
	var requests []tenancy.Request
	for _, id := range ids {
		r, err := x.c.tenancy.GetRequest(x.r.Context(), x.caller, id)
		if err != nil {
			return p, err
		}
		requests = append(requests, r)
	}
	p.Items, err = x.rowsOf(requests)
	return p, err
}

// confirmDecisions answers GET …/decide.
func (c *console) confirmDecisions(x *exchange) error {
	if err := x.caller.RequireRoot(tenancy.DecideRequests); err != nil {
		return err
	}
	query := httpkit.QueryOf(x.r)
	ids, err := chosen(query[fieldRequest])
	if err != nil {
		return err
	}
	p, err := x.chosenPage(ids)
	if err != nil {
		return err
	}
	if len(ids) > 0 {
		p.Decision = &decisionForm{form: x.newForm(Root+pathDecide, "", decisionFields(), nil),
			Buttons: buttonsForMany(), Chosen: ids}
		p.Decision.Cancel = Root + pathRequests
	}
	return x.show("requests_decide", p)
}

func buttonsForMany() []decisionButton {
	return []decisionButton{{toApprove, "primary", "a"}, {toReject, "danger", "r"}}
}

// decideRequests answers POST …/decide.
func (c *console) decideRequests(x *exchange) error {
	ids, err := chosen(x.sent[fieldRequest])
	if err != nil {
		return err
	}
	to := map[string]tenancy.RequestStatus{toApprove: tenancy.RequestApproved, toReject: tenancy.RequestRejected}
	comments := typedText(x.sent, tenancy.FieldApproverComments)
	var decisions []tenancy.Decision
	for _, id := range ids {
		decisions = append(decisions, tenancy.Decision{ID: id, To: to[x.sent.Get(fieldDecision)],
			Comments: comments})
	}
	results, err := c.tenancy.DecideRequests(x.r.Context(), x.caller, decisions)
	if err == nil && errors.Is(results[0].Err, problem.Invalid) { // the comment, which is that of all
		err = results[0].Err
	}
	if err != nil {
		return x.decideAgain(ids, err)
	}
	var p decisionsPage
	for _, one := range results {
		p.Results = append(p.Results, x.resultOf(one))
	}
	return x.show("requests_decided", p)
}

// decideAgain shows the form that was sent in vain.
func (x *exchange) decideAgain(ids []tenancy.RequestID, err error) error {
	if !x.mayForAll(tenancy.DecideRequests) {
		return err
	}
	f, err := x.sentForm(Root+pathDecide, "", decisionFields(), err)
	if err != nil {
		return err
	}
	p, err := x.chosenPage(ids)
	if err != nil {
		return err
	}
	f.Cancel = Root + pathRequests
	p.Decision = &decisionForm{form: f, Buttons: buttonsForMany(), Chosen: ids}
	return x.showAgain("requests_decide", f.cause, p)
}

// resultOf returns what became of a request, with its name as it is now.
func (x *exchange) resultOf(one tenancy.Decided) decisionResult {
	r := decisionResult{Name: one.ID.String(), Path: requestPath(one.ID), Status: one.Request.Status}
	now, err := x.c.tenancy.GetRequest(x.r.Context(), x.caller, one.ID)
	if err == nil {
		r.Name = now.Name
	}
	if one.Err != nil {
		e := problem.As(one.Err)
		if e.Kind == problem.Internal {
			x.info.Fault(one.Err)
		}
		r.Problem = x.words.problem(e)
	}
	return r
}
