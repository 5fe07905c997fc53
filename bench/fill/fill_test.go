// SPDX-License-Identifier: Apache-2.0

package fill_test

import (
	"context"
	"errors"
	"path/filepath"
	"slices"
	"testing"

	"gatehouse/bench/fill"
	"gatehouse/internal/filter"
	"gatehouse/internal/postgres"
	"gatehouse/internal/secret"
	"gatehouse/internal/sqlite"
	"gatehouse/internal/storetest"
	"gatehouse/internal/tenancy"
	"gatehouse/internal/tenancytest"
)

const size = 2002 // not a multiple of the number of statuses, nor of a statement's rows

func keyring(t testing.TB) *secret.Keyring {
	t.Helper()
	keys, err := secret.NewKeyring(secret.NewMasterKey())
	if err != nil {
		t.Fatal(err)
	}
	return keys
}

// migrated returns the path of a new SQLite database that nobody has open.
func migrated(t testing.TB) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "gatehouse.db")
	s, err := sqlite.Open(t.Context(), path)
	if err != nil {
		t.Fatal(err)
	}
	_, err = s.Migrate(t.Context())
	if err := errors.Join(err, s.Close()); err != nil {
		t.Fatal(err)
	}
	return path
}

// engine fills a database and opens it.
type engine struct {
	fill func(ctx context.Context, keys *secret.Keyring, s fill.Spec) (fill.Data, error)
	open func() (tenancy.Store, error)
}

func engines() map[string]func(t *testing.T) engine {
	return map[string]func(t *testing.T) engine{
		"sqlite": func(t *testing.T) engine {
			path := migrated(t)
			return engine{
				func(ctx context.Context, keys *secret.Keyring, s fill.Spec) (fill.Data, error) {
					return fill.SQLite(ctx, path, keys, s)
				},
				func() (tenancy.Store, error) { return sqlite.Open(t.Context(), path) }}
		},
		"postgres": func(t *testing.T) engine {
			url := storetest.PostgresURL(t)
			return engine{
				func(ctx context.Context, keys *secret.Keyring, s fill.Spec) (fill.Data, error) {
					return fill.Postgres(ctx, url, keys, s)
				},
				func() (tenancy.Store, error) { return postgres.Open(t.Context(), url) }}
		},
	}
}

// each runs a test on each engine.
func each(t *testing.T, run func(t *testing.T, e engine)) {
	for name, open := range engines() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			run(t, open(t))
		})
	}
}

// filled is a filled database with a Service on it.
func filled(t *testing.T, e engine, s fill.Spec) (fill.Data, tenancytest.Services) {
	t.Helper()
	keys := keyring(t)
	data, err := e.fill(t.Context(), keys, s)
	if err != nil {
		t.Fatal(err)
	}
	store, err := e.open()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := store.Close(); err != nil {
			t.Error(err)
		}
	})
	service := tenancytest.Over(store, keys, nil, tenancytest.Options{PublicRequests: true, NoLimits: true})
	if _, err := service.Start(t.Context(), secret.NewPassword()); err != nil {
		t.Fatal(err)
	}
	return data, service
}

func root() tenancy.Caller { return tenancy.System("test") }

// total asks the service how many requests a filter finds.
func total(t *testing.T, s tenancytest.Services, node filter.Node) int {
	t.Helper()
	_, n, err := s.ListRequests(t.Context(), root(), tenancy.ListParams{Filter: node})
	if err != nil {
		t.Fatal(err)
	}
	return n
}

func compare(property string, op filter.Op, text string) filter.Node {
	return filter.Compare{Property: tenancy.RequestProperties()[property], Op: op,
		Value: filter.Value{Text: filter.Fold(text)}}
}

