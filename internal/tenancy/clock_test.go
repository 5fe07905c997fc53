// SPDX-License-Identifier: Apache-2.0

package tenancy_test

import (
	"testing"
	"time"

	"gatehouse/internal/tenancytest"
)

// What the time of a Core is after the machine's clock was set by a step, and an hour later. The
// fake clock's monotonic reading moves with it, and a step back does not count as time passed.
func TestTimeNeverGoesBack(t *testing.T) {
	t.Parallel()
	const hour, day = time.Hour, 24 * time.Hour
	for _, test := range []struct {
		what         string
		steps        []time.Duration
		after, later time.Duration // since before the first step
	}{
		{"no step", nil, 0, hour},
		{"forward", []time.Duration{hour}, hour, 2 * hour},
		{"back by a little", []time.Duration{-2 * time.Minute}, 0, 58 * time.Minute}, // it has caught up
		{"back by much", []time.Duration{-3 * hour}, 0, 57 * time.Minute},
		{"forward, and that was wrong", []time.Duration{12 * hour, -12 * hour}, 12 * hour,
			12*hour + 57*time.Minute},
		{"back by a day", []time.Duration{-day}, 0, 57 * time.Minute},
		{"back by more than a day", []time.Duration{-day - time.Second}, -day - time.Second,
			-day + hour - time.Second},
		{"back by more in two steps", []time.Duration{-13 * hour, -13 * hour}, -26 * hour, -25 * hour},
		{"far forward, and that was wrong", []time.Duration{1000 * day, -1000 * day}, 0, hour},
	} {
		k := tenancytest.New(t)
		began := k.Core.Now()
		for _, step := range test.steps {
			k.Clock.Advance(step)
			k.Core.Now()
		}
		if got := k.Core.Now().Sub(began); got != test.after {
			t.Errorf("%s: the time moved by %v, want %v", test.what, got, test.after)
		}
		k.Clock.Advance(hour)
		if got := k.Core.Now().Sub(began); got != test.later {
			t.Errorf("%s, an hour later: %v, want %v", test.what, got, test.later)
		}
		if machine := k.Core.MachineNow().Sub(k.Core.Now()); machine > 0 || machine < -day {
			t.Errorf("%s: the machine's clock is ahead by %v", test.what, machine)
		}
	}
}

// A code that has ended does not let in again while the clock is set back. One that is made
// then does.
func TestEndedCodeStaysEnded(t *testing.T) {
	t.Parallel()
	k := tenancytest.New(t)
	o := k.Organization(t, "o")
	code, longer := newCode(t, k, o.ID, expiring(k, time.Hour)), newCode(t, k, o.ID, expiring(k, 3*time.Hour))
	must(enrol(k, code.Text.Reveal(), "before"))(t)
	k.Clock.Advance(61 * time.Minute)
	for _, step := range []time.Duration{0, -30 * time.Minute, -3 * time.Hour} {
		k.Clock.Advance(step)
		_, err := enrol(k, code.Text.Reveal(), "after")
		wantRefused(t, step.String(), err)
		if v := must(k.VerifyAuthCode(ctx, k.Root(), code.Text.Reveal(), local, false))(t); v.Valid {
			t.Errorf("%v: the ended code is verified", step)
		}
	}
	must(enrol(k, longer.Text.Reveal(), "after"))(t)
	fresh := newCode(t, k, o.ID, expiring(k, time.Hour))
	must(enrol(k, fresh.Text.Reveal(), "new"))(t)
	k.Clock.Advance(64 * time.Minute) // at nineteen twentieths
	_, err := enrol(k, fresh.Text.Reveal(), "later")
	wantRefused(t, "the new code after its hour", err)
}
