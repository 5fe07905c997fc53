// SPDX-License-Identifier: Apache-2.0

package console

import (
	"net/http"
	"strconv"
	"strings"

	"gatehouse/internal/filter"
	"gatehouse/internal/tenancy"
)

const (
	pathRequests = "/requests"
	pathRequest  = pathRequests + "/{request}"
	pathDecide   = pathRequests + "/decide"
)

func (c *console) requestRoutes() []page {
	return []page{
		list("listRequests", pathRequests, c.listRequests),
		list("confirmDecisions", pathDecide, c.confirmDecisions),
		post("decideRequests", pathDecide, c.decideRequests),
		get("readRequest", pathRequest, c.readRequest),
		post("decideRequest", pathRequest, c.decideRequest),
	}
}

// requestPath returns the address of a request's page.
func requestPath(id tenancy.RequestID) string { return Root + pathRequests + "/" + id.String() }

// requestOf returns the id in the address of a page. NotFound.
func requestOf(r *http.Request) (tenancy.RequestID, error) {
	return tenancy.ParseRequestID(r.PathValue("request"))
}

// stateAll is the tab of the queue that has the decided requests, too.
const stateAll = "all"

// undecided lists the statuses that wait for a decision, in the order of the tabs.
func undecided() []tenancy.RequestStatus {
	return []tenancy.RequestStatus{tenancy.RequestNew, tenancy.RequestReview, tenancy.RequestMoreInfoNeeded}
}

// waiting is the condition of requests that wait for a decision.
func waiting() string {
	var all []string
	for _, status := range undecided() {
		all = append(all, condition(tenancy.PropertyStatus, "eq", string(status)))
	}
	return "(" + strings.Join(all, " or ") + ")"
}

// requestsPage is what the queue shows.
type requestsPage struct {
	List      *listing
	Tabs      []countedTab
	Items     []requestRow
	MayDecide bool
}

// countedTab is a tab with the number of things behind it; "" if it is not counted.
type countedTab struct {
	tab
	Count string
}

// requestRow is one request of the queue.
type requestRow struct {
	tenancy.Request
	Path     string
	Similar  []similarName
	Warnings []filter.NameWarning
}

// listRequests answers GET /console/requests.
func (c *console) listRequests(x *exchange) error {
	states := []string{""}
	for _, status := range undecided() {
		states = append(states, string(status))
	}
	states = append(states, string(tenancy.RequestApproved), string(tenancy.RequestRejected), stateAll)
	l, err := x.listingOf(offers{search: true, states: states,
		sorts: []string{tenancy.PropertyCreatedAt, tenancy.PropertyName, tenancy.PropertyEmail}})
	if err != nil {
		return err
	}
	properties := tenancy.RequestProperties()
	var conditions []string
	switch l.State {
	case stateAll:
	case "":
		conditions = append(conditions, waiting())
	default:
		conditions = append(conditions, condition(tenancy.PropertyStatus, "eq", l.State))
	}
	if l.Search != "" {
		conditions = append(conditions, requestSearch(l.Search))
	}
	ask := tenancy.PageParams{Sort: l.order(properties), After: l.after, Limit: pageLength}
	if ask.Filter, err = filterOf(properties, conditions...); err != nil {
		return err
	}
	found, err := c.tenancy.ListRequestsAfter(x.r.Context(), x.caller, ask)
	if err := l.refused(x, err); err != nil {
		return err
	}
	l.then(x, found.Next)
	p := requestsPage{List: l, MayDecide: x.mayForAll(tenancy.DecideRequests)}
	if p.Items, err = x.rowsOf(found.Items); err != nil {
		return err
	}
	if p.Tabs, err = x.countedTabs(l); err != nil {
		return err
	}
	return x.show("requests", p)
}

// requestSearch returns the condition of a search: an id, an address, or a part of a name.
func requestSearch(text string) string {
	local, _, isEmail := strings.Cut(text, "@")
	if id, err := tenancy.ParseRequestID(text); err == nil {
		return "(" + condition(tenancy.PropertyID, "eq", id.String()) + " or " +
			condition(tenancy.PropertyName, "co", text) + ")"
	}
	switch {
	case isEmail && local == "":
		return condition(tenancy.PropertyEmail, "ew", text)
	case isEmail:
		return condition(tenancy.PropertyEmail, "sw", text)
	}
	return condition(tenancy.PropertyName, "co", text)
}

// rowsOf returns the rows of requests, with the names that look like those that are undecided.
func (x *exchange) rowsOf(requests []tenancy.Request) ([]requestRow, error) {
	var ids []tenancy.RequestID
	for _, one := range requests {
		if !one.Status.Decided() {
			ids = append(ids, one.ID)
		}
	}
	found, err := x.c.tenancy.FindSimilarNames(x.r.Context(), x.caller, nil, ids)
	if err != nil {
		return nil, err
	}
	similar := map[tenancy.RequestID][]similarName{}
	for _, one := range found {
		similar[one.OfRequest] = append(similar[one.OfRequest], similarTo(one))
	}
	var rows []requestRow
	for _, one := range requests {
		rows = append(rows, requestRow{one, requestPath(one.ID), similar[one.ID], filter.WarningsOf(one.Name)})
	}
	return rows, nil
}

// similarTo returns a similar name as pages show it.
func similarTo(one tenancy.SimilarName) similarName {
	path := organizationPath(one.Organization)
	if one.Request != 0 {
		path = requestPath(one.Request)
	}
	return similarName{one.Name, path, one.State}
}

// countedTabs returns the tabs of the queue. The engines keep the number of requests in each status,
// so those that wait are counted.
func (x *exchange) countedTabs(l *listing) ([]countedTab, error) {
	var tabs []countedTab
	sum := 0
	for i, one := range l.Tabs {
		t := countedTab{tab: one}
		if i > 0 && i <= len(undecided()) {
			f, err := filterOf(tenancy.RequestProperties(),
				condition(tenancy.PropertyStatus, "eq", string(undecided()[i-1])))
			if err != nil {
				return nil, err
			}
			_, n, err := x.c.tenancy.ListRequests(x.r.Context(), x.caller, tenancy.ListParams{Filter: f})
			if err != nil {
				return nil, err
			}
			sum += n
			t.Count = strconv.Itoa(n)
		}
		tabs = append(tabs, t)
	}
	tabs[0].Key, tabs[0].Count = "requests.waiting", strconv.Itoa(sum)
	tabs[len(tabs)-1].Key = "state."
	return tabs, nil
}
