// SPDX-License-Identifier: Apache-2.0

package tenancy_test

import (
	"slices"
	"strings"
	"testing"

	"gatehouse/internal/problem"
	"gatehouse/internal/tenancy"
)

func TestScopeAllowsWholeSegments(t *testing.T) {
	t.Parallel()
	tests := []struct {
		prefix, endpoint string
		want             bool
	}{
		{"/plan", "plan", true}, {"/plan", "plan/7", true}, {"/plan", "plan/7/x", true},
		{"/plan", "planner", false}, {"/plan", "pla", false},
		{"/plan", "", false}, {"/plan", "v4/plan", false}, {"/v4/plan", "plan", false},
		{"/v4/plan", "v4/plan/7", true}, {"/v4/plan", "v4", false},
		{"plan", "plan", true}, {" /Plan/ ", "plan", true}, {"//V4//Plan", "v4/plan", true},
		{"/plan", "PLAN", true},
		{"/x/../plan", "plan", true}, {"/x/../plan", "x", false}, {"/../../plan/.", "plan/7", true},
		{"/plan/..a", "plan/..a", true},
		{"/organization/6", "organization/6/authtoken", true},
		{"/organization/6", "organization/66/authtoken", false},
		{"/organization/6/authtoken", "organization/6", false},
	}
	for _, test := range tests {
		scope, err := tenancy.NewScope(tenancy.ScopeCustom, []string{"/nothing", test.prefix})
		if err != nil {
			t.Errorf("%q: %v", test.prefix, err)
			continue
		}
		if got := scope.Allows(strings.Split(test.endpoint, "/")); got != test.want {
			t.Errorf("%q allows %q: got %v", test.prefix, test.endpoint, got)
		}
	}
	plan := must(tenancy.NewScope(tenancy.ScopeCustom, []string{"/plan/x"}))(t)
	if plan.Allows([]string{"plan/x"}) || plan.Allows([]string{"plan", "x/../y"}) || plan.Allows(nil) {
		t.Error("a slash within a segment ends one")
	}
	if (tenancy.Scope{}).Allows([]string{"plan"}) || (tenancy.Scope{Kind: tenancy.ScopeCustom,
		PathPrefixes: []string{"", "/"}}).Allows([]string{""}) {
		t.Error("nothing allows something")
	}
	if all := must(tenancy.NewScope(tenancy.ScopeAll, nil))(t); !all.Allows([]string{"plan"}) ||
		!all.Allows(nil) {
		t.Error("all does not allow everything")
	}
}

func TestScopesThatAreNone(t *testing.T) {
	t.Parallel()
	long := make([]string, 65)
	for i := range long {
		long[i] = "/a"
	}
	for name, err := range map[string]error{
		"none":           errOf(tenancy.NewScope("", nil)),
		"unknown":        errOf(tenancy.NewScope("scim", nil)),
		"all and limits": errOf(tenancy.NewScope(tenancy.ScopeAll, []string{"/plan"})),
		"custom of none": errOf(tenancy.NewScope(tenancy.ScopeCustom, nil)),
		"too many":       errOf(tenancy.NewScope(tenancy.ScopeCustom, long)),
	} {
		wantKind(t, name, err, problem.Invalid, problem.CodeInvalidInput)
	}
	for _, bad := range []string{"", "/", "//", "/.", "/a/..", "/..", "/pl%61n", "/a%2fb", "/plan?x=1",
		"/plan#x", "/plan*", "/{id}", "/a b", `/a\b`, "/ä", "/a\x00",
		"/a\nb", "http://example.test/plan", "/" + strings.Repeat("a", 256)} {
		wantKind(t, "endpoint "+bad, errOf(tenancy.NewScope(tenancy.ScopeCustom, []string{"/plan", bad})),
			problem.Invalid, problem.CodeInvalidInput)
	}
	scope := must(tenancy.NewScope(tenancy.ScopeCustom, []string{"/PLAN/", "plan", "/x/../Plan", "/b"}))(t)
	if want := []string{"/plan", "/b"}; !slices.Equal(scope.PathPrefixes, want) {
		t.Errorf("got %q, want %q: each once, in one spelling", scope.PathPrefixes, want)
	}
}

// FuzzScope: what is taken is in its one spelling, and allows itself and what is
// below, but not what only begins alike.
func FuzzScope(f *testing.F) {
	for _, seed := range []string{"/plan", "//V4/./x/../Plan/", "/..", "a/b", "%2e", ""} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		scope, err := tenancy.NewScope(tenancy.ScopeCustom, []string{text})
		if err != nil {
			return
		}
		clean := scope.PathPrefixes[0]
		again, err := tenancy.NewScope(tenancy.ScopeCustom, scope.PathPrefixes)
		if err != nil || again.PathPrefixes[0] != clean {
			t.Fatalf("%q became %q, and that %v, %v", text, clean, again, err)
		}
		segments := strings.Split(clean[1:], "/")
		longer := append(slices.Clone(segments[:len(segments)-1]), segments[len(segments)-1]+"x")
		if !scope.Allows(segments) || !scope.Allows(append(slices.Clone(segments), "7")) || scope.Allows(longer) ||
			scope.Allows(segments[:len(segments)-1]) {
			t.Errorf("%q became %q, which allows the wrong things", text, clean)
		}
	})
}
