// SPDX-License-Identifier: Apache-2.0

package storetest

import (
	"context"
	"testing"

	"gatehouse/internal/tenancy"
)

func similarTopic() topic {
	return topic{
		methods: []string{"SimilarNames"},
		tests: map[string]func(*testing.T, tenancy.Store){
			"find":           similarNames,
			"after a change": similarNamesChanging,
		},
	}
}

func findSimilar(t *testing.T, s tenancy.Store, q tenancy.SimilarNames) []tenancy.SimilarName {
	t.Helper()
	return read(t, s, func(tx tenancy.Reader) ([]tenancy.SimilarName, error) {
		return tx.SimilarNames(context.Background(), q)
	})
}

func similarNames(t *testing.T, s tenancy.Store) {
	acme, other := member(t, s, "Acme"), member(t, s, "Other")
	off := member(t, s, "\u0410cme")
	off.State = tenancy.OrganizationInactive
	update(t, s, func(tx tenancy.Tx) error { return tx.UpdateOrganization(context.Background(), off) })
	third := member(t, s, "Acme\u2800")
	for _, gone := range []tenancy.OrganizationState{tenancy.OrganizationApplicant,
		tenancy.OrganizationRejected} {
		update(t, s, func(tx tenancy.Tx) error {
			return tx.InsertOrganization(context.Background(), &tenancy.Organization{Name: "ACME", State: gone,
				CreatedAt: moment(0), UpdatedAt: moment(0)})
		})
	}
	waiting := file(t, s, tenancy.Request{Name: "A C M E", Status: tenancy.RequestReview, CreatedAt: moment(1),
		UpdatedAt: moment(1)})
	asking := file(t, s, tenancy.Request{Name: "\uff21cme", Status: tenancy.RequestNew, CreatedAt: moment(1),
		UpdatedAt: moment(1)})
	for _, decided := range []tenancy.RequestStatus{tenancy.RequestApproved, tenancy.RequestRejected} {
		file(t, s, tenancy.Request{Name: "Acme", Status: decided, CreatedAt: moment(1), UpdatedAt: moment(1)})
	}
	root := file(t, s, tenancy.Request{Name: "G\u0430teh\u043euse", Status: tenancy.RequestNew,
		CreatedAt: moment(1), UpdatedAt: moment(1)})

	named := func(n tenancy.SimilarName, of ...any) tenancy.SimilarName {
		for _, subject := range of {
			switch id := subject.(type) {
			case tenancy.OrganizationID:
				n.OfOrganization = id
			case tenancy.RequestID:
				n.OfRequest = id
			}
		}
		return n
	}
	members := []tenancy.SimilarName{{Organization: acme.ID, Name: "Acme", State: "active"},
		{Organization: off.ID, Name: "\u0410cme", State: "inactive"},
		{Organization: third.ID, Name: "Acme\u2800", State: "active"}}
	requests := []tenancy.SimilarName{{Organization: waiting.OrganizationID, Request: waiting.ID,
		Name: "A C M E", State: "review"},
		{Organization: asking.OrganizationID, Request: asking.ID, Name: "\uff21cme", State: "new"}}
	ask := tenancy.SimilarNames{Requests: []tenancy.RequestID{asking.ID}, InMembers: true, InRequests: true,
		Limit: 2}
	wantSame(t, "of a request", findSimilar(t, s, ask),
		[]tenancy.SimilarName{named(members[0], asking.ID), named(members[1], asking.ID),
			named(requests[0], asking.ID)})
	ask.InRequests, ask.Limit = false, 9
	wantSame(t, "members only", findSimilar(t, s, ask),
		[]tenancy.SimilarName{named(members[0], asking.ID), named(members[1], asking.ID),
			named(members[2], asking.ID)})
	ask.InMembers = false
	wantSame(t, "nowhere", findSimilar(t, s, ask), nil)
	ask = tenancy.SimilarNames{Organizations: []tenancy.OrganizationID{off.ID, other.ID, 77, acme.ID,
		waiting.OrganizationID}, InMembers: true, InRequests: true, Limit: 1}
	wantSame(t, "of organizations, each with a limit of its own", findSimilar(t, s, ask),
		[]tenancy.SimilarName{named(members[0], off.ID), named(members[1], acme.ID),
			named(members[0], waiting.OrganizationID),
			named(requests[0], off.ID), named(requests[0], acme.ID), named(requests[1], waiting.OrganizationID)})
	ask = tenancy.SimilarNames{Requests: []tenancy.RequestID{root.ID}, InMembers: true, Limit: 1}
	wantSame(t, "the root", findSimilar(t, s, ask), []tenancy.SimilarName{{OfRequest: root.ID, Name: "Gatehouse",
		State: "active"}})
}

func similarNamesChanging(t *testing.T, s tenancy.Store) {
	ctx := context.Background()
	acme, birch := member(t, s, "Acme"), member(t, s, "Birch")
	r := file(t, s, tenancy.Request{Name: "Cedar", Status: tenancy.RequestNew, CreatedAt: moment(1),
		UpdatedAt: moment(1)})
	ask := tenancy.SimilarNames{Organizations: []tenancy.OrganizationID{acme.ID}, InMembers: true,
		InRequests: true, Limit: 9}
	wantSame(t, "before", findSimilar(t, s, ask), nil)
	birch.Name, r.Name = "\u0410cme", "\uff21cme"
	update(t, s, func(tx tenancy.Tx) error {
		if _, err := tx.UpdateRequest(ctx, r); err != nil {
			return err
		}
		return tx.UpdateOrganization(ctx, birch)
	})
	wantSame(t, "renamed", findSimilar(t, s, ask), []tenancy.SimilarName{
		{OfOrganization: acme.ID, Organization: birch.ID, Name: "\u0410cme", State: "active"},
		{OfOrganization: acme.ID, Organization: r.OrganizationID, Request: r.ID, Name: "\uff21cme", State: "new"}})
	update(t, s, func(tx tenancy.Tx) error { return tx.DeleteOrganization(ctx, birch.ID, moment(3)) })
	update(t, s, func(tx tenancy.Tx) error { return tx.DeleteRequest(ctx, r.ID) })
	wantSame(t, "deleted", findSimilar(t, s, ask), nil)
}