func TestLists(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, e engine) {
		data, s := filled(t, e, fill.Spec{Organizations: size, Seed: 7})
		if data.Organizations != size || data.FirstID != 100001 || len(data.Status) != 4 {
			t.Errorf("got %d organizations from %d in %d statuses", data.Organizations, data.FirstID, len(data.Status))
		}
		sum := 0
		for status, want := range data.Status {
			sum += want
			if got := total(t, s, compare("status", filter.Eq, status)); got != want || want < size/4 {
				t.Errorf("status %s: got %d, want %d", status, got, want)
			}
		}
		if sum != size {
			t.Errorf("got %d requests in all statuses, want %d", sum, size)
		}
		for kind, words := range map[string][]string{"rare": data.Words.Rare, "common": data.Words.Common,
			"absent": data.Words.Absent} {
			if len(words) < 3 {
				t.Errorf("got %d %s words", len(words), kind)
			}
			for _, word := range words {
				n := data.Count(word)
				if got := total(t, s, compare("name", filter.Co, word)); got != n {
					t.Errorf("%s: got %d names, want %d", word, got, n)
				}
				if kind == "absent" && n != 0 || kind == "rare" && n != 20 || kind == "common" &&
					(n < size/20 || n > size/8) {
					t.Errorf("%s: %d names have it, which is not %s", word, n, kind)
				}
			}
		}
		_, members, err := s.ListOrganizations(t.Context(), root(), tenancy.ListParams{})
		if want := data.Status["approved"]; err != nil || members != want {
			t.Errorf("got %d members, %v; want %d", members, err, want)
		}
	})
}

func TestUse(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, e engine) {
		data, s := filled(t, e, fill.Spec{Organizations: size, Clients: size, Seed: 7})
		ctx := t.Context()
		for _, id := range []int64{data.Active[0], data.Active[len(data.Active)-1]} {
			_, code, err := s.RevealPrimaryAuthCode(ctx, root(), tenancy.OrganizationID(id))
			if err != nil {
				t.Fatal(err)
			}
			if _, err := secret.ParseAuthCode(code.Text.Reveal()); err != nil {
				t.Errorf("organization %d shows no code: %v", id, err)
			}
			if _, _, err := s.IssuePrimaryAuthCode(ctx, root(), tenancy.OrganizationID(id)); err != nil {
				t.Error(err)
			}
		}
		for _, id := range []int64{data.New[0], data.New[len(data.New)-1]} {
			r, err := s.ApproveRequest(ctx, root(), tenancy.RequestID(id), "")
			if err != nil || r.Status != tenancy.RequestApproved || int64(r.OrganizationID) != id {
				t.Errorf("approve %d: got %+v, %v", id, r, err)
			}
			if _, err := s.GetOrganization(ctx, root(), r.OrganizationID); err != nil {
				t.Error(err)
			}
		}
		r, err := s.SubmitRequest(ctx, tenancy.Anonymous(tenancy.Origin{Address: "127.0.0.1"}),
			tenancy.SubmitRequestParams{Name: "One more"})
		if next := data.FirstID + size; err != nil || int64(r.ID) != next || int64(r.OrganizationID) != next ||
			int64(r.ContactID) != next {
			t.Errorf("got %+v, %v; want the id %d for all", r, err, next)
		}
		report, err := s.VerifyAudits(ctx)
		if err != nil {
			t.Error(err)
		}
		for _, b := range report.Broken {
			if b.Fault != tenancy.AuditAbsent { // what is filled has no events
				t.Errorf("got %+v", b)
			}
		}
	})
}

