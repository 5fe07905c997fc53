// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"

	"gatehouse/bench/fill"
	"gatehouse/bench/load"
)

// pageSize is that of the lists that are measured; a walk's pages are longer.
const pageSize = 50

// listPath asks for a page of requests, the newest first, as the list comes when
// the request has no order.
func listPath(q string, limit, offset int) string {
	query := url.Values{"limit": {fmt.Sprint(limit)}}
	if q != "" {
		query.Set("q", q)
	}
	if offset > 0 {
		query.Set("offset", fmt.Sprint(offset))
	}
	// Blanks as %20: the form that every parser of addresses reads alike.
	return ccadmin + "/organizationRequests?" + strings.ReplaceAll(query.Encode(), "+", "%20")
}

// pageOf checks a page by its total and by how many items it has.
func pageOf(total, limit, offset int) func(*load.Response) error {
	right := has(fmt.Sprintf(`"total":%d,`, total))
	items := max(0, min(limit, total-offset))
	return func(r *load.Response) error {
		if err := right(r); err != nil {
			return err
		}
		if got := bytes.Count(r.Body, []byte(`"status":`)); got != items {
			return fmt.Errorf("%d items, want %d", got, items)
		}
		return nil
	}
}

func (s *stage) listExchange(q string, total, limit, offset int) *load.Exchange {
	return load.NewExchange("GET", listPath(q, limit, offset), "", pageOf(total, limit, offset),
		bearer(s.access.operator))
}

// errTooMany says that a list was refused because its total costs too much. A million names
// are enough for that on PostgreSQL.
var errTooMany = errors.New("the list looks at too many rows")

// boundedExchange asks for a list that may be refused because it looks at too many rows.
func (s *stage) boundedExchange(q string) *load.Exchange {
	return load.NewExchange("GET", listPath(q, pageSize, 0), "", func(r *load.Response) error {
		if r.Status == http.StatusOK || r.Status == http.StatusBadRequest &&
			bytes.Contains(r.Body, []byte("would have to look at too many rows")) {
			return nil
		}
		return fmt.Errorf("status %d: %.200s", r.Status, r.Body)
	}, bearer(s.access.operator))
}

// page is a list's answer, read with care: it is looked at once, before measuring.
type page struct {
	Total int `json:"total"`
	Items []struct {
		ID     int64  `json:"id"`
		Name   string `json:"name"`
		Status string `json:"status"`
	} `json:"items"`
}

// look fetches the first page and checks what the quick checks leave out: that
// each item fits, and that the newest come first.
func (s *stage) look(ctx context.Context, q string, fits func(name, status string) bool) (total int,
	err error) {
	x := s.boundedExchange(q)
	res, err := load.Once(ctx, s.server.Address, x)
	if err != nil {
		return 0, fmt.Errorf("%s: %w", q, err)
	}
	if res.Status != http.StatusOK {
		return 0, errTooMany
	}
	var p page
	if err := decode(res, &p); err != nil {
		return 0, fmt.Errorf("%s: %w", q, err)
	}
	if len(p.Items) != min(pageSize, p.Total) {
		return 0, fmt.Errorf("%s: %d items of %d in all", q, len(p.Items), p.Total)
	}
	for i, item := range p.Items {
		if !fits(item.Name, item.Status) {
			return 0, fmt.Errorf("%s: request %d (%s, %s) does not fit", q, item.ID, item.Name, item.Status)
		}
		if i > 0 && p.Items[i-1].ID <= item.ID {
			return 0, fmt.Errorf("%s: request %d stands before %d: not the newest first", q, p.Items[i-1].ID, item.ID)
		}
	}
	return p.Total, nil
}

// undecided is how many requests are new.
func (s *stage) undecided() int { return s.data.Status["new"] - int(s.approved.Load()) }

const isNew = `status eq "new"`

func planStatus(ctx context.Context, s *stage) (load.Plan, error) {
	total, err := s.look(ctx, isNew, func(_, status string) bool { return status == "new" })
	if err == nil && total != s.undecided() {
		err = fmt.Errorf("%s: total %d, want %d", isNew, total, s.undecided())
	}
	return load.Always(s.listExchange(isNew, total, pageSize, 0)), err
}

func rare(d fill.Data) []string   { return d.Words.Rare }
func common(d fill.Data) []string { return d.Words.Common }
func absent(d fill.Data) []string { return d.Words.Absent }

func contains(word string) string { return fmt.Sprintf(`name co %q`, word) }

