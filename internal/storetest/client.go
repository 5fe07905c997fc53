// SPDX-License-Identifier: Apache-2.0

package storetest

import (
	"context"
	"fmt"
	"testing"
	"time"

	"gatehouse/internal/problem"
	"gatehouse/internal/tenancy"
)

func clientTopic() topic {
	return topic{
		methods: []string{"Client", "Clients", "LockClient", "InsertClient", "UpdateClient",
			"ReplaceClientKey", "TouchClient", "EndClients"},
		tests: map[string]func(*testing.T, tenancy.Store){
			"insert and read": clientRead,
			"not found":       clientNotFound,
			"pages":           clientPages,
			"filters":         clientFilters,
			"sorted":          clientOrders,
			"changing":        clientsChanging,
			"change":          clientChange,
			"end":             clientEnd,
		},
	}
}

// client is an active client that came in with a code.
func client(c tenancy.StoredAuthCode, n int) tenancy.StoredClient {
	return tenancy.StoredClient{KeyDigest: digest(n), Client: tenancy.Client{ID: fmt.Sprint("client-", n),
		OrganizationID: c.OrganizationID, AuthCodeID: c.ID, Name: fmt.Sprint("client ", n),
		InstanceID: fmt.Sprint("instance-", n), State: tenancy.ClientActive,
		Address: "192.0.2.7", CreatedAt: storedTime(moment(n)), UpdatedAt: storedTime(moment(n))}}
}

func addClients(t testing.TB, s tenancy.Store, list ...tenancy.StoredClient) {
	t.Helper()
	update(t, s, func(tx tenancy.Tx) error {
		for _, c := range list {
			took, err := tx.InsertClient(context.Background(), c, accepted(c, c.CreatedAt))
			if err != nil {
				return err
			}
			if !took {
				t.Errorf("the code does not let %s in", c.ID)
			}
		}
		return nil
	})
}

func clientByID(t testing.TB, s tenancy.Store, id string) tenancy.StoredClient {
	t.Helper()
	return read(t, s, func(tx tenancy.Reader) (tenancy.StoredClient, error) {
		return tx.Client(context.Background(), id)
	})
}

// withCode stores an organization with a code.
func withCode(t testing.TB, s tenancy.Store, name string, n int) tenancy.StoredAuthCode {
	t.Helper()
	c := secondary(member(t, s, name).ID, n)
	addCodes(t, s, c)
	return c
}

func clientRead(t *testing.T, s tenancy.Store) {
	ctx := context.Background()
	c := withCode(t, s, "o", 1)
	bare, full := client(c, 1), client(c, 2)
	full.Thumbprint, full.PublicKey, full.Tags = "thumb", `{"kty":"OKP"}`, []string{"a", "b"}
	full.State, full.LastSeenAt, full.DecidedBy = tenancy.ClientRevoked, storedTime(moment(9)), "operator:1"
	full.KeyPlace = tenancy.KeyInBody
	addClients(t, s, bare, full)
	for _, want := range []tenancy.StoredClient{bare, full} {
		got := clientByID(t, s, want.ID)
		wantUTC(t, got.CreatedAt, got.UpdatedAt, got.LastSeenAt)
		wantSame(t, want.ID, got, want)
		update(t, s, func(tx tenancy.Tx) error {
			locked, err := tx.LockClient(ctx, want.ID)
			wantSame(t, "locked", locked, want)
			return err
		})
	}
	stranger := client(c, 4)
	stranger.OrganizationID = 7
	for _, wrong := range []tenancy.StoredClient{bare,
		stranger} { // the id exists; there is no such organization
		err := s.Update(ctx, func(tx tenancy.Tx) error {
			_, err := tx.InsertClient(ctx, wrong, accepted(wrong, moment(1)))
			return err
		})
		wantError(t, err, problem.Internal, "internal")
	}
	if got := codeByID(t, s, c.ID).Uses; got != 2 {
		t.Errorf("%d uses are counted, want those of the two clients", got)
	}
}

func clientNotFound(t *testing.T, s tenancy.Store) {
	ctx := context.Background()
	c := withCode(t, s, "o", 1)
	addClients(t, s, client(c, 1))
	for _, id := range []string{"", "none", "a\x00b", "\xff"} {
		update(t, s, func(tx tenancy.Tx) error {
			_, err := tx.Client(ctx, id)
			wantError(t, err, problem.NotFound, "client_not_found")
			_, err = tx.LockClient(ctx, id)
			wantError(t, err, problem.NotFound, "client_not_found")
			return nil
		})
		view(t, s, func(tx tenancy.Reader) error {
			_, err := tx.Clients(ctx, tenancy.ClientList{AuthCodeID: id,
				IDOrder: tenancy.IDOrder{After: id, Limit: 9}})
			return err
		})
	}
	for _, change := range []func(tx tenancy.Tx) error{
		func(tx tenancy.Tx) error { return tx.UpdateClient(ctx, client(c, 9).Client) },
		func(tx tenancy.Tx) error { return tx.ReplaceClientKey(ctx, client(c, 9)) },
	} {
		wantError(t, s.Update(ctx, change), problem.NotFound, "client_not_found")
	}
	update(t, s, func(tx tenancy.Tx) error { return tx.TouchClient(ctx, "none", moment(1)) })
}

