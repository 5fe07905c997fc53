// SPDX-License-Identifier: Apache-2.0

package fill

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"time"

	"gatehouse/internal/filter"
	"gatehouse/internal/secret"
	"gatehouse/internal/tenancy"
)

// plan makes any row by its number, from any goroutine.
type plan struct {
	n       int
	clients int
	keys    *secret.Keyring
	names   *names
	by      string // the actor of all rows, as stored
	// What was made for the samples, by the goroutine that loads the table.
	knownCodes   []Code
	knownClients []Client
}

func newPlan(keys *secret.Keyring, s Spec) (*plan, error) {
	if s.Organizations < 1 {
		return nil, fmt.Errorf("%d organizations are none to fill", s.Organizations)
	}
	if s.Clients < 0 || s.Clients > 0 && s.Organizations <= placeOfApproved {
		return nil, fmt.Errorf("%d clients cannot be filled into %d organizations", s.Clients, s.Organizations)
	}
	return &plan{n: s.Organizations, clients: s.Clients, keys: keys, by: tenancy.System("").Ref(),
		names: makeNames(s.Organizations, rand.New(rand.NewPCG(s.Seed, 1)))}, nil
}

// spelling is how an engine keeps values.
type spelling struct {
	at   func(time.Time) any
	flag func(bool) any
}

// table is rows to store. The first column is the key, and rises with the number.
type table struct {
	name    string
	columns []string
	rows    int
	row     func(to []any, i int) []any // appends
}

func (p *plan) tables(s spelling) []table {
	return []table{p.organizations(s), p.contacts(s), p.requests(s), p.codes(s),
		p.enrolled(s)}
}

func columns(list string) []string { return strings.Fields(list) }

func (p *plan) status(i int) tenancy.RequestStatus { return statuses()[i%len(statuses())] }

// createdAt spreads the rows over a year, half of them in fours of one millisecond.
func (p *plan) createdAt(i int) time.Time {
	if i%8 < 4 {
		i -= i % 8
	}
	const year = 365 * 24 * time.Hour
	ms := year.Milliseconds() * int64(i) / int64(p.n)
	return time.Date(2025, 1, 1, 0, 0, 0, 0, time.UTC).Add(time.Duration(ms) * time.Millisecond)
}

// settledAt is when the request was decided, within two days, or made.
func (p *plan) settledAt(i int) time.Time {
	at := p.createdAt(i)
	if p.status(i).Decided() {
		at = at.Add(time.Minute + time.Duration(i*7919%172_800_000)*time.Millisecond)
	}
	return at
}

func (p *plan) organizations(s spelling) table {
	return table{"organizations", columns(`id name name_folded alias alias_folded description description_folded
		external_id external_id_folded state created_at updated_at listed`), p.n, func(to []any, i int) []any {
		name, alias := p.names.at(i), p.names.alias(i)
		description, external := "", ""
		if i%2 == 0 {
			description = "Customer number " + fmt.Sprint(i*31%9973)
		}
		if i%3 == 0 {
			external = fmt.Sprintf("ERP-%07d", i)
		}
		state := state(p.status(i))
		return append(to, int64(firstID+i), name, filter.Fold(name), alias, filter.Fold(alias), description,
			filter.Fold(description),
			external, filter.Fold(external), string(state), s.at(p.createdAt(i)), s.at(p.settledAt(i)),
			s.flag(tenancy.Organization{State: state}.Member()))
	}}
}

// person returns the contact of a request.
func person(i int) (first, last, email string) {
	firsts := [...]string{"Ada", "Ben", "Chloe", "David", "Emma", "Felix", "Grace", "Hugo", "Ines", "Jonas",
		"Klara", "Leo", "Mia", "Noah", "Olga", "Paul"}
	lasts := [...]string{"Adler", "Brown", "Costa", "Dubois", "Evans", "Fischer", "Garcia", "Hansen", "Ito",
		"Jensen", "Kim", "Lopez", "Meyer", "Novak",
		"Okafor", "Patel", "Quist", "Rossi", "Silva", "Tanaka", "Ueda", "Vogel", "Wagner"}
	first, last = firsts[i%len(firsts)], lasts[i/3%len(lasts)]
	return first, last, fmt.Sprintf("%s.%s.%d@example.test", strings.ToLower(first), strings.ToLower(last), i)
}

func (p *plan) contacts(s spelling) table {
	return table{"contacts", columns(`id organization_id first_name last_name email active created_at`), p.n,
		func(to []any, i int) []any {
			first, last, email := person(i)
			return append(to, int64(firstID+i), int64(firstID+i), first, last, email,
				s.flag(p.status(i) == tenancy.RequestApproved), s.at(p.createdAt(i)))
		}}
}

func (p *plan) requests(s spelling) table {
	return table{"requests", columns(`id name name_folded status status_folded requester_comments approver_comments related_organization
		organization_id contact_id email email_folded created_at updated_at decided_at decided_by`), p.n, func(to []any, i int) []any {
		name, status := p.names.at(i), p.status(i)
		_, _, email := person(i)
		asks, answer, by := "", "", ""
		if i%2 == 1 {
			asks = "We would like to use your service."
		}
		var decided any
		if status.Decided() {
			decided, by = s.at(p.settledAt(i)), p.by
			answer = "Checked against the register."
		}
		return append(to, int64(firstID+i), name, filter.Fold(name), string(status), filter.Fold(string(status)),
			asks, answer, "",
			int64(firstID+i), int64(firstID+i), email, filter.Fold(email), s.at(p.createdAt(i)), s.at(p.settledAt(i)),
			decided, by)
	}}
}
