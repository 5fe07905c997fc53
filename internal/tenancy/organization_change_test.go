// SPDX-License-Identifier: Apache-2.0

package tenancy_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"gatehouse/internal/problem"
	"gatehouse/internal/tenancy"
	"gatehouse/internal/tenancytest"
)

func TestChosenIDs(t *testing.T) {
	t.Parallel()
	ctx, k := context.Background(), tenancytest.New(t)
	create := func(id tenancy.OrganizationID, name string) (tenancy.Organization, error) {
		return k.CreateOrganization(ctx, k.Root(), tenancy.CreateOrganizationParams{ID: id, Name: name})
	}
	if o := must(create(200000, "a"))(t); o.ID != 200000 {
		t.Errorf("got %v", o.ID)
	}
	if o := k.Organization(t, "b"); o.ID != 200001 {
		t.Errorf("the next is %v", o.ID)
	}
	_, err := create(200000, "c")
	wantKind(t, "taken", err, problem.Conflict, problem.CodeOrganizationIDTaken)
	_, err = create(200005, "A")
	wantKind(t, "name taken", err, problem.Conflict, problem.CodeOrganizationNameTaken)
	for _, id := range []tenancy.OrganizationID{-1, 1_000_000_000, 1<<63 - 1} {
		_, err = create(id, "d")
		wantKind(t, id.String(), err, problem.Invalid, problem.CodeInvalidInput)
	}
	k.Submit(t, "applicant") // has 200002
	_, err = create(200002, "e")
	wantKind(t, "taken by an applicant", err, problem.Conflict, problem.CodeOrganizationIDTaken)

	off := tenancytest.New(t, func(o *tenancytest.Options) { o.CustomOrganizationIDs = false })
	_, err = off.CreateOrganization(ctx, off.Root(), tenancy.CreateOrganizationParams{ID: 7, Name: "f"})
	wantKind(t, "switched off", err, problem.Invalid, problem.CodeInvalidInput)
}

func TestOrganizationDetails(t *testing.T) {
	t.Parallel()
	ctx, k := context.Background(), tenancytest.New(t)
	o := must(k.CreateOrganization(ctx, k.Root(), tenancy.CreateOrganizationParams{Name: "Birch Tools",
		Alias: " Birch ", EmailDomains: []string{"Example.Test", "", "example.test", "b.example.test"},
		Properties: tenancy.Properties{"a": json.RawMessage(" [1, 2] "), "b": json.RawMessage(`"x"`),
			"none": json.RawMessage("null")}}))(t)
	want := o
	want.Alias, want.EmailDomains = "Birch", []string{"example.test", "b.example.test"}
	want.Properties = tenancy.Properties{"a": json.RawMessage("[1,2]"), "b": json.RawMessage(`"x"`)}
	if diff := cmp.Diff(want, o); diff != "" {
		t.Error(diff)
	}
	update := func(p tenancy.UpdateOrganizationParams) tenancy.Organization {
		t.Helper()
		o = must(k.UpdateOrganization(ctx, k.Root(), o.ID, p))(t)
		if diff := cmp.Diff(must(k.GetOrganization(ctx, k.Root(), o.ID))(t), o); diff != "" {
			t.Errorf("told and kept: %s", diff)
		}
		return o
	}
	name, empty, off, on := "Oak Tools", "", false, true
	if update(tenancy.UpdateOrganizationParams{Name: &name}); o.Alias != "Birch" {
		t.Errorf("a given alias follows the name: %q", o.Alias)
	}
	if update(tenancy.UpdateOrganizationParams{Alias: &empty}); o.Alias != "oak-tools" {
		t.Errorf("an empty alias is %q", o.Alias)
	}
	name = "Elm Tools"
	if update(tenancy.UpdateOrganizationParams{Name: &name}); o.Alias != "elm-tools" {
		t.Errorf("a made alias does not follow: %q", o.Alias)
	}
	update(tenancy.UpdateOrganizationParams{Properties: tenancy.Properties{"a": json.RawMessage("null"),
		"c": json.RawMessage("3")}})
	if diff := cmp.Diff(tenancy.Properties{"b": json.RawMessage(`"x"`), "c": json.RawMessage("3")},
		o.Properties); diff != "" {
		t.Error(diff)
	}
	said := tenancy.Deactivation{DataIn: true, Login: true}
	if update(tenancy.UpdateOrganizationParams{Active: &off, Deactivation: &said}); o.Deactivation != said ||
		o.Active() {
		t.Errorf("deactivated: %+v", o)
	}
	if update(tenancy.UpdateOrganizationParams{Active: &on,
		EmailDomains: &[]string{}}); o.Deactivation != (tenancy.Deactivation{}) || o.EmailDomains != nil {
		t.Errorf("activated: %+v", o)
	}
	before := len(k.Events(t, o.ID))
	update(tenancy.UpdateOrganizationParams{Active: &on, Deactivation: &said,
		Properties: tenancy.Properties{"c": json.RawMessage(" 3 "), "x": json.RawMessage("null")}})
	if got := k.Events(t, o.ID); len(got) != before {
		t.Errorf("no difference, yet %v", got)
	}
	var details []string
	err := k.Store.View(ctx, func(tx tenancy.Reader) error {
		list, err := tx.AuditEvents(ctx, o.ID, 1, 100)
		for _, e := range list {
			details = append(details, e.Detail)
		}
		return err
	})
	wantDetails := []string{`{"name":"Oak Tools"}`, `{"alias":"oak-tools"}`,
		`{"alias":"elm-tools","name":"Elm Tools"}`, `{"properties":"a,c"}`,
		`{"deactivation":"data-in,login","state":"inactive"}`,
		`{"deactivation":"","emailDomains":"","secrets":"ended","state":"active"}`}
	if diff := cmp.Diff(wantDetails, details); diff != "" || err != nil {
		t.Error(err, diff)
	}
}

