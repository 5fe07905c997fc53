// SPDX-License-Identifier: Apache-2.0

package tenancy_test

import (
	"context"
	"encoding/json"
	"errors"
	"slices"
	"testing"

	"gatehouse/internal/problem"
	"gatehouse/internal/tenancy"
	"gatehouse/internal/tenancytest"
)

// echoOf returns what a client sends back of an organization that it was shown.
func echoOf(o tenancy.Organization) tenancy.UpdateOrganizationParams {
	active := o.Active()
	return tenancy.UpdateOrganizationParams{Echo: true, Name: &o.Name, Alias: &o.Alias,
		Description: &o.Description, ExternalID: &o.ExternalID,
		EmailDomains: &o.EmailDomains, ContactPersons: &o.ContactPersons, Active: &active,
		Deactivation: &o.Deactivation, Properties: o.Properties}
}

// A caller with permissions of codes may send back what it was shown, whatever else it
// may not do. A caller that may change nothing is refused even then.
func TestEchoNeedsOnlyWhatItChanges(t *testing.T) {
	t.Parallel()
	ctx, k := context.Background(), tenancytest.New(t)
	o := must(k.CreateOrganization(ctx, k.Root(), tenancy.CreateOrganizationParams{Name: "o",
		EmailDomains:   []string{"example.test"},
		ContactPersons: []tenancy.ContactPerson{{FullName: "Ada Birch"}},
		Properties:     tenancy.Properties{"a": json.RawMessage("1")}}))(t)
	caller := func(permissions ...tenancy.Permission) tenancy.Caller {
		return tenancy.Caller{Kind: tenancy.SystemCaller, ID: "id"}.Grant(permissions...)
	}
	const read, write, issue, disable = tenancy.ReadOrganizations, tenancy.WriteOrganizations,
		tenancy.IssueCodes, tenancy.DisableCodes
	yes := true
	for _, c := range []struct {
		name   string
		caller tenancy.Caller
		code   tenancy.CodeWish
		change func(*tenancy.UpdateOrganizationParams)
		kind   problem.Kind
	}{
		{"may read nothing", caller(write, issue, disable), tenancy.LeaveCode, nil, problem.Denied},
		{"may only read", caller(read), tenancy.LeaveCode, nil, problem.Denied},
		{"may only write", caller(read, write), tenancy.LeaveCode, nil, ""},
		{"may only issue", caller(read, issue), tenancy.LeaveCode, nil, ""},
		{"may only disable", caller(read, disable), tenancy.LeaveCode, nil, ""},
		{"issues", caller(read, issue), tenancy.EnsureCode, nil, ""},
		{"may not issue where a code lives", caller(read, write, disable), tenancy.EnsureCode, nil, problem.Denied},
		{"may not disable", caller(read, write, issue), tenancy.EndCode, nil, problem.Denied},
		{"disables", caller(read, disable), tenancy.EndCode, nil, ""},
	} {
		p := echoOf(o)
		p.Code = c.code
		_, err := k.UpdateOrganization(ctx, c.caller, o.ID, p)
		wantKindOrNone(t, c.name, err, c.kind)
	}
	name := "new"
	for what, change := range map[string]tenancy.UpdateOrganizationParams{
		"name": {Name: &name}, "alias": {Alias: &name}, "description": {Description: &name},
		"external id": {ExternalID: &name},
		"domains":     {EmailDomains: &[]string{}}, "contacts": {ContactPersons: &[]tenancy.ContactPerson{}},
		"active":        {Active: new(bool)},
		"deactivation":  {Deactivation: &tenancy.Deactivation{Login: true}, Active: &yes},
		"properties":    {Properties: tenancy.Properties{"a": json.RawMessage("2")}},
		"property away": {Properties: tenancy.Properties{"a": json.RawMessage("null")}},
	} {
		change.Echo = true
		_, err := k.UpdateOrganization(ctx, caller(read, issue, disable), o.ID, change)
		wantKind(t, what, err, problem.Denied, problem.CodePermissionMissing)
	}
	renamed := tenancy.UpdateOrganizationParams{Echo: true, Name: &name}
	_, err := k.UpdateOrganization(ctx, caller(read, issue, disable), tenancy.RootID, renamed)
	wantKind(t, "the root's name, without a permission", err, problem.Denied, problem.CodePermissionMissing)
	_, err = k.UpdateOrganization(ctx, k.Root(), tenancy.RootID, renamed)
	wantKind(t, "the root's name", err, problem.Conflict, problem.CodeRootOrganization)
	if now := must(k.GetOrganization(ctx, k.Root(), o.ID))(t); now.UpdatedAt != o.UpdatedAt {
		t.Errorf("something was stored: %+v", now)
	}
	want := []string{"organization.create", "auth_code.issue", "auth_code.disable"}
	if got := k.Events(t, o.ID); !slices.Equal(got, want) {
		t.Errorf("audit: got %v, want %v", got, want)
	}
}

