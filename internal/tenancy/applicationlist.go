// SPDX-License-Identifier: Apache-2.0

package tenancy

import (
	"cmp"
	"context"
	"slices"
	"time"

	"gatehouse/internal/filter"
	"gatehouse/internal/problem"
)

// ApplicationRange asks an engine for applications in the order of their creation, ties by id.
type ApplicationRange struct {
	Organization OrganizationID  // RootID: of all
	Type         ApplicationType // "": of both
	Oldest       bool            // the oldest first; else the newest
	After        *Application    // the last one before; its CreatedAt and ID count
	Limit        int
}

// ApplicationList asks for a page of applications.
type ApplicationList struct {
	Organization OrganizationID  // RootID: of all
	Type         ApplicationType // "": of both
	Filter       filter.Node     // over ApplicationProperties; nil: all
	// By is what the list is sorted by, and then by the id; without a name PropertyCreatedAt,
	// which an index serves. By others a list is sorted in memory, and has a limit.
	By        filter.Property
	Ascending bool
	After     *Keyed[string] // ApplicationPage.Next of the page before; nil: from the beginning
	Limit     int
}

// ApplicationPage is a page of applications.
type ApplicationPage struct {
	Items []Application
	Next  *Keyed[string] // the id and the key where the next page begins; nil: nothing follows
}

// FindApplications returns a page. Filters and orders are evaluated in Go, since there are few
// applications. A page looks at a limited number of them. Invalid (too_many_to_sort).
func FindApplications(ctx context.Context, tx Reader, p ApplicationList) (page ApplicationPage, err error) {
	p.Limit = pageSize(p.Limit)
	if p.By.Name == "" {
		p.By = ApplicationProperties()[PropertyCreatedAt]
	}
	if p.By.Name != PropertyCreatedAt {
		return sortedApplications(ctx, tx, p)
	}
	from := p.rows()
	from.Oldest = p.Ascending
	if p.After != nil {
		from.After = &Application{CreatedAt: p.After.Key.Time, ID: p.After.Row}
	}
	more, err := eachApplication(ctx, tx, from, rowsLookedAt(p.Filter), func(a Application) bool {
		if len(page.Items) == p.Limit {
			page.Next = p.placeOf(page.Items[p.Limit-1])
			return false
		}
		if a.matches(p.Filter) {
			page.Items = append(page.Items, a)
		}
		return true
	})
	if more != nil {
		page.Next = p.placeOf(*more)
	}
	return page, err
}

// sortedApplications returns a page of a list that is sorted in memory. It never has much more
// than a page there.
func sortedApplications(ctx context.Context, tx Reader, p ApplicationList) (page ApplicationPage, err error) {
	from, most := p.rows(), rowsLookedAt(p.Filter)
	more, err := eachApplication(ctx, tx, from, most, func(a Application) bool {
		if a.matches(p.Filter) && (p.After == nil || p.order(*p.placeOf(a), *p.After) > 0) {
			page.Items = append(page.Items, a)
		}
		if len(page.Items) > 2*p.Limit {
			page.Items = p.first(page.Items)
		}
		return true
	})
	if err == nil && more != nil {
		return ApplicationPage{}, problem.TooManyToSort(most)
	}
	page.Items = p.first(page.Items)
	if len(page.Items) > p.Limit {
		page.Items = page.Items[:p.Limit]
		page.Next = p.placeOf(page.Items[p.Limit-1])
	}
	return page, err
}

// applicationsPerRead bounds what is in memory.
const applicationsPerRead = 500

// eachApplication calls fn with at most so many applications, until it returns false. It
// returns the last one if others follow.
func eachApplication(ctx context.Context, tx Reader, r ApplicationRange, most int,
	fn func(Application) bool) (more *Application, err error) {
	for looked := 0; ; {
		r.Limit = min(applicationsPerRead, most-looked+1)
		list, err := tx.ApplicationPage(ctx, r)
		if err != nil {
			return nil, err
		}
		for i, a := range list {
			if looked++; looked > most {
				return r.After, nil
			}
			if !fn(a) {
				return nil, nil
			}
			r.After = &list[i]
		}
		if len(list) < r.Limit {
			return nil, nil
		}
	}
}

func (p ApplicationList) rows() ApplicationRange {
	return ApplicationRange{Organization: p.Organization, Type: p.Type}
}

// first returns the first of the list, one more than a page has.
func (p ApplicationList) first(list []Application) []Application {
	slices.SortFunc(list, func(a, b Application) int { return p.order(*p.placeOf(a), *p.placeOf(b)) })
	return list[:min(len(list), p.Limit+1)]
}

// order compares two places of the list.
func (p ApplicationList) order(a, b Keyed[string]) int {
	way := cmp.Or(cmp.Compare(a.Key.Text, b.Key.Text), cmp.Compare(a.Key.Number, b.Key.Number),
		compareTimes(a.Key.Time, b.Key.Time), cmp.Compare(a.Row, b.Row))
	if p.Ascending {
		return way
	}
	return -way
}

// compareTimes compares times, of which an absent one is the latest.
func compareTimes(a, b time.Time) int {
	switch {
	case a.Equal(b):
		return 0
	case a.IsZero():
		return 1
	case b.IsZero():
		return -1
	}
	return a.Compare(b)
}

// placeOf returns the place of an application in the list.
func (p ApplicationList) placeOf(a Application) *Keyed[string] {
	place := Keyed[string]{Row: a.ID}
	switch v := a.property(p.By).(type) {
	case string:
		place.Key.Text = filter.Fold(v)
	case int64:
		place.Key.Number = v
	case time.Time:
		place.Key.Time = v
	}
	return &place
}

// matches reports whether an application matches a filter of ApplicationProperties.
func (a Application) matches(n filter.Node) bool { return filter.Matches(n, a.property) }

// property returns the value of a property; nil if it is absent.
func (a Application) property(p filter.Property) any {
	switch p.Name {
	case PropertyID:
		return a.ID
	case PropertyName:
		return a.Name
	case PropertyType:
		return string(a.Type)
	case PropertyOrganizationID:
		return int64(a.OrganizationID)
	case PropertyCreatedAt:
		return a.CreatedAt
	case PropertyUpdatedAt:
		return a.UpdatedAt
	case PropertyExpiresAt:
		return present(a.Key.ExpiresAt)
	case PropertyLastUsedAt:
		return present(a.Key.LastUsedAt)
	}
	return nil
}

// present returns nil for the zero time, which is that of what never was.
func present(at time.Time) any {
	if at.IsZero() {
		return nil
	}
	return at
}
