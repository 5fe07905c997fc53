// SPDX-License-Identifier: Apache-2.0

package filter_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"gatehouse/internal/filter"
)

// The properties of the schema under test, one or two of each kind.
func properties() map[string]filter.Property {
	return map[string]filter.Property{
		"name":               nameProperty(),
		"status":             {Name: "request.status", Kind: filter.Text},
		"organization.id":    idProperty(),
		"bare":               {Name: "bare.id", Kind: filter.ID},
		"submittedDate":      timeProperty(),
		"x_Y$-1":             {Name: "odd", Kind: filter.Text},
		"urn:scim:core:Name": {Name: "urn", Kind: filter.Text},
	}
}

func nameProperty() filter.Property {
	return filter.Property{Name: "request.name", Kind: filter.Text}
}

func idProperty() filter.Property {
	return filter.Property{Name: "organization.id", Kind: filter.ID, Prefix: "or-"}
}

func timeProperty() filter.Property {
	return filter.Property{Name: "request.submitted", Kind: filter.Time}
}

func schema() filter.Schema { return filter.NewSchema(properties()) }

func mustParse(tb testing.TB, text string) filter.Node {
	tb.Helper()
	node, err := filter.Parse(text, schema())
	if err != nil {
		tb.Fatalf("Parse(%q): %v", text, err)
	}
	return node
}

// wantError checks the position of an error, and that its reason contains the piece
// that identifies it.
func wantError(t *testing.T, err error, offset int, reason string) {
	t.Helper()
	var fault *filter.Error
	if !errors.As(err, &fault) {
		t.Fatalf("got error %v (%T), want *filter.Error", err, err)
	}
	if fault.Offset != offset {
		t.Errorf("got offset %d (%v), want %d", fault.Offset, err, offset)
	}
	if !strings.Contains(fault.Reason, reason) {
		t.Errorf("got reason %q, want one with %q", fault.Reason, reason)
	}
}

// Short forms of comparisons, for expected trees.

func name(op filter.Op, folded string) filter.Compare {
	return filter.Compare{Property: nameProperty(), Op: op, Value: filter.Value{Text: folded}}
}

func id(op filter.Op, number int64) filter.Compare {
	return filter.Compare{Property: idProperty(), Op: op, Value: filter.Value{Number: number}}
}

func at(op filter.Op, instant time.Time) filter.Compare {
	return filter.Compare{Property: timeProperty(), Op: op, Value: filter.Value{Time: instant}}
}

func utc(year int, month time.Month, day, hour, minute, second, nano int) time.Time {
	return time.Date(year, month, day, hour, minute, second, nano, time.UTC)
}
