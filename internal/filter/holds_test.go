// SPDX-License-Identifier: Apache-2.0

package filter_test

import (
	"testing"

	"gatehouse/internal/filter"
)

func TestOnly(t *testing.T) {
	t.Parallel()
	schema := filter.NewSchema(map[string]filter.Property{"name": {Name: "name"}, "status": {Name: "status"}})
	for text, want := range map[string]bool{
		`status eq "new"`:                                         true,
		`not (status eq "new" or status pr)`:                      true,
		`status eq "new" and status ne "old" and not (status pr)`: true,
		`name eq "new"`:                                           false,
		`status eq "new" and name co "x"`:                         false,
		`status eq "new" or (status pr and not (name eq "new"))`:  false,
	} {
		tree, err := filter.Parse(text, schema)
		if err != nil {
			t.Fatal(err)
		}
		if got := filter.Only(tree, "status"); got != want {
			t.Errorf("%s: got %v", text, got)
		}
	}
	if !filter.Only(nil, "status") {
		t.Error("no tree asks of something")
	}
}

func TestHolds(t *testing.T) {
	t.Parallel()
	schema := filter.NewSchema(map[string]filter.Property{"status": {Name: "status"}})
	for text, want := range map[string][3]bool{ // for "new", "review" and absent
		`status eq "NEW"`:                       {true, false, false},
		`status ne "new"`:                       {false, true, true},
		`status co "ev"`:                        {false, true, false},
		`status sw "re"`:                        {false, true, false},
		`status ew "w"`:                         {true, true, false},
		`status gt "new"`:                       {false, true, false},
		`status ge "new"`:                       {true, true, false},
		`status lt "review"`:                    {true, false, false},
		`status le "new"`:                       {true, false, false},
		`status gt ""`:                          {true, true, false},
		`status ge ""`:                          {true, true, false},
		`status lt ""`:                          {false, false, false},
		`status le ""`:                          {false, false, false},
		`status co ""`:                          {true, true, false},
		`status sw ""`:                          {true, true, false},
		`status ew ""`:                          {true, true, false},
		`status eq ""`:                          {false, false, true},
		`status ne ""`:                          {true, true, false},
		`not (status co "x")`:                   {true, true, true},
		`not (status lt "a")`:                   {true, true, true},
		`status pr`:                             {true, true, false},
		`status eq null`:                        {false, false, true},
		`status ne null`:                        {true, true, false},
		`not (status eq "new")`:                 {false, true, true},
		`status eq "new" or status eq "review"`: {true, true, false},
		`status sw "n" and status ew "w"`:       {true, false, false},
		`status sw "n" and not (status ew "w")`: {false, false, false},
	} {
		tree, err := filter.Parse(text, schema)
		if err != nil {
			t.Fatal(err)
		}
		for i, value := range []string{"new", "review", ""} {
			if got := filter.Holds(tree, value); got != want[i] {
				t.Errorf("%s: for %q got %v", text, value, got)
			}
		}
	}
	if !filter.Holds(nil, "new") {
		t.Error("no tree does not hold")
	}
}