func TestBadOrganizationDetails(t *testing.T) {
	t.Parallel()
	ctx, k := context.Background(), tenancytest.New(t)
	o := k.Organization(t, "o")
	long := func(n int) json.RawMessage { return json.RawMessage(`"` + strings.Repeat("x", n-2) + `"`) }
	many := tenancy.Properties{}
	for i := range 65 {
		many[fmt.Sprint(i)] = json.RawMessage("1")
	}
	deep := func(n int) json.RawMessage {
		return json.RawMessage(strings.Repeat(`[{"]":`, n/2) + `"[{["` + strings.Repeat("}]", n/2))
	}
	for what, bad := range map[string]struct {
		p     tenancy.Properties
		field string
	}{
		"no name":           {tenancy.Properties{"": json.RawMessage("1")}, "properties"},
		"long name":         {tenancy.Properties{strings.Repeat("n", 101): json.RawMessage("1")}, "properties"},
		"name with a break": {tenancy.Properties{"a\nb": json.RawMessage("1")}, "properties"},
		"name no UTF-8":     {tenancy.Properties{"\xff": json.RawMessage("1")}, "properties"},
		"no JSON":           {tenancy.Properties{"a": json.RawMessage("{")}, "properties.a"},
		"nothing":           {tenancy.Properties{"a": nil}, "properties.a"},
		"no UTF-8":          {tenancy.Properties{"a": json.RawMessage("\"\xff\"")}, "properties.a"},
		"too deep":          {tenancy.Properties{"a": deep(10)}, "properties.a"},
		"too many":          {many, "properties"},
		"too large":         {tenancy.Properties{"ab": long(16<<10 - 1)}, "properties"},
		"too large in all":  {tenancy.Properties{"a": long(8 << 10), "b": long(8 << 10)}, "properties"},
	} {
		_, err := k.UpdateOrganization(ctx, k.Root(), o.ID, tenancy.UpdateOrganizationParams{Properties: bad.p})
		wantKind(t, what, err, problem.Invalid, problem.CodeInvalidInput)
		if fields := problem.As(errors.Join(err)).Fields; len(fields) != 1 || fields[0].Field != bad.field {
			t.Errorf("%s: got fields %+v, want %q", what, fields, bad.field)
		}
		_, err = k.CreateOrganization(ctx, k.Root(), tenancy.CreateOrganizationParams{Name: "p", Properties: bad.p})
		wantKind(t, what+", made", err, problem.Invalid, problem.CodeInvalidInput)
	}
	delete(many, "0")
	for what, good := range map[string]tenancy.Properties{"many": many, "largest": {"ab": long(16<<10 - 2)},
		"deepest": {"a": deep(8)}} {
		if _, err := k.CreateOrganization(ctx, k.Root(), tenancy.CreateOrganizationParams{Name: what,
			Properties: good}); err != nil {
			t.Errorf("%s: %v", what, err)
		}
	}
	for _, bad := range []string{"a@example.test", "a b", ".example", "example.", "-a.test",
		strings.Repeat("x", 64), "a..b", "a/b", "\xff"} {
		_, err := k.UpdateOrganization(ctx, k.Root(), o.ID,
			tenancy.UpdateOrganizationParams{EmailDomains: &[]string{bad}})
		wantKind(t, "domain "+bad, err, problem.Invalid, problem.CodeInvalidInput)
	}
	for _, bad := range []string{strings.Repeat("x", 65), "a\nb"} {
		_, err := k.UpdateOrganization(ctx, k.Root(), o.ID, tenancy.UpdateOrganizationParams{Alias: &bad})
		wantKind(t, "alias "+bad, err, problem.Invalid, problem.CodeInvalidInput)
	}
	_, err := k.CreateOrganization(ctx, k.Root(), tenancy.CreateOrganizationParams{ID: -1,
		Properties: tenancy.Properties{"": json.RawMessage("{")}})
	if e := problem.As(err); len(e.Fields) != 3 {
		t.Errorf("several faults: %+v", e.Fields)
	}
}
