// SPDX-License-Identifier: Apache-2.0

package sqltext

import (
	"fmt"
	"strings"
	"time"

	"gatehouse/internal/filter"
	"gatehouse/internal/tenancy"
)

// Keys are the columns that a list is sorted by, without the id at the end. A
// tenancy.Position has a value of each.
type Keys []key

type key struct {
	column Column
	kind   filter.Kind
}

// NewKeys returns the keys of the order that NewOrder returns.
func NewKeys(sort []filter.Sort, columns Columns) (Keys, error) {
	if len(sort) == 0 {
		return Keys{{Column{Name: createdAt}, filter.Time}}, nil
	}
	var keys Keys
	for _, s := range sort {
		c, err := columns(s.Property)
		if err != nil {
			return nil, err
		}
		if c.Name == id {
			break
		}
		keys = append(keys, key{c, s.Property.Kind})
	}
	return keys, nil
}

// Selected returns the columns of the keys, to be selected after those of the rows.
func (k Keys) Selected() string {
	var text strings.Builder
	for _, one := range k {
		text.WriteString(", " + one.column.Name)
	}
	return text.String()
}

// Values returns the values that the terms of the order have at a position. terms returns
// the values of the expressions by which a text column is sorted.
func (k Keys) Values(p tenancy.Position, terms func(c Column, text string) []any,
	stamp func(time.Time) any) ([]any, error) {
	if len(p.Keys) != len(k) {
		return nil, fmt.Errorf("a position with %d keys is in a list with %d", len(p.Keys), len(k))
	}
	var values []any
	for i, one := range k {
		switch v := p.Keys[i]; one.kind {
		case filter.Time:
			values = append(values, stamp(v.Time))
		case filter.ID:
			values = append(values, v.Number)
		default:
			values = append(values, terms(one.column, v.Text)...)
		}
	}
	return append(values, p.ID), nil
}

// ReadPage returns a function that reads rows with the keys after their columns into an
// empty page. There may be one row more than the limit: then a page follows.
func ReadPage[T any](page *tenancy.Page[T], k Keys, limit int, scan func(Row) (T, error),
	id func(T) int64) func(Row) error {
	last := tenancy.Position{Keys: make([]filter.Value, len(k))}
	return func(row Row) error {
		if len(page.Items) == limit {
			page.Next = &last
			return nil
		}
		item, err := scan(rowWithKeys{row, k.targets(last.Keys)})
		page.Items, last.ID = append(page.Items, item), id(item)
		return err
	}
}

// targets returns where the keys are read to.
func (k Keys) targets(values []filter.Value) []any {
	targets := make([]any, len(k))
	for i, one := range k {
		switch v := &values[i]; one.kind {
		case filter.Time:
			targets[i] = Time{&v.Time}
		case filter.ID:
			targets[i] = &v.Number
		default:
			targets[i] = &v.Text
		}
	}
	return targets
}

// rowWithKeys is a row that ends with keys.
type rowWithKeys struct {
	Row
	keys []any
}

// Scan implements Row.
func (r rowWithKeys) Scan(dest ...any) error { return r.Row.Scan(append(dest, r.keys...)...) }

// After returns the condition that a row comes after the place where the terms have the
// values. It has a ? for each of args.
func (o Order) After(values []any) (condition string, args []any) {
	if o.Uniform() {
		marks := strings.TrimSuffix(strings.Repeat("?, ", len(o)), ", ")
		return "(" + o.expressions() + ")" + o[0].sign() + "(" + marks + ")", values
	}
	return o.after(values)
}

// NotBefore returns the condition that a row is not before a place by the first term alone,
// and the value as its argument.
func (o Order) NotBefore(value any) (condition string, arg any) {
	return o[0].Expression + o[0].signOrEqual() + "?", value
}

// after compares term by term, because the directions differ. The first comparison is one
// that an index serves.
func (o Order) after(values []any) (condition string, args []any) {
	first := o[0].Expression + o[0].sign() + "?"
	if len(o) == 1 {
		return first, values
	}
	rest, more := o[1:].after(values[1:])
	return "(" + o[0].Expression + o[0].signOrEqual() + "? AND (" + first + " OR " + rest + "))",
		append([]any{values[0], values[0]}, more...)
}

// sign returns the comparison of a later row with an earlier one.
func (t Term) sign() string {
	if t.Descending {
		return " < "
	}
	return " > "
}

func (t Term) signOrEqual() string {
	if t.Descending {
		return " <= "
	}
	return " >= "
}
