// SPDX-License-Identifier: Apache-2.0

package tenancy_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"gatehouse/internal/filter"
	"gatehouse/internal/problem"
	"gatehouse/internal/tenancy"
	"gatehouse/internal/tenancytest"
)

func auditFilter(t *testing.T, text string) filter.Node {
	t.Helper()
	if text == "" {
		return nil
	}
	n, err := filter.Parse(text, filter.NewSchema(tenancy.AuditProperties()))
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// Pages of every filter, size and direction have each event once, and those that match only.
func TestListAudit(t *testing.T) {
	t.Parallel()
	ctx, k := context.Background(), tenancytest.New(t)
	one, other := k.Organization(t, "company001"), k.Organization(t, "company002")
	for i := range 6 {
		k.Clock.Advance(time.Minute)
		name := fmt.Sprintf("name %d", i)
		for _, id := range []tenancy.OrganizationID{one.ID, other.ID} {
			must(k.UpdateOrganization(ctx, k.Root(), id, tenancy.UpdateOrganizationParams{Description: &name}))(t)
		}
	}
	at := k.Clock.Now().Add(-90 * time.Second).UTC().Format(time.RFC3339)
	walk := func(c tenancy.Caller, text string, oldest bool, limit int) (got []string) {
		t.Helper()
		for p := (tenancy.AuditList{Filter: auditFilter(t, text), Oldest: oldest, Limit: limit}); ; {
			page := must(k.ListAudit(ctx, c, p))(t)
			for _, e := range page.Items {
				got = append(got, fmt.Sprintf("%v %d", e.OrganizationID, e.Seq))
			}
			if p.After = page.Next; p.After == nil {
				return got
			}
		}
	}
	in := func(chain string, seqs ...int) (want []string) {
		for _, seq := range seqs {
			want = append(want, fmt.Sprint(chain, " ", seq))
		}
		return want
	}
	a, b := "or-100001", "or-100002"
	bound := k.OperatorCaller(t, "bound", k.Operator(t, "bound", tenancy.Auditor, other.ID))
	for text, want := range map[string][]string{
		`organization.id eq "or-100001"`: in(a, 1, 2, 3, 4, 5, 6, 7),
		`at ge "` + at + `" and action eq "ORGANIZATION.update"`: {a + " 6", b + " 6", a + " 7",
			b + " 7"}, `action eq "organization.create" and not (seq gt 1)`: {a + " 1", b + " 1"},
		`outcome eq "failure"`: nil,
		`outcome eq "success" and target eq "or-100002" and seq le 2`:       in(b, 1, 2),
		`organization.id eq "or-100001" and organization.id eq "or-100002"`: nil,
		`organization.id eq "or-100001" or organization.id eq "or-100002"`:  nil,
		`at lt "2000-01-01"`:                    nil,
		`actor sw "system:" and source ne null`: nil,
	} {
		if strings.Contains(text, " or ") {
			want = []string{a + " 1", b + " 1"}
			for seq := 2; seq <= 7; seq++ {
				want = append(want, fmt.Sprintf("%s %d", a, seq), fmt.Sprintf("%s %d", b, seq))
			}
			want = append(want, b+" 8", b+" 9") // the operator bound to it, and its log-in
		}
		for _, limit := range []int{1, 2, 100} {
			got := walk(k.Root(), text, true, limit)
			if !slices.Equal(got, want) {
				t.Errorf("%s by %d: got %v, want %v", text, limit, got, want)
			}
			got = walk(k.Root(), text, false, limit)
			slices.Reverse(got)
			if !slices.Equal(got, want) {
				t.Errorf("%s by %d, the newest first: got %v, want %v backwards", text, limit, got, want)
			}
		}
	}
	for _, text := range []string{"", `seq gt 0`, `organization.id eq "or-100002"`} {
		if got, want := walk(bound, text, true, 4), in(b, 1, 2, 3, 4, 5, 6, 7, 8, 9); !slices.Equal(got, want) {
			t.Errorf("bound, %q: got %v, want %v", text, got, want)
		}
	}
	if got := walk(bound, `organization.id eq "or-100001"`, true, 4); got != nil {
		t.Errorf("a foreign chain: got %v", got)
	}
	if heads := must(k.AuditChains(ctx, bound, tenancy.RootID-1, 9))(t); len(heads) != 1 ||
		heads[0].OrganizationID != other.ID {
		t.Errorf("chains of one organization: got %+v", heads)
	}
	_, err := k.AuditChain(ctx, bound, one.ID, 0, 9)
	wantKind(t, "a foreign chain", err, problem.NotFound, problem.CodeOrganizationNotFound)
	manager := k.OperatorCaller(t, "manager", k.Operator(t, "manager", tenancy.AccountManager, tenancy.RootID))
	_, err = k.ListAudit(ctx, manager, tenancy.AuditList{})
	wantKind(t, "an account manager", err, problem.Denied, problem.CodePermissionMissing)
}

// gone is a store in which somebody with write access has removed things.
type gone struct {
	tenancy.Store
	change func(*goneReader)
}

type goneReader struct {
	tenancy.Reader
	heads  func([]tenancy.AuditHead) []tenancy.AuditHead
	events func([]tenancy.AuditEvent) []tenancy.AuditEvent
	ids    []tenancy.OrganizationID // without a chain; those that are nil do not exist
}

func (s gone) View(ctx context.Context, fn func(tenancy.Reader) error) error {
	return s.Store.View(ctx, func(tx tenancy.Reader) error {
		r := &goneReader{Reader: tx}
		s.change(r)
		return fn(r)
	})
}

func (r *goneReader) AuditHeads(ctx context.Context, after tenancy.OrganizationID,
	limit int) ([]tenancy.AuditHead, error) {
	heads, err := r.Reader.AuditHeads(ctx, after, limit)
	if r.heads != nil {
		heads = r.heads(heads)
	}
	return heads, err
}

func (r *goneReader) AuditEvents(ctx context.Context, id tenancy.OrganizationID, after int64,
	limit int) ([]tenancy.AuditEvent, error) {
	events, err := r.Reader.AuditEvents(ctx, id, after, limit)
	if r.events != nil {
		events = r.events(events)
	}
	return events, err
}

func (r *goneReader) OrganizationsWithoutAudit(ctx context.Context, after tenancy.OrganizationID,
	limit int) ([]tenancy.OrganizationID, error) {
	if r.ids != nil {
		return r.ids, nil
	}
	return r.Reader.OrganizationsWithoutAudit(ctx, after, limit)
}

// Whole chains that are gone, ends that were cut and ends that were moved back are found, and
// every broken chain is reported.
func TestVerifyAuditsKnowsTheChains(t *testing.T) {
	t.Parallel()
	ctx, k := context.Background(), tenancytest.New(t)
	one, two := k.Organization(t, "company001").ID, k.Organization(t, "company002").ID
	for range 3 {
		_, _, err := k.IssuePrimaryAuthCode(ctx, k.Root(), one)
		must(0, err)(t)
	}
	older := must(k.AuditChains(ctx, k.Root(), tenancy.RootID,
		1))(t)[0] // a row of this time, before the last event
	verify := func(change func(*goneReader)) []tenancy.BrokenChain {
		t.Helper()
		report := must(tenancytest.Over(gone{k.Store, change}, k.Keys, nil,
			tenancytest.Options{}).VerifyAudits(ctx))(t)
		return report.Broken
	}
	without := func(id tenancy.OrganizationID) func([]tenancy.AuditHead) []tenancy.AuditHead {
		return func(heads []tenancy.AuditHead) []tenancy.AuditHead {
			return slices.DeleteFunc(heads, func(h tenancy.AuditHead) bool { return h.OrganizationID == id })
		}
	}
	cutTo := func(seq int64, seal bool) func(*goneReader) {
		return func(r *goneReader) {
			r.events = func(all []tenancy.AuditEvent) []tenancy.AuditEvent {
				return slices.DeleteFunc(all, func(e tenancy.AuditEvent) bool {
					return e.OrganizationID == one &&
						e.Seq > seq
				})
			}
			r.heads = func(heads []tenancy.AuditHead) []tenancy.AuditHead {
				for i, h := range heads {
					if h.OrganizationID == one {
						events := must(k.AuditChain(ctx, k.Root(), one, seq-1, 1))(t)
						heads[i].Seq, heads[i].Hash = seq, events[0].Hash
						if !seal {
							heads[i].Seal = nil
						}
					}
				}
				return heads
			}
		}
	}
	if broken := verify(func(*goneReader) {}); len(broken) != 0 {
		t.Fatalf("nothing changed: %+v", broken)
	}
	want := func(what string, got []tenancy.BrokenChain, fault tenancy.AuditFault,
		ids ...tenancy.OrganizationID) {
		t.Helper()
		if len(got) != len(ids) {
			t.Fatalf("%s: got %+v, want %d chains", what, got, len(ids))
		}
		for i, b := range got {
			if b.OrganizationID != ids[i] || b.Fault != fault {
				t.Errorf("%s: got %+v, want %v: %s", what, b, ids[i], fault)
			}
		}
	}
	both := func(r *goneReader) {
		r.heads = func(heads []tenancy.AuditHead) []tenancy.AuditHead { return without(two)(without(one)(heads)) }
		r.ids = []tenancy.OrganizationID{one, two}
	}
	want("both chains, their organizations left", verify(both), tenancy.AuditAbsent, one, two)
	want("an end moved back", verify(cutTo(2, true)), tenancy.AuditMoved, one)
	must(0, k.SealAudits(ctx))(t)
	must(0, k.SealAudits(ctx))(t)
	if got := k.Events(t, tenancy.RootID); got[len(got)-1] != "audit.list_chains" ||
		got[len(got)-2] == "audit.list_chains" {
		t.Errorf("the root's chain: %v", got)
	}
	if broken := verify(func(*goneReader) {}); len(broken) != 0 {
		t.Fatalf("listed: %+v", broken)
	}
	want("a chain with its organization", verify(func(r *goneReader) {
		r.heads, r.ids = without(two), []tenancy.OrganizationID{}
	}), tenancy.AuditAbsent, two)
	want("cut below what was listed", verify(cutTo(2, true)), tenancy.AuditCut, one)
	_, _, err := k.IssuePrimaryAuthCode(ctx, k.Root(), one)
	must(0, err)(t)
	want("an end moved back", verify(cutTo(4, true)), tenancy.AuditMoved, one)
	want("a seal removed", verify(cutTo(4, false)), tenancy.AuditMoved, one)
	copied := cutTo(4, true) // the row of that time, which only an export shows
	if broken := verify(func(r *goneReader) {
		copied(r)
		heads := r.heads
		r.heads = func(all []tenancy.AuditHead) []tenancy.AuditHead {
			all = heads(all)
			for i := range all {
				if all[i].OrganizationID == one {
					all[i].Seal = older.Seal
				}
			}
			return all
		}
	}); len(broken) != 0 {
		t.Errorf("what cannot be seen was seen: %+v", broken)
	}
	k.Store.Fail("OrganizationsWithoutAudit", errors.New("broken"))
	_, err = k.VerifyAudits(ctx)
	wantKind(t, "a list that cannot be read", err, problem.Internal, "")
}

// A list of chains that cannot be read is an error, since what it lists would not be missed.
func TestVerifyAuditsReadsEveryList(t *testing.T) {
	t.Parallel()
	for _, chains := range []string{"", "or-100001", "or-100001:x", "company:1", "or-100001:1 or-100002"} {
		ctx, k := context.Background(), tenancytest.New(t)
		must(k.VerifyAudits(ctx))(t)
		err := k.Core.Update(ctx, func(tx tenancy.Tx) error {
			return k.Core.Record(ctx, tx, tenancy.System("audit"), k.Clock.Now(), tenancy.Change{
				Organization: tenancy.RootID, Action: "audit.list_chains",
				Detail: map[string]string{"chains": chains}})
		})
		must(0, err)(t)
		_, err = k.VerifyAudits(ctx)
		wantKind(t, "the chains "+chains, err, problem.Internal, problem.CodeInternal)
	}
}
