// SPDX-License-Identifier: Apache-2.0

package tenancy_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"gatehouse/internal/problem"
	"gatehouse/internal/storetest"
	"gatehouse/internal/tenancy"
	"gatehouse/internal/tenancytest"
)

const dayLong = 24 * time.Hour

// A preview counts the uses that a rotation some days ago would have refused, at the very
// moment at which its overlap would have ended.
func TestPreviewRotation(t *testing.T) {
	t.Parallel()
	storetest.Engines(t, func(t *testing.T, s tenancy.Store) {
		k := tenancytest.On(t, s)
		id := k.Organization(t, "o").ID
		code, other := newCode(t, k, id), newCode(t, k, id)
		from := func(code tenancy.IssuedAuthCode, instance, address string) tenancy.IssuedClient {
			t.Helper()
			return must(k.Enrol(ctx, tenancy.Anonymous(tenancy.Origin{Address: address}),
				tenancy.EnrolParams{AuthCode: code.Text.Reveal(), Name: instance, InstanceID: instance}))(t)
		}
		start := k.Core.Now()
		from(code, "first", "192.0.2.1")
		k.Clock.Advance(time.Millisecond)
		a := from(code, "a", "192.0.2.1")
		k.Clock.Advance(time.Minute)
		from(code, "a", "192.0.2.1") // it repeats, so it is the same client
		b := from(code, "a", "192.0.2.2")
		from(other, "of another code", "192.0.2.3")
		k.Clock.Advance(dayLong)
		c := from(code, "c", "192.0.2.1")
		k.Clock.Advance(time.Second)
		must(k.SwitchOffAuthCode(ctx, k.Root(), id, code.ID))(t)
		_, err := enrol(k, code.Text.Reveal(), "refused anyway")
		wantRefused(t, "switched off", err)
		must(k.SwitchOnAuthCode(ctx, k.Root(), id, code.ID))(t)
		before, events := stored(t, k, code.AuthCode), len(k.Events(t, id))

		source := func(c tenancy.IssuedClient, instance, address string, uses int64,
			last time.Duration) tenancy.PreviewSource {
			return tenancy.PreviewSource{InstanceID: instance, Address: address, ClientID: c.ID, Uses: uses,
				LastAt: start.Add(last)}
		}
		late := source(c, "c", "192.0.2.1", 1, dayLong+time.Minute+time.Millisecond)
		// Two days ago the rotation came before every use. An overlap of as long less what has
		// passed since the second use ends at that very use.
		atSecond := 2*dayLong - k.Core.Now().Sub(start) + time.Millisecond
		for _, test := range []struct {
			overlap time.Duration
			days    int
			want    []tenancy.PreviewSource
			uses    int64
		}{
			{0, 1, []tenancy.PreviewSource{late}, 1},
			{atSecond, 2, []tenancy.PreviewSource{late, source(a, "a", "192.0.2.1", 2, time.Minute+time.Millisecond),
				source(b, "a", "192.0.2.2", 1, time.Minute+time.Millisecond)}, 4},
			{atSecond + time.Millisecond, 2, []tenancy.PreviewSource{late,
				source(a, "a", "192.0.2.1", 1, time.Minute+time.Millisecond),
				source(b, "a", "192.0.2.2", 1, time.Minute+time.Millisecond)}, 3},
			{2*dayLong - time.Millisecond, 2, nil, 0},
		} {
			got := must(k.PreviewRotation(ctx, k.Root(), id, code.ID, test.overlap, test.days))(t)
			since := k.Core.Now().Add(test.overlap - time.Duration(test.days)*dayLong)
			want := tenancy.RotationPreview{Overlap: test.overlap, Days: test.days, Since: since, Uses: test.uses,
				Sources: test.want, Total: len(test.want)}
			if fmt.Sprint(got) != fmt.Sprint(want) {
				t.Errorf("%s, %d days: got\n%+v, want\n%+v", test.overlap, test.days, got, want)
			}
		}
		if after := stored(t, k, code.AuthCode); fmt.Sprint(after) != fmt.Sprint(before) ||
			len(k.Events(t, id)) != events {
			t.Errorf("a preview changed the code:\n%+v, before\n%+v", after, before)
		}
	})
}

func TestPreviewRotationRefused(t *testing.T) {
	t.Parallel()
	k := tenancytest.New(t)
	id := k.Organization(t, "o").ID
	code, rotated := newCode(t, k, id), newCode(t, k, id)
	must(k.RotateAuthCode(ctx, k.Root(), id, rotated.ID, time.Hour))(t)
	preview := func(codeID string, overlap time.Duration, days int) error {
		return errOf(k.PreviewRotation(ctx, k.Root(), id, codeID, overlap, days))
	}
	for what, err := range map[string]error{"no days": preview(code.ID, 0, 0),
		"days before now":  preview(code.ID, 0, -1),
		"more than a year": preview(code.ID, 0, 367), "as long as the days": preview(code.ID, dayLong, 1),
		"beyond every number": preview(code.ID, 0, 1<<62)} {
		wantWrong(t, what, err, "days bad_preview_days")
	}
	wantWrong(t, "a negative overlap", preview(code.ID, -1, 7), "overlap bad_overlap")
	wantKind(t, "rotated", preview(rotated.ID, 0, 7), problem.Conflict, problem.CodeAuthCodeRotated)
	wantKind(t, "unknown", preview("x", 0, 7), problem.NotFound, problem.CodeAuthCodeNotFound)
	if err := preview(code.ID, 365*dayLong, 366); err != nil {
		t.Error(err)
	}
}

// A preview is bounded, says how much it leaves out, and counts what the ledger has folded.
func TestPreviewRotationBounds(t *testing.T) {
	t.Parallel()
	k := tenancytest.New(t)
	id := k.Organization(t, "o").ID
	code := newCode(t, k, id)
	now := k.Core.Now()
	err := k.Store.Update(ctx, func(tx tenancy.Tx) error {
		for n := range 1300 {
			// The first 300 are folded: 100 on each of three days, the last of which is cut by the window.
			at := now.Add(-time.Hour)
			if n < 300 {
				at = now.Add(-time.Duration(1+n/100) * dayLong)
			}
			use := tenancy.CodeUse{AuthCodeID: code.ID, At: at, Outcome: tenancy.UseAccepted, Address: "192.0.2.1",
				InstanceID: fmt.Sprint(n), ClientID: "client"}
			if n%100 == 0 {
				use.Outcome, use.Refusal = tenancy.UseRefused, tenancy.RefusedSource
			}
			if _, err := tx.InsertCodeUse(context.Background(), use); err != nil {
				return err
			}
		}
		return tx.FoldCodeUses(context.Background(), code.ID, 1000)
	})
	if err != nil {
		t.Fatal(err)
	}
	got := must(k.PreviewRotation(ctx, k.Root(), id, code.ID, 0, 2))(t)
	if got.Uses != 990 || got.Total != 990 || len(got.Sources) != tenancy.MaxPreviewSources || got.Older != 198 {
		t.Errorf("got %d uses, %d of %d sources, %d older", got.Uses, len(got.Sources), got.Total, got.Older)
	}
}
