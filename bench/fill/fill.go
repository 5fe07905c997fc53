// SPDX-License-Identifier: Apache-2.0

package fill

import (
	"errors"

	"gatehouse/internal/tenancy"
)

// Spec says how much to make.
type Spec struct {
	Organizations int // and as many requests
	Clients       int // enrolled, spread over the active organizations
	Seed          uint64
}

// Data is what is known about a filled database, so that answers can be checked.
type Data struct {
	// Organizations and requests have the ids FirstID to FirstID+Organizations-1;
	// the request with an id belongs to the organization with that id.
	Organizations int
	FirstID       int64
	// Active are ids of active organizations with a living primary code, New those
	// of undecided requests: samples, spread evenly over all.
	Active, New []int64
	// Codes are living codes without limits, at most maxCodes, each of another active
	// organization, and Clients are active clients with their keys, spread evenly over all.
	Codes   []Code
	Clients []Client
	Status  map[string]int // requests per status
	Words   Words
	// Count returns the exact number of request names that contain a text, whatever
	// the letter case.
	Count func(word string) int
}

// Code is an authorization code that lets clients in.
type Code struct {
	Organization int64
	ID, Text     string
	Digest       []byte // of the text, as it is stored
}

// Client is an enrolled client that has logged in before.
type Client struct{ ID, Key string }

// Words are texts to look for in names: in some twenty names, in several of a
// hundred, in none.
type Words struct{ Rare, Common, Absent []string }

const (
	firstID   = 100001
	maxActive = 20_000
	maxNew    = 200_000
	maxCodes  = 1000
	// maxClients is more than what a server remembers.
	maxClients = 20_000
)

// The statuses go round, so that a status has the ids of one remainder, and every
// sample is an arithmetic progression: what can hold no list, like pgbench, can
// make the ids.
func statuses() []tenancy.RequestStatus {
	return []tenancy.RequestStatus{tenancy.RequestNew, tenancy.RequestMoreInfoNeeded, tenancy.RequestApproved,
		tenancy.RequestRejected}
}

const (
	placeOfNew      = 0
	placeOfApproved = 2
)

// state is where a request's status puts its organization.
func state(s tenancy.RequestStatus) tenancy.OrganizationState {
	switch s {
	case tenancy.RequestApproved:
		return tenancy.OrganizationActive
	case tenancy.RequestRejected:
		return tenancy.OrganizationRejected
	}
	return tenancy.OrganizationApplicant
}

// data returns what the plan makes.
func (p *plan) data() Data {
	d := Data{Organizations: p.n, FirstID: firstID, Status: map[string]int{}, Words: p.names.words(),
		Count: p.names.count}
	for place, s := range statuses() {
		d.Status[string(s)] = p.having(place)
	}
	d.Active = p.sample(placeOfApproved, maxActive)
	d.New = p.sample(placeOfNew, maxNew)
	d.Codes, d.Clients = p.knownCodes, p.knownClients
	return d
}

// having counts the rows at a place of the round.
func (p *plan) having(place int) int {
	round := len(statuses())
	return (p.n - place + round - 1) / round
}

// sample returns at most limit ids of those at a place of the round.
func (p *plan) sample(place, limit int) []int64 {
	all := p.having(place)
	every := (all + limit - 1) / limit
	var ids []int64
	for k := 0; k < all; k += every {
		ids = append(ids, firstID+int64(place+k*len(statuses())))
	}
	return ids
}

var errNotEmpty = errors.New("the database has organizations or requests already: only an empty one can be filled")