// wantKindOrNone fails unless err is of the kind; "" is no error.
func wantKindOrNone(t *testing.T, what string, err error, kind problem.Kind) {
	t.Helper()
	if kind == "" && err != nil || kind != "" && !errors.Is(err, kind) {
		t.Errorf("%s: got %v, want %q", what, err, kind)
	}
}

// Name, state and code change together or not at all, and the audit has each change.
func TestUpdateWithACode(t *testing.T) {
	t.Parallel()
	ctx, k := context.Background(), tenancytest.New(t)
	o := k.Organization(t, "o")
	name, off, on := "new", false, true
	update := func(p tenancy.UpdateOrganizationParams) error {
		_, err := k.UpdateOrganization(ctx, k.Root(), o.ID, p)
		return err
	}
	wantEvents := func(what string, want ...string) {
		t.Helper()
		got := k.Events(t, o.ID)
		if !slices.Equal(got, want) {
			t.Errorf("%s: audit has %v, want %v", what, got, want)
		}
	}
	wantKind(t, "deactivated", update(tenancy.UpdateOrganizationParams{Name: &name, Active: &off,
		Code: tenancy.EnsureCode}), problem.Conflict, problem.CodeOrganizationInactive)
	wantEvents("refused", "organization.create")
	if err := update(tenancy.UpdateOrganizationParams{Name: &name, Code: tenancy.EnsureCode}); err != nil {
		t.Fatal(err)
	}
	wantEvents("made", "organization.create", "organization.update", "auth_code.issue")
	first := reveal(t, k, o.ID)
	if err := update(tenancy.UpdateOrganizationParams{Active: &off, Code: tenancy.EnsureCode}); err != nil {
		t.Errorf("a living code is enough, also when it is deactivated: %v", err)
	}
	if first == "" || reveal(t, k, o.ID) != first {
		t.Error("a living code was replaced")
	}
	if err := update(tenancy.UpdateOrganizationParams{Active: &on, KeepSecrets: true,
		Code: tenancy.EndCode}); err != nil {
		t.Fatal(err)
	}
	wantEvents("ended", "organization.create", "organization.update", "auth_code.issue", "auth_code.reveal",
		"organization.update", "auth_code.reveal", "organization.update", "auth_code.disable")
}

// An organization in another state than the caller says is not changed.
func TestExpectedState(t *testing.T) {
	t.Parallel()
	ctx, k := context.Background(), tenancytest.New(t)
	o, name := k.Organization(t, "o"), "new"
	refusal := problem.New(problem.Invalid, "elsewhere", "No.")
	for what, expected := range map[string]tenancy.ExpectedState{
		"state": {State: tenancy.OrganizationInactive, Refusal: refusal},
		"deactivation": {State: tenancy.OrganizationActive, Deactivation: &tenancy.Deactivation{Login: true},
			Refusal: refusal},
	} {
		_, err := k.UpdateOrganization(ctx, k.Root(), o.ID, tenancy.UpdateOrganizationParams{Name: &name,
			Expected: expected})
		wantKind(t, what, err, problem.Invalid, "elsewhere")
	}
	expected := tenancy.ExpectedState{State: tenancy.OrganizationActive, Deactivation: &tenancy.Deactivation{},
		Refusal: refusal}
	if o = must(k.UpdateOrganization(ctx, k.Root(), o.ID, tenancy.UpdateOrganizationParams{Name: &name,
		Expected: expected}))(t); o.Name != name {
		t.Errorf("not changed: %+v", o)
	}
}