func clientPages(t *testing.T, s tenancy.Store) {
	a, b := withCode(t, s, "a", 1), withCode(t, s, "b", 2)
	other := secondary(a.OrganizationID, 3)
	addCodes(t, s, other)
	waits := client(a, 3)
	waits.State = tenancy.ClientPending
	addClients(t, s, client(a, 1), client(b, 2), waits, client(other, 4), client(a, 5))
	page := func(p tenancy.ClientList) (ids []string) {
		t.Helper()
		view(t, s, func(tx tenancy.Reader) error {
			list, err := tx.Clients(context.Background(), p)
			for _, c := range list.Items {
				wantSame(t, c.ID, c, clientByID(t, s, c.ID).Client)
				ids = append(ids, c.ID[len("client-"):])
			}
			return err
		})
		return ids
	}
	for _, test := range []struct {
		list tenancy.ClientList
		want []string
	}{
		{tenancy.ClientList{IDOrder: tenancy.IDOrder{Limit: 9}}, []string{"5", "4", "3", "2", "1"}},
		{tenancy.ClientList{IDOrder: tenancy.IDOrder{Limit: 2}}, []string{"5", "4"}},
		{tenancy.ClientList{IDOrder: tenancy.IDOrder{Limit: 2, After: "client-4"}}, []string{"3", "2"}},
		{tenancy.ClientList{IDOrder: tenancy.IDOrder{Limit: 2, After: "client-1"}}, nil},
		{tenancy.ClientList{Organization: a.OrganizationID, IDOrder: tenancy.IDOrder{Limit: 9}},
			[]string{"5", "4", "3", "1"}},
		{tenancy.ClientList{Organization: 7, IDOrder: tenancy.IDOrder{Limit: 9}}, nil},
		{tenancy.ClientList{AuthCodeID: a.ID, IDOrder: tenancy.IDOrder{Limit: 9, LooksAt: 9}},
			[]string{"5", "3", "1"}},
		{tenancy.ClientList{State: tenancy.ClientPending, IDOrder: tenancy.IDOrder{Limit: 9}}, []string{"3"}},
		{tenancy.ClientList{Organization: a.OrganizationID, AuthCodeID: a.ID, State: tenancy.ClientActive,
			IDOrder: tenancy.IDOrder{Limit: 1, After: "client-5", LooksAt: 9}}, []string{"1"}},
	} {
		wantSame(t, fmt.Sprintf("%+v", test.list), page(test.list), test.want)
	}
}

func clientChange(t *testing.T, s tenancy.Store) {
	ctx := context.Background()
	c := withCode(t, s, "o", 1)
	want, other := client(c, 1), client(c, 2)
	addClients(t, s, want, other)
	change := want
	change.Name, change.Tags, change.State = "new", []string{"x"}, tenancy.ClientRefused
	change.UpdatedAt, change.DecidedBy = moment(5), "operator:2"
	want.Name, want.Tags, want.State, want.DecidedBy = change.Name, change.Tags, change.State, change.DecidedBy
	change.Thumbprint, change.PublicKey, change.KeyPlace = "thumb", `{"kty":"OKP"}`, tenancy.KeyInHeader
	want.Thumbprint, want.PublicKey, want.KeyPlace = change.Thumbprint, change.PublicKey, change.KeyPlace
	want.UpdatedAt = storedTime(moment(5))
	change.Address, change.InstanceID, change.LastSeenAt, change.OrganizationID = "x", "x", moment(9), 7
	update(t, s, func(tx tenancy.Tx) error { return tx.UpdateClient(ctx, change.Client) })
	wantSame(t, "changed", clientByID(t, s, want.ID), want)
	change.KeyDigest, change.UpdatedAt, change.Name = digest(77), moment(6), "y"
	want.KeyDigest, want.UpdatedAt = digest(77), storedTime(moment(6))
	update(t, s, func(tx tenancy.Tx) error { return tx.ReplaceClientKey(ctx, change) })
	wantSame(t, "with a new key", clientByID(t, s, want.ID), want)
	for _, step := range []struct{ at, want int }{{10, 10}, {5, 10}, {10, 10}, {11, 11}} {
		update(t, s, func(tx tenancy.Tx) error { return tx.TouchClient(ctx, want.ID, moment(step.at)) })
		want.LastSeenAt = storedTime(moment(step.want))
		wantSame(t, "seen", clientByID(t, s, want.ID), want)
	}
	wantSame(t, "the other", clientByID(t, s, other.ID), other)
}

func clientEnd(t *testing.T, s tenancy.Store) {
	a, b := withCode(t, s, "a", 1), withCode(t, s, "b", 2)
	waits, foreign := client(a, 2), client(b, 3)
	waits.State = tenancy.ClientPending
	addClients(t, s, client(a, 1), waits, foreign)
	update(t, s, func(tx tenancy.Tx) error {
		return tx.EndClients(context.Background(), a.OrganizationID, moment(0).Add(time.Minute))
	})
	for _, id := range []string{"client-1", "client-2"} {
		got := clientByID(t, s, id)
		if got.State != tenancy.ClientRevoked || !got.UpdatedAt.Equal(storedTime(moment(0)).Add(time.Minute)) {
			t.Errorf("%s: %+v", id, got.Client)
		}
	}
	wantSame(t, "the other's", clientByID(t, s, foreign.ID), foreign)
}