// holds compares as the server should, without regard to letter case.
func holds(name, word string) bool {
	return strings.Contains(strings.ToLower(name), strings.ToLower(word))
}

// planContains looks for words. How many names hold each is known from filling.
func planContains(words func(fill.Data) []string) func(context.Context, *stage) (load.Plan, error) {
	return func(ctx context.Context, s *stage) (load.Plan, error) {
		var list []*load.Exchange
		for _, word := range words(s.data) {
			total, err := s.look(ctx, contains(word), func(name, _ string) bool { return holds(name, word) })
			if errors.Is(err, errTooMany) {
				list = append(list, s.boundedExchange(contains(word)))
				continue
			}
			if want := s.data.Count(word); err == nil && total != want {
				err = fmt.Errorf("%s: total %d, want %d", contains(word), total, want)
			}
			if err != nil {
				return nil, err
			}
			list = append(list, s.listExchange(contains(word), total, pageSize, 0))
		}
		return load.Among(list), nil
	}
}

// planBoth joins two properties. The totals of a word with each status must add
// up to the word's own, which is known; that of "or" follows from those.
func planBoth(join string) func(context.Context, *stage) (load.Plan, error) {
	return func(ctx context.Context, s *stage) (load.Plan, error) {
		var list []*load.Exchange
		for _, word := range s.data.Words.Common {
			both, err := s.lookBoth(ctx, word)
			if errors.Is(err, errTooMany) {
				list = append(list, s.boundedExchange(isNew+" "+join+" "+contains(word)))
				continue
			}
			if err != nil {
				return nil, err
			}
			total := both
			if join == "or" {
				total = s.undecided() + s.data.Count(word) - both
			}
			list = append(list, s.listExchange(isNew+" "+join+" "+contains(word), total, pageSize, 0))
		}
		return load.Among(list), nil
	}
}

// lookBoth returns how many new requests have a word in their names.
func (s *stage) lookBoth(ctx context.Context, word string) (both int, err error) {
	sum := 0
	for status := range s.data.Status {
		q := fmt.Sprintf(`status eq %q and %s`, status, contains(word))
		n, err := s.look(ctx, q, func(name, got string) bool { return got == status && holds(name, word) })
		if err != nil {
			return 0, err
		}
		if sum += n; status == "new" {
			both = n
		}
	}
	if want := s.data.Count(word); sum != want {
		return 0, fmt.Errorf("%s: the statuses add up to %d, want %d", contains(word), sum, want)
	}
	return both, nil
}

// planWorst asks for the worst lists that were found: whatever the filter, an answer or a
// refusal has a bound in time and memory.
func planWorst(_ context.Context, s *stage) (load.Plan, error) {
	return among(worstFilters(s.data), func(q string) *load.Exchange {
		x := s.boundedExchange(q)
		bounded := x.Check
		x.Check = func(r *load.Response) error {
			if r.Status == http.StatusServiceUnavailable { // many at once are refused, see overload
				return nil
			}
			return bounded(r)
		}
		return x
	}), nil
}

// worstFilters are long and many parts of names, comparisons that no index serves, those that
// hold of nearly all rows, and deep nesting.
func worstFilters(d fill.Data) []string {
	many := func(join, op string, word func(i int) string) string {
		var terms []string
		for i := range 64 {
			terms = append(terms, fmt.Sprintf("name %s %q", op, word(i)))
		}
		return strings.Join(terms, join)
	}
	common := func(i int) string { return d.Words.Common[i%len(d.Words.Common)] }
	other := func(i int) string { return fmt.Sprintf("%.3s%c", common(i), 'a'+i%26) }
	repeated := func(text string, n int) string { return contains(strings.Repeat(text, n/len(text))) }
	return []string{
		repeated("x", 4000), repeated("ing ", 1000), repeated("abcdefghijklmnopqrstuvwxyz", 1000),
		contains("in"), contains("a"), contains("ing"), `name ew "ing"`, `id co "1"`, `name ne "x"`,
		`not (name eq "x")`,
		`name pr`, `email pr`, `not (email pr)`, `name ge "b"`, `not (` + contains("in") + `)`,
		many(" or ", "co", common), many(" and ", "co", common), many(" or ", "co", other),
		many(" or ", "ew", other),
		many(" and ", "ne", common), strings.Repeat("not (", 16) + contains("in") + strings.Repeat(")", 16),
		`name gt "a" and name lt "z" and name ne "m"`, isNew + " or " + contains("in"),
	}
}

// decode reads a JSON answer.
func decode(r *load.Response, into any) error { return json.Unmarshal(r.Body, into) }
