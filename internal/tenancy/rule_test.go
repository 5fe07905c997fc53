// SPDX-License-Identifier: Apache-2.0

package tenancy_test

import (
	"context"
	"encoding/json"
	"testing"

	"github.com/google/go-cmp/cmp"

	"gatehouse/internal/problem"
	"gatehouse/internal/tenancy"
	"gatehouse/internal/tenancytest"
)

// wantFields fails unless err is Invalid with these field errors.
func wantFields(t *testing.T, what string, err error, want ...string) {
	t.Helper()
	wantKind(t, what, err, problem.Invalid, problem.CodeInvalidInput)
	var got []string
	for _, f := range problem.As(err).Fields {
		got = append(got, f.Field+": "+f.Message())
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("%s: %s", what, diff)
	}
}

// What a door found wrong comes first. About a field that the door found wrong, the
// domain says nothing.
func TestFieldErrorsOfADoor(t *testing.T) {
	t.Parallel()
	ctx, k := context.Background(), tenancytest.New(t)
	found := []problem.FieldError{{Field: "x", Phrase: problem.Phrase{Format: "x is wrong."}},
		{Field: "name", Phrase: problem.Phrase{Format: "name is a number."}}}
	xAndName := []string{"x: x is wrong.", "name: name is a number."}
	_, err := k.CreateOrganization(ctx, k.Root(), tenancy.CreateOrganizationParams{Alias: "a\nb",
		FieldErrors: found})
	wantFields(t, "made", err, append(xAndName, "alias: alias must be one line.")...)
	o, empty := k.Organization(t, "o"), ""
	change := tenancy.UpdateOrganizationParams{Name: &empty,
		Properties: tenancy.Properties{"bad": json.RawMessage("{")}, FieldErrors: found}
	_, err = k.UpdateOrganization(ctx, k.Root(), o.ID, change)
	wantFields(t, "changed", err, append(xAndName, "properties.bad: properties.bad must be JSON.")...)
	_, err = k.UpdateOrganization(ctx, k.Root(), o.ID, tenancy.UpdateOrganizationParams{Echo: true,
		FieldErrors: found})
	wantFields(t, "sent back", err, xAndName...)
	_, err = k.SubmitRequest(ctx, k.Anyone(), tenancy.SubmitRequestParams{Name: "r", FieldErrors: found[:1]})
	if fields := problem.As(err).Fields; len(fields) == 0 || fields[0].Field != "x" {
		t.Errorf("request made: %v", fields)
	}
	r := k.Submit(t, "r")
	_, err = k.UpdateRequest(ctx, k.Root(), r.ID, tenancy.UpdateRequestParams{Name: &empty, FieldErrors: found})
	wantFields(t, "request changed", err, xAndName...)
	_, err = k.UpdateOrganization(ctx, k.Anyone(), o.ID, change)
	wantKind(t, "anyone", err, problem.Unauthenticated, problem.CodeLoginRequired)
	_, err = k.UpdateOrganization(ctx, k.Root(), 7, change)
	wantKind(t, "unknown", err, problem.NotFound, problem.CodeOrganizationNotFound)
	if now := must(k.GetOrganization(ctx, k.Root(), o.ID))(t); now.Name != "o" || len(now.Properties) != 0 {
		t.Errorf("something was stored: %+v", now)
	}
}

// A rule is about the properties as they are after the change, and is looked at when the
// caller sends one of the two.
func TestPropertyRules(t *testing.T) {
	t.Parallel()
	ctx, k := context.Background(), tenancytest.New(t)
	rules := []tenancy.PropertyRule{{Required: "limit", RequiredWhen: "limited"}}
	properties := func(pairs ...string) tenancy.Properties {
		p := tenancy.Properties{}
		for i := 0; i < len(pairs); i += 2 {
			p[pairs[i]] = json.RawMessage(pairs[i+1])
		}
		return p
	}
	const broken = "limit: limit is required."
	for _, c := range []struct {
		name              string
		before, sent      tenancy.Properties
		found             []problem.FieldError
		want, wantCreated []string // field errors
	}{
		{"neither", nil, properties("a", "1"), nil, nil, nil},
		{"both", nil, properties("limited", "true", "limit", "1"), nil, nil, nil},
		{"no limit", nil, properties("limited", "true"), nil, []string{broken}, []string{broken}},
		{"not limited", nil, properties("limited", "false"), nil, nil, nil},
		{"limit from before", properties("limit", "1"), properties("limited", "true"), nil, nil, []string{broken}},
		{"limit taken away", properties("limited", "true", "limit", "1"), properties("limit", "null"), nil,
			[]string{broken}, nil},
		{"broken before, not sent", properties("limited", "true"), properties("a", "1"), nil, nil, nil},
		{"the door found it wrong", nil, properties("limited", "true"),
			[]problem.FieldError{{Field: "limit", Phrase: problem.Phrase{Format: "wrong"}}},
			[]string{"limit: wrong"}, []string{"limit: wrong"}},
	} {
		o := must(k.CreateOrganization(ctx, k.Root(), tenancy.CreateOrganizationParams{Name: c.name,
			Properties: c.before}))(t)
		_, err := k.UpdateOrganization(ctx, k.Root(), o.ID, tenancy.UpdateOrganizationParams{Properties: c.sent,
			Rules: rules, FieldErrors: c.found})
		_, created := k.CreateOrganization(ctx, k.Root(), tenancy.CreateOrganizationParams{Name: c.name + ", new",
			Properties: c.sent, Rules: rules, FieldErrors: c.found})
		for what, got := range map[string]struct {
			err  error
			want []string
		}{"changed": {err, c.want}, "created": {created, c.wantCreated}} {
			if got.want != nil {
				wantFields(t, c.name+", "+what, got.err, got.want...)
			} else if got.err != nil {
				t.Errorf("%s, %s: %v", c.name, what, got.err)
			}
		}
	}
}
