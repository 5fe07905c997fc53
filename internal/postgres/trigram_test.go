// SPDX-License-Identifier: Apache-2.0

package postgres

import (
	"context"
	"crypto/rand"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"

	"gatehouse/internal/filter"
	"gatehouse/internal/pgtest"
	"gatehouse/internal/tenancy"
)

// holding returns the names that contain a text, in order.
func holding(t *testing.T, s *Store, text string) (names []string) {
	t.Helper()
	name := tenancy.OrganizationProperties()["name"]
	p := tenancy.ListParams{Limit: 100, Sort: []filter.Sort{{Property: name}},
		Filter: filter.Compare{Property: name, Op: filter.Co, Value: filter.Value{Text: filter.Fold(text)}}}
	err := s.Read(context.Background(), func(x tenancy.Reader) error {
		page, total, err := x.Organizations(context.Background(), p)
		if total != len(page) {
			t.Errorf("%q: got %d of %d", text, len(page), total)
		}
		for _, o := range page {
			names = append(names, o.Name)
		}
		return err
	})
	if err != nil {
		t.Errorf("%q: %v", text, err)
	}
	return names
}

// wantHeld looks for parts of names, among many others.
func wantHeld(t *testing.T, s *Store) {
	t.Helper()
	names := []string{"100% sure", "Größe GmbH", "back\\slash", "snake_case", "日本語の会社", "Ünïcödé Ω",
		"two  blanks", "😀😀😀"}
	slices.Sort(names)
	err := s.Update(context.Background(), func(x tenancy.Tx) error {
		for _, name := range names {
			if err := x.InsertOrganization(context.Background(), &tenancy.Organization{Name: name,
				State: tenancy.OrganizationActive}); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	for text, want := range map[string][]string{
		"0% s": {"100% sure"}, "_% s": nil, "%%%": nil, "___": nil, "größe": {"Größe GmbH"},
		"GRÖSSE": {"Größe GmbH"}, "öss": {"Größe GmbH"},
		`k\s`: {`back\slash`}, `\sl`: {`back\slash`}, "k\\\\s": nil, "e_c": {"snake_case"}, "語の会": {"日本語の会社"},
		"の会社": {"日本語の会社"}, "会社日": nil,
		"o  b": {"two  blanks"}, "😀😀": {"😀😀😀"}, "😀😀😀": {"😀😀😀"}, "é ω": {"Ünïcödé Ω"}, "nï": {"Ünïcödé Ω"},
	} {
		if got := holding(t, s, text); !slices.Equal(got, want) {
			t.Errorf("%q: got %q, want %q", text, got, want)
		}
	}
}

func TestPartsOfNamesByIndex(t *testing.T) {
	t.Parallel()
	s := filled(t)
	wantHeld(t, s)
	for name, l := range map[string]listing{"requests": requests(), "organizations": organizations()} {
		part := filter.Compare{Property: tenancy.RequestProperties()["name"], Op: filter.Co,
			Value: filter.Value{Text: "abcde"}}
		if steps := plan(t, s, l, tenancy.ListParams{Filter: part}); !strings.Contains(steps,
			name+"_name_trigrams_idx") {
			t.Errorf("%s: got plan\n%s", name, steps)
		}
	}
}

// Where the extension cannot be had, lists are the same.
func TestPartsOfNamesWithoutIndex(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	address := pgtest.Database(t)
	admin, err := pgx.Connect(ctx, address)
	if err != nil {
		t.Fatal(err)
	}
	defer admin.Close(ctx)
	role := "r" + strings.ToLower(rand.Text())
	for _, statement := range []string{"CREATE ROLE " + role + " LOGIN", "GRANT ALL ON SCHEMA public TO " +
		role} {
		if _, err := admin.Exec(ctx, statement); err != nil {
			t.Fatal(err)
		}
	}
	u, err := url.Parse(address)
	if err != nil {
		t.Fatal(err)
	}
	u.User = url.User(role)
	s, err := Open(ctx, u.String())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	if _, err := s.Migrate(ctx); err != nil {
		t.Fatal(err)
	}
	var n int
	if err := s.pool.QueryRow(ctx, `SELECT count(*) FROM pg_indexes WHERE indexname LIKE '%trigrams%'`).Scan(
		&n); err != nil || n != 0 {
		t.Errorf("got %d indexes, %v: this role was to have none", n, err)
	}
	if err := fill(s); err != nil {
		t.Fatal(err)
	}
	wantHeld(t, s)
	wantCounted(t, s)
}
