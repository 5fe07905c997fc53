// SPDX-License-Identifier: Apache-2.0

package console

import (
	"time"

	"gatehouse/internal/tenancy"
)

// The chart of uses shows so many days. It is made of at most chartPages pages of the ledger, which
// is about as long as a ledger gets.
const (
	chartDays  = 30
	chartPages = 3
	chartPage  = 1000
)

// The measures of the chart, in its own units.
const (
	chartBar    = 16
	chartStep   = 20
	chartHeight = 100
)

// codeUses is what the page of a code shows of its uses.
type codeUses struct {
	List  *listing
	Lines []tenancy.CodeUse
	Chart *usesChart
}

// usesChart has a bar for each of the last days.
type usesChart struct {
	Days          []usesDay
	LetIn         int64
	Refused       int64
	Highest       int64
	Width, Height int
}

// usesDay is a day, and where its two bars are: those let in at the bottom, and the refused above.
type usesDay struct {
	Day            time.Time
	LetIn, Refused int64
	X              int
	LetInTop       int
	LetInHeight    int
	RefusedTop     int
	RefusedHeight  int
}

// Wide returns the width of a bar.
func (usesDay) Wide() int { return chartBar }

// Today returns the last day.
func (c *usesChart) Today() usesDay { return c.Days[len(c.Days)-1] }

// Date returns the day as people read it.
func (d usesDay) Date() string { return d.Day.Format(time.DateOnly) }

// readCode answers GET …/{code}.
func (c *console) readCode(x *exchange) error {
	p, err := x.code()
	if err != nil {
		return err
	}
	l, err := x.listingOf(offers{states: []string{"", string(tenancy.UseAccepted), string(tenancy.UseRepeated),
		string(tenancy.UseRefused)}})
	if err != nil {
		return err
	}
	p.Uses = &codeUses{List: l}
	ask := tenancy.CodeUseList{Limit: pageLength}
	if l.State != "" {
		if ask.Filter, err = filterOf(tenancy.CodeUseProperties(),
			condition(tenancy.PropertyOutcome, "eq", l.State)); err != nil {
			return err
		}
	}
	if l.after != nil {
		ask.Before = l.after.ID
	} else if p.Uses.Chart, err = x.usesChart(p); err != nil {
		return err
	}
	uses, err := c.tenancy.ListAuthCodeUses(x.r.Context(), x.caller, p.Organization.ID, p.Code.ID, ask)
	if err != nil {
		return err
	}
	p.Uses.Lines = uses.Lines
	if uses.Next > 0 {
		l.then(x, &tenancy.Position{ID: uses.Next})
	}
	return x.show("code", p)
}

// usesChart returns the uses of a code on each of the last days; nil if there were none.
func (x *exchange) usesChart(p codePage) (*usesChart, error) {
	today := p.Code.AsOf.UTC().Truncate(24 * time.Hour)
	first := today.AddDate(0, 0, 1-chartDays)
	chart := &usesChart{Days: make([]usesDay, chartDays), Width: chartDays * chartStep, Height: chartHeight}
	for i := range chart.Days {
		chart.Days[i].Day = first.AddDate(0, 0, i)
	}
	add := func(at time.Time, outcome tenancy.UseOutcome, n int64) {
		i := int(at.Sub(first) / (24 * time.Hour))
		switch {
		case at.Before(first) || i >= chartDays:
		case outcome == tenancy.UseRefused:
			chart.Days[i].Refused += n
		default:
			chart.Days[i].LetIn += n
		}
	}
	ask := tenancy.CodeUseList{Limit: chartPage}
	for page := range chartPages {
		uses, err := x.c.tenancy.ListAuthCodeUses(x.r.Context(), x.caller, p.Organization.ID, p.Code.ID, ask)
		if err != nil {
			return nil, err
		}
		for _, line := range uses.Lines {
			add(line.At, line.Outcome, 1)
		}
		if page == 0 {
			for _, d := range uses.Folded {
				add(d.Day, d.Outcome, d.Count)
			}
		}
		n := len(uses.Lines)
		if uses.Next == 0 || n > 0 && uses.Lines[n-1].At.Before(first.Add(-24*time.Hour)) {
			break
		}
		ask.Before = uses.Next
	}
	chart.draw()
	if chart.Highest == 0 {
		return nil, nil
	}
	return chart, nil
}

// draw adds the days up and places their bars.
func (c *usesChart) draw() {
	for _, d := range c.Days {
		c.LetIn, c.Refused = c.LetIn+d.LetIn, c.Refused+d.Refused
		c.Highest = max(c.Highest, d.LetIn+d.Refused)
	}
	for i := range c.Days {
		d := &c.Days[i]
		d.X = i*chartStep + (chartStep-chartBar)/2
		d.LetInHeight, d.RefusedHeight = c.tall(d.LetIn), c.tall(d.Refused)
		d.LetInTop = chartHeight - d.LetInHeight
		d.RefusedTop = d.LetInTop - d.RefusedHeight
	}
}

// tall returns the height of a bar. One that is there is seen.
func (c *usesChart) tall(n int64) int {
	if n == 0 {
		return 0
	}
	return max(2, int(float64(n)/float64(c.Highest)*(chartHeight-4)))
}

// Reason returns the key of the message of why a use was refused.
func (codeUses) Reason(u tenancy.CodeUse) string {
	return map[tenancy.CodeRefusal]string{
		tenancy.RefusedCanary:       "reason.canary",
		tenancy.RefusedOrganization: "reason.organization", tenancy.RefusedSuperseded: "reason.superseded",
		tenancy.RefusedDisabled: "reason.disabled", tenancy.RefusedExpired: "reason.expired",
		tenancy.RefusedSource: "reason.source", tenancy.RefusedExhausted: "reason.exhausted",
	}[u.Refusal]
}
