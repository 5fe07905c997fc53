// SPDX-License-Identifier: Apache-2.0

package e2e

import (
	"debug/buildinfo"
	"encoding/json"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"
)

// modules returns the modules in a program, as path@version.
func modules(t testing.TB, program string) []string {
	t.Helper()
	var out []string
	for _, m := range must(buildinfo.ReadFile(program))(t).Deps {
		if m.Replace != nil {
			m = m.Replace
		}
		out = append(out, m.Path+"@"+m.Version)
	}
	slices.Sort(out)
	if len(out) < 20 {
		t.Fatalf("%s says that it has %q", program, out)
	}
	return out
}

// checkMaterials holds each bill of materials against what the Go tool wrote into the program, which
// also knows its commit.
func checkMaterials(t *testing.T, r release) {
	commit := strings.TrimSpace(runTool(t, "git", "-C", moduleRoot(t), "rev-parse", "HEAD"))
	for _, arch := range []string{"amd64", "arm64"} {
		program := r.file(t, "gatehouse-linux-"+arch)
		settings := map[string]string{}
		for _, s := range must(buildinfo.ReadFile(program))(t).Settings {
			settings[s.Key] = s.Value
		}
		if settings["GOARCH"] != arch || settings["CGO_ENABLED"] != "0" || settings["vcs.revision"] != commit {
			t.Errorf("the program of %s was built with %v", arch, settings)
		}
		var bill struct {
			BOMFormat    string `json:"bomFormat"`
			SerialNumber string `json:"serialNumber"`
			Metadata     struct {
				Timestamp string
				Component struct{ Name string }
			}
			Components []struct{ Name, Version, Purl string }
		}
		raw := must(os.ReadFile(r.file(t, "gatehouse-linux-"+arch+".cdx.json")))(t)
		if err := json.Unmarshal(raw, &bill); err != nil {
			t.Fatal(err)
		}
		var listed []string
		for _, c := range bill.Components {
			if c.Name == "std" {
				continue
			}
			listed = append(listed, c.Name+"@"+c.Version)
			if !strings.HasPrefix(c.Purl, "pkg:golang/") {
				t.Errorf("%s has the purl %q", c.Name, c.Purl)
			}
		}
		slices.Sort(listed)
		if want := modules(t, program); !slices.Equal(listed, want) || len(bill.Components) != len(want)+1 {
			t.Errorf("the bill of %s lists %q and the program %q", arch, listed, want)
		}
		if bill.BOMFormat != "CycloneDX" || !strings.HasSuffix(bill.Metadata.Component.Name, "gatehouse") {
			t.Errorf("the bill is %q of %q", bill.BOMFormat, bill.Metadata.Component.Name)
		}
		// These two would differ each time.
		if bill.SerialNumber != "" || bill.Metadata.Timestamp != "" {
			t.Errorf("the bill has the number %q and the time %q", bill.SerialNumber, bill.Metadata.Timestamp)
		}
	}
}

// licensed returns an error unless a text has a licence for each module of a program, and Go's.
func licensed(t testing.TB, text []byte, program string) error {
	t.Helper()
	for _, m := range append(modules(t, program), "Go@go") {
		path, version, _ := strings.Cut(m, "@")
		_, after, found := strings.Cut(string(text), "=== "+path+" "+version)
		if licence, _, _ := strings.Cut(after, "\n=== "); !found || len(licence) < 200 {
			return fmt.Errorf("there is no licence of %s", m)
		}
	}
	return nil
}
