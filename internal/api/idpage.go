// SPDX-License-Identifier: Apache-2.0

package api

import (
	"net/http"

	"gatehouse/internal/filter"
	"gatehouse/internal/tenancy"
)

func clientProperties() properties {
	return propertiesOf(tenancy.ClientProperties(), []string{tenancy.PropertyID, tenancy.PropertyCreatedAt,
		tenancy.PropertyName, tenancy.PropertyInstanceID, tenancy.PropertyState, tenancy.PropertyUpdatedAt,
		tenancy.PropertyLastSeenAt}, []string{"organizationId=" + tenancy.PropertyOrganizationID,
		tenancy.PropertyAuthCodeID, tenancy.PropertyTags})
}

func authCodeProperties() properties {
	return propertiesOf(tenancy.AuthCodeProperties(), []string{tenancy.PropertyID, tenancy.PropertyCreatedAt,
		tenancy.PropertyName, tenancy.PropertyUpdatedAt, tenancy.PropertyExpiresAt, tenancy.PropertyUses,
		tenancy.PropertyLastUsedAt}, []string{tenancy.PropertyTags})
}

func codeUseProperties() properties {
	return propertiesOf(tenancy.CodeUseProperties(), nil, []string{tenancy.PropertyAt, tenancy.PropertyOutcome,
		"reason=" + tenancy.PropertyRefusal, tenancy.PropertyAddress, tenancy.PropertyInstanceID,
		tenancy.PropertyClientID})
}

func applicationProperties() properties {
	return propertiesOf(tenancy.ApplicationProperties(), []string{tenancy.PropertyID,
		tenancy.PropertyCreatedAt, tenancy.PropertyName, tenancy.PropertyType, tenancy.PropertyUpdatedAt,
		tenancy.PropertyExpiresAt, tenancy.PropertyLastUsedAt},
		[]string{"organizationId=" + tenancy.PropertyOrganizationID})
}

// idPageOf reads the parameters of a list that can be filtered, and is in the order of its ids
// or sorted by a property.
func (a *api) idPageOf(r *http.Request, caller tenancy.Caller, by properties, conditions ...string) (p page,
	o tenancy.IDOrder, err error) {
	if p, err = a.pageOf(r, caller, append(conditions, paramFilter, paramSort)...); err != nil {
		return p, o, err
	}
	f, key, err := filterAndKey(p, by)
	if err != nil {
		return p, o, err
	}
	f, ok := tagFilter(f)
	if !ok {
		return p, o, aboutField(paramFilter, codeTagOperator)
	}
	o = tenancy.IDOrder{Filter: f, By: key.Property, Ascending: key.Property.Name != "" && !key.Descending,
		After: p.after, Limit: p.count}
	if p.after != "" && o.Sorted() != (p.afterKey != nil) {
		return p, o, aboutField(paramCursor, codeBadCursor)
	}
	if p.afterKey != nil {
		o.AfterKey = *p.afterKey
	}
	return p, o, nil
}

// filterAndKey reads the filter and the sort key of a list that is sorted by one property;
// the key is zero if there is none.
func filterAndKey(p page, by properties) (f filter.Node, key filter.Sort, err error) {
	f, keys, err := expressionsOf(p, by)
	if err != nil || len(keys) == 0 {
		return f, key, err
	}
	if len(keys) > 1 {
		return f, key, aboutField(paramSort, codeOneSortKey)
	}
	return f, keys[0], nil
}

// idCursor returns the cursor of the page after this one; "" after the last page.
func idCursor[T any](a *api, p page, o tenancy.IDOrder, of tenancy.IDPage[T]) string {
	if o.Sorted() {
		return a.cursor(p, of.Next, of.NextKey)
	}
	return a.cursor(p, of.Next)
}

// tagFilter returns a filter in which comparisons of the tags are about one of them, as
// those of attributes with several values are (RFC 7644, section 3.4.2.2). False: an
// operator does not fit.
func tagFilter(n filter.Node) (filter.Node, bool) {
	switch n := n.(type) {
	case filter.And:
		terms, ok := tagFilters(n.Terms)
		return filter.And{Terms: terms}, ok
	case filter.Or:
		terms, ok := tagFilters(n.Terms)
		return filter.Or{Terms: terms}, ok
	case filter.Not:
		term, ok := tagFilter(n.Term)
		return filter.Not{Term: term}, ok
	case filter.Compare:
		if n.Property.Name == tenancy.PropertyTags {
			return tagComparison(n)
		}
	}
	return n, true
}

func tagFilters(terms []filter.Node) ([]filter.Node, bool) {
	made := make([]filter.Node, len(terms))
	for i, term := range terms {
		var ok bool
		if made[i], ok = tagFilter(term); !ok {
			return nil, false
		}
	}
	return made, true
}

// tagComparison looks for the text with the line ends around each tag: see
// tenancy.ListedText.
func tagComparison(c filter.Compare) (filter.Node, bool) {
	const end = "\n"
	if c.Op == filter.Pr || c.Value.Null || c.Value.Text == "" {
		return c, true
	}
	op, text := c.Op, c.Value.Text
	switch op {
	case filter.Eq, filter.Ne:
		text = end + text + end
	case filter.Sw:
		text = end + text
	case filter.Ew:
		text += end
	case filter.Co:
	default:
		return nil, false
	}
	c.Op, c.Value.Text = filter.Co, text
	if op == filter.Ne {
		return filter.Not{Term: c}, true
	}
	return c, true
}
