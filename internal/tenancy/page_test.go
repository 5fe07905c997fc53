// SPDX-License-Identifier: Apache-2.0

package tenancy_test

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"gatehouse/internal/filter"
	"gatehouse/internal/problem"
	"gatehouse/internal/tenancy"
	"gatehouse/internal/tenancytest"
)

// A page is of what the caller reaches, and a limit of nothing is not "no limit".
func TestPagesAreOfTheCallers(t *testing.T) {
	t.Parallel()
	ctx, k := context.Background(), tenancytest.New(t)
	var own tenancy.Organization
	var asked tenancy.Request
	for i := range 3 {
		own, asked = k.Organization(t, fmt.Sprint("o", i)), k.Submit(t, fmt.Sprint("r", i))
	}
	tenant := k.OperatorCaller(t, "tenant", k.Operator(t, "tenant", tenancy.Administrator, own.ID))
	for _, limit := range []int{0, -1, 1, 2} {
		p := tenancy.PageParams{Limit: limit, Scope: tenancy.RootID}
		all := must(k.ListOrganizationsAfter(ctx, k.Root(), p))(t)
		if len(all.Items) != max(1, limit) || all.Next == nil || all.Items[0].ID != own.ID {
			t.Errorf("limit %d: the root sees %+v", limit, all)
		}
		requests := must(k.ListRequestsAfter(ctx, k.Root(), p))(t)
		if len(requests.Items) != max(1, limit) || requests.Next == nil || requests.Items[0].ID != asked.ID {
			t.Errorf("limit %d: the root sees %+v", limit, requests)
		}
		if mine := must(k.ListOrganizationsAfter(ctx, tenant, p))(t); len(mine.Items) != 1 ||
			mine.Items[0].ID != own.ID || mine.Next != nil {
			t.Errorf("limit %d: the tenant sees %+v", limit, mine)
		}
		if mine := must(k.ListRequestsAfter(ctx, tenant, p))(t); len(mine.Items) != 0 || mine.Next != nil {
			t.Errorf("limit %d: the tenant sees %+v", limit, mine)
		}
	}
	broken := errors.New("broken")
	for method, call := range map[string]func() error{
		"OrganizationsAfter": func() error {
			return errOf(k.ListOrganizationsAfter(ctx, k.Root(),
				tenancy.PageParams{}))
		},
		"RequestsAfter": func() error {
			return errOf(k.ListRequestsAfter(ctx, k.Root(),
				tenancy.PageParams{}))
		},
	} {
		k.Store.Fail(method, broken)
		wantKind(t, method, call(), problem.Internal, "")
		k.Store.Heal()
	}
}

// Only this server makes a cursor, and it is for one list.
func TestCursors(t *testing.T) {
	t.Parallel()
	k := tenancytest.New(t)
	p := tenancy.Position{Keys: []filter.Value{{Text: "größe\n\x00"}, {Number: 7},
		{Time: time.Date(2026, 1, 2, 3, 4, 5, 6e6, time.UTC)}}, ID: 9}
	cursor := k.Cursor("list", p)
	got, ok := k.ReadCursor("list", cursor)
	if diff := cmp.Diff(p, got); !ok || diff != "" {
		t.Errorf("read back: %v (-want +got)\n%s", ok, diff)
	}
	raw, err := base64.RawURLEncoding.DecodeString(cursor)
	if err != nil {
		t.Fatal(err)
	}
	bad := map[string]string{"empty": "", "cut short": cursor[:len(cursor)-4],
		"a code of nothing": base64.RawURLEncoding.EncodeToString(raw[:16]),
		"short":             "AAAA", "padded": cursor + "=", "longer": cursor + "AAAA", "not Base64": "!" + cursor,
		"a line end":        cursor + "\n",
		"of another server": tenancytest.New(t).Cursor("list", p), "of another list": k.Cursor("list2", p)}
	for i := range raw {
		changed := []byte(string(raw))
		changed[i] ^= 1
		bad[fmt.Sprint("with another byte ", i)] = base64.RawURLEncoding.EncodeToString(changed)
	}
	for what, cursor := range bad {
		if p, ok := k.ReadCursor("list", cursor); ok {
			t.Errorf("%s: accepted as %+v", what, p)
		}
	}
}