// What is said of codes and clients is so: codes let clients in, and clients log in without
// a write.
func TestCodesAndClients(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, e engine) {
		const clients = 1203 // the organizations have two or three each
		data, s := filled(t, e, fill.Spec{Organizations: size, Clients: clients, Seed: 7})
		if len(data.Codes) < size/8 || len(data.Clients) != clients {
			t.Fatalf("got %d codes and %d clients", len(data.Codes), len(data.Clients))
		}
		ctx, all, first := t.Context(), 0, tenancy.OrganizationID(data.Active[0])
		for _, at := range []int{0, 1, len(data.Codes) - 1} {
			c := data.Codes[at]
			issued, err := s.Enrol(ctx, tenancy.Anonymous(tenancy.Origin{Address: "127.0.0.1"}),
				tenancy.EnrolParams{AuthCode: c.Text, Name: "n", InstanceID: "i"})
			if err != nil || int64(issued.OrganizationID) != c.Organization || issued.AuthCodeID != c.ID {
				t.Errorf("code %d: got %+v, %v", at, issued, err)
			}
		}
		for _, at := range []int{0, 1, clients - 1} {
			c := data.Clients[at]
			_, err := s.Identity.LoginClient(ctx, tenancy.Anonymous(tenancy.Origin{}), c.ID, secret.Of(c.Key),
				tenancy.KeyInHeader, "/v1")
			if err != nil {
				t.Errorf("client %d does not get in: %v", at, err)
			}
		}
		for _, id := range data.Active {
			page, err := s.ListClients(ctx, root(), tenancy.ClientList{Organization: tenancy.OrganizationID(id),
				IDOrder: tenancy.IDOrder{Limit: 50}})
			if err != nil {
				t.Fatal(err)
			}
			list := page.Items
			all += len(list)
			if id == int64(first) {
				code, err := s.GetAuthCode(ctx, root(), first, list[len(list)-1].AuthCodeID)
				if filled := len(list) - 1; err != nil || code.Uses != int64(filled) || !code.Primary || filled < 2 {
					t.Errorf("%d clients came in by %+v, %v", filled, code, err)
				}
			}
		}
		if all != clients+3 {
			t.Errorf("the organizations have %d clients, want %d", all, clients+3)
		}
	})
	if _, err := fill.SQLite(t.Context(), migrated(t), keyring(t),
		fill.Spec{Organizations: 1, Clients: 1}); err == nil {
		t.Error("clients were filled without an organization for them")
	}
}

// The same seed makes the same rows on either engine, another seed others.
func TestSeed(t *testing.T) {
	t.Parallel()
	pages := map[string][]tenancy.Request{}
	data := map[string]fill.Data{}
	for name, open := range engines() {
		for _, seed := range []uint64{1, 2} {
			key := name + string('0'+rune(seed))
			d, s := filled(t, open(t), fill.Spec{Organizations: 404, Seed: seed})
			page, _, err := s.ListRequests(t.Context(), root(), tenancy.ListParams{Limit: 1000})
			if err != nil || len(page) != 404 {
				t.Fatalf("got %d requests, %v", len(page), err)
			}
			pages[key], data[key] = page, d
		}
	}
	if !slices.Equal(pages["sqlite1"], pages["postgres1"]) || !slices.Equal(data["sqlite1"].Active,
		data["postgres1"].Active) {
		t.Error("the same seed gives different data")
	}
	if slices.Equal(pages["sqlite1"], pages["sqlite2"]) {
		t.Error("different seeds give the same data")
	}
	shared, names := 0, map[string]bool{}
	for i, r := range pages["sqlite1"] {
		names[filter.Fold(r.Name)] = true
		if i > 0 && r.CreatedAt.Equal(pages["sqlite1"][i-1].CreatedAt) {
			shared++
		}
	}
	if shared < 100 || len(names) != 404 {
		t.Errorf("%d requests share a millisecond with another, and there are %d names", shared, len(names))
	}
}

func TestNotEmpty(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, e engine) {
		spec := fill.Spec{Organizations: 100, Seed: 1}
		if _, err := e.fill(t.Context(), keyring(t), spec); err != nil {
			t.Fatal(err)
		}
		if _, err := e.fill(t.Context(), keyring(t), spec); err == nil {
			t.Error("a full database was filled again")
		}
	})
	if _, err := fill.SQLite(t.Context(), migrated(t), keyring(t), fill.Spec{}); err == nil {
		t.Error("filling with nothing worked")
	}
}
