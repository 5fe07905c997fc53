// SPDX-License-Identifier: Apache-2.0

package floors

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os/exec"
	"slices"
	"strings"
	"testing"
	"time"
)

const module = "gatehouse/"

// testOnly marks a package outside the floors: it may import any package, and no package
// may import it.
const testOnly = -2

// ground is beneath the floors: every package may import it.
const ground = -1

// floors is the drawing: every package of the house, and its floor. A package of a worker
// is on the floor of the doors: it knows neither a door nor an engine.
func floors() map[string]int {
	return map[string]int{
		"apitype":                    0,
		"internal/secret":            0,
		"internal/filter":            0,
		"internal/config":            0,
		"internal/httpkit":           0,
		"internal/jsoncolumn":        0,
		"internal/listmemory":        0,
		"internal/datafolder":        0,
		"internal/agefile":           0,
		"internal/csvcell":           0,
		"internal/qr":                0,
		"internal/installer":         0,
		"internal/manpage":           0,
		"internal/bulk":              1,
		"internal/terminal":          1,
		"internal/profile":           1,
		"internal/output":            1,
		"internal/problem":           ground,
		"internal/span":              ground,
		"internal/tracing":           0,
		"internal/tenancy":           1,
		"client":                     1,
		"internal/installation":      2,
		"internal/identity":          2,
		"internal/sqltext":           2,
		"internal/migration":         1,
		"internal/move":              1,
		"internal/sqlite":            3,
		"internal/postgres":          3,
		"internal/dialect/occ":       3,
		"internal/dialect/commvault": 3,
		"internal/api":               3,
		"internal/oauth":             3,
		"internal/docs":              3,
		"internal/console":           3,
		"internal/certorder":         3,
		"internal/server":            4,
		"internal/cli":               4,
		"cmd/gatehouse":              5,
		"internal/storetest":         testOnly,
		"internal/tenancytest":       testOnly,
		"internal/pgtest":            testOnly,
		"internal/certtest":          testOnly,
		"internal/openapitest":       testOnly,
		"internal/floors":            testOnly,
		"internal/e2e":               testOnly,
	}
}

func engines() []string { return []string{"internal/sqlite", "internal/postgres"} }
func doors() []string {
	return []string{"internal/dialect/occ", "internal/dialect/commvault", "internal/api", "internal/oauth",
		"internal/docs", "internal/console"}
}

// shipped is the package of the binary.
const shipped = "cmd/gatehouse"

// pkg has the parts of a package that the rules check: its imports without those of its
// tests, and all its dependencies.
type pkg struct {
	ImportPath string
	Doc        string
	Imports    []string
	Deps       []string
}

func (p pkg) name() string { return strings.TrimPrefix(p.ImportPath, module) }

// ours returns the packages of this module among import paths.
func ours(paths []string) []string {
	var names []string
	for _, path := range paths {
		if name, ok := strings.CutPrefix(path, module); ok {
			names = append(names, name)
		}
	}
	return names
}

// rule returns what is wrong with the packages, as sentences.
type rule func(packages []pkg) []string

func rules() map[string]rule {
	return map[string]rule{
		"placed": placed, "downward": downward, "doors apart": doorsApart, "pure domain": pureDomain,
		"blind assembly": blindAssembly, "blind commands": blindCommands, "gob for answers": gobForAnswers,
		"engines named once": enginesNamedOnce, "tests not shipped": testsNotShipped, "commented": commented,
		"small client": smallClient,
	}
}

func TestHouse(t *testing.T) {
	t.Parallel()
	packages := list(t)
	for name, r := range rules() {
		for _, fault := range r(packages) {
			t.Errorf("%s: %s", name, fault)
		}
	}
}

// list asks the go command for all packages of the module.
func list(t *testing.T) []pkg {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, "go", "list", "-json=ImportPath,Doc,Imports,Deps", module+"...")
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("go list: %v\n%s", err, stderr.Bytes())
	}
	var packages []pkg
	for dec := json.NewDecoder(bytes.NewReader(out)); ; {
		var p pkg
		if err := dec.Decode(&p); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			t.Fatal(err)
		}
		packages = append(packages, p)
	}
	return packages
}

// placed: every package is in the drawing, and all of the drawing is there.
func placed(packages []pkg) (faults []string) {
	there := map[string]bool{}
	for _, p := range packages {
		there[p.name()] = true
		if _, ok := floors()[p.name()]; !ok {
			faults = append(faults, p.name()+" is on no floor: place it in the drawing")
		}
	}
	for name := range floors() {
		if !there[name] {
			faults = append(faults, name+" is in the drawing but not there")
		}
	}
	return faults
}

// downward: a package imports only from lower floors, and nothing test-only.
func downward(packages []pkg) (faults []string) {
	for _, p := range packages {
		floor := floors()[p.name()]
		if floor == testOnly {
			continue
		}
		for _, name := range ours(p.Imports) {
			switch other, ok := floors()[name]; {
			case !ok: // reported by placed
			case other == testOnly:
				faults = append(faults, p.name()+" imports "+name+", which is for tests only")
			case other >= floor:
				faults = append(faults, fmt.Sprintf("%s (F%d) imports %s (F%d), which is not below it", p.name(), floor,
					name, other))
			}
		}
	}
	return faults
}

// doorsApart: a door knows neither an engine nor another door.
func doorsApart(packages []pkg) []string {
	return forbidden(packages, doors(), append(engines(), doors()...))
}

// blindAssembly: the server is handed the doors and the store.
func blindAssembly(packages []pkg) []string {
	return forbidden(packages, []string{"internal/server"}, append(engines(), doors()...))
}

// blindCommands: commands that speak to a server know nothing of its inside.
func blindCommands(packages []pkg) []string {
	return forbidden(packages, []string{"internal/cli"},
		append(append(engines(), doors()...), "internal/tenancy", "internal/identity"))
}

// forbidden finds imports of the second list in packages of the first.
func forbidden(packages []pkg, importers, imported []string) (faults []string) {
	for _, p := range packages {
		if !slices.Contains(importers, p.name()) {
			continue
		}
		for _, name := range ours(p.Imports) {
			if slices.Contains(imported, name) {
				faults = append(faults, p.name()+" imports "+name)
			}
		}
	}
	return faults
}

// pureDomain: the domain knows neither HTTP nor SQL.
func pureDomain(packages []pkg) (faults []string) {
	for _, p := range packages {
		if p.name() != "internal/tenancy" && p.name() != "internal/identity" {
			continue
		}
		for _, path := range p.Imports {
			for _, bad := range []string{"net/http", "database/sql", "modernc.org", "github.com/jackc",
				"github.com/mattn", "github.com/lib/pq", "github.com/pressly"} {
				if path == bad || strings.HasPrefix(path, bad+"/") {
					faults = append(faults, p.name()+" imports "+path)
				}
			}
		}
	}
	return faults
}

// gobForAnswers: gob writes secrets in the clear, so only the domain uses it, which seals
// what it wrote.
func gobForAnswers(packages []pkg) (faults []string) {
	for _, p := range packages {
		if p.name() != "internal/tenancy" && slices.Contains(p.Imports, "encoding/gob") {
			faults = append(faults, p.name()+" imports encoding/gob")
		}
	}
	return faults
}

// enginesNamedOnce: only the binary names an engine, and tests.
func enginesNamedOnce(packages []pkg) (faults []string) {
	for _, p := range packages {
		if p.name() != shipped && floors()[p.name()] != testOnly {
			faults = append(faults, forbidden([]pkg{p}, []string{p.name()}, engines())...)
		}
	}
	return faults
}

// testsNotShipped: the binary holds no test code.
func testsNotShipped(packages []pkg) (faults []string) {
	for _, p := range packages {
		if p.name() != shipped {
			continue
		}
		for _, path := range p.Deps {
			name, own := strings.CutPrefix(path, module)
			floor, known := floors()[name]
			if path == "testing" || strings.HasPrefix(path, "testing/") ||
				strings.HasPrefix(path, "github.com/google/go-cmp") ||
				strings.HasPrefix(path, "pgregory.net/rapid") || own && known && floor == testOnly {
				faults = append(faults, "the binary holds "+path)
			}
		}
		if len(p.Deps) == 0 {
			faults = append(faults, "what the binary depends on is not known")
		}
	}
	return faults
}

// smallClient: a program that uses the client gets no module but this one and golang.org/x.
func smallClient(packages []pkg) (faults []string) {
	for _, p := range packages {
		if p.name() != "client" {
			continue
		}
		for _, path := range p.Deps {
			first, _, _ := strings.Cut(path, "/")
			standard := !strings.Contains(first, ".") && !strings.HasPrefix(path, module)
			if !standard && path != module+"apitype" && first != "golang.org" {
				faults = append(faults, "client depends on "+path)
			}
		}
	}
	return faults
}

// commented: every package has a comment.
func commented(packages []pkg) (faults []string) {
	for _, p := range packages {
		if p.Doc == "" {
			faults = append(faults, p.name()+" has no package comment")
		}
	}
	return faults
}

// sound is a small house without a fault, with all packages of the drawing.
func sound() []pkg {
	var packages []pkg
	for name, floor := range floors() {
		p := pkg{ImportPath: module + name, Doc: "Package x is.", Imports: []string{"errors"}}
		if floor > 0 {
			p.Imports = append(p.Imports, module+"internal/secret")
		}
		if name == shipped {
			p.Imports = append(p.Imports, module+"internal/sqlite")
			p.Deps = []string{"errors", module + "internal/sqlite"}
		}
		packages = append(packages, p)
	}
	return packages
}

// TestRulesCanFail plants a fault for each rule: a rule that finds nothing in
// the house proves something only if it finds these.
func TestRulesCanFail(t *testing.T) {
	t.Parallel()
	for name, r := range rules() {
		if faults := r(sound()); len(faults) > 0 {
			t.Errorf("%s finds faults where there are none: %q", name, faults)
		}
	}
	imports := func(importer, path string) func([]pkg) []pkg {
		return func(packages []pkg) []pkg {
			i := slices.IndexFunc(packages, func(p pkg) bool { return p.name() == importer })
			packages[i].Imports = append(packages[i].Imports, path)
			packages[i].Deps = append(packages[i].Deps, path)
			return packages
		}
	}
	for _, plant := range []struct {
		rule, want string
		change     func([]pkg) []pkg
	}{
		{"placed", "internal/new is on no floor", func(all []pkg) []pkg {
			return append(all,
				pkg{ImportPath: module + "internal/new", Doc: "x"})
		}},
		{"placed", "is in the drawing but not there", func(all []pkg) []pkg { return all[1:] }},
		{"downward", "internal/tenancy (F1) imports internal/sqlite (F3)",
			imports("internal/tenancy", module+"internal/sqlite")},
		{"downward", "internal/secret (F0) imports internal/tenancy (F1)",
			imports("internal/secret", module+"internal/tenancy")},
		{"downward", "internal/filter (F0) imports internal/secret (F0)",
			imports("internal/filter", module+"internal/secret")},
		{"downward", "internal/sqlite (F3) imports internal/postgres (F3)",
			imports("internal/sqlite", module+"internal/postgres")},
		{"downward", "internal/server imports internal/tenancytest, which is for tests only",
			imports("internal/server", module+"internal/tenancytest")},
		{"doors apart", "internal/dialect/occ imports internal/dialect/commvault",
			imports("internal/dialect/occ", module+"internal/dialect/commvault")},
		{"doors apart", "internal/oauth imports internal/api", imports("internal/oauth", module+"internal/api")},
		{"doors apart", "internal/dialect/commvault imports internal/sqlite",
			imports("internal/dialect/commvault", module+"internal/sqlite")},
		{"blind assembly", "internal/server imports internal/dialect/occ",
			imports("internal/server", module+"internal/dialect/occ")},
		{"blind assembly", "internal/server imports internal/postgres",
			imports("internal/server", module+"internal/postgres")},
		{"blind commands", "internal/cli imports internal/tenancy",
			imports("internal/cli", module+"internal/tenancy")},
		{"blind commands", "internal/cli imports internal/api", imports("internal/cli", module+"internal/api")},
		{"gob for answers", "internal/secret imports encoding/gob", imports("internal/secret", "encoding/gob")},
		{"pure domain", "internal/tenancy imports net/http", imports("internal/tenancy", "net/http")},
		{"pure domain", "internal/tenancy imports net/http/httptest",
			imports("internal/tenancy", "net/http/httptest")},
		{"pure domain", "internal/tenancy imports database/sql/driver",
			imports("internal/tenancy", "database/sql/driver")},
		{"pure domain", "internal/tenancy imports github.com/jackc/pgx/v5",
			imports("internal/tenancy", "github.com/jackc/pgx/v5")},
		{"pure domain", "internal/tenancy imports modernc.org/sqlite",
			imports("internal/tenancy", "modernc.org/sqlite")},
		{"engines named once", "internal/server imports internal/sqlite",
			imports("internal/server", module+"internal/sqlite")},
		{"engines named once", "internal/dialect/occ imports internal/postgres",
			imports("internal/dialect/occ", module+"internal/postgres")},
		{"tests not shipped", "the binary holds testing", imports(shipped, "testing")},
		{"tests not shipped", "the binary holds testing/fstest", imports(shipped, "testing/fstest")},
		{"tests not shipped", "the binary holds gatehouse/internal/storetest",
			imports(shipped, module+"internal/storetest")},
		{"tests not shipped", "the binary holds gatehouse/internal/pgtest",
			imports(shipped, module+"internal/pgtest")},
		{"downward", "internal/server imports internal/pgtest, which is for tests only",
			imports("internal/server", module+"internal/pgtest")},
		{"tests not shipped", "the binary holds github.com/google/go-cmp/cmp",
			imports(shipped, "github.com/google/go-cmp/cmp")},
		{"tests not shipped", "the binary holds pgregory.net/rapid", imports(shipped, "pgregory.net/rapid")},
		{"tests not shipped", "is not known", func(all []pkg) []pkg {
			for i := range all {
				all[i].Deps = nil
			}
			return all
		}},
		{"small client", "client depends on github.com/google/uuid", imports("client", "github.com/google/uuid")},
		{"small client", "client depends on gatehouse/internal/secret",
			imports("client", module+"internal/secret")},
		{"commented", "has no package comment", func(all []pkg) []pkg { all[0].Doc = ""; return all }},
	} {
		faults := rules()[plant.rule](plant.change(sound()))
		if !slices.ContainsFunc(faults, func(f string) bool { return strings.Contains(f, plant.want) }) {
			t.Errorf("%s: got %q, want %q", plant.rule, faults, plant.want)
		}
	}
	// Tests may reach anywhere.
	for name, r := range rules() {
		if faults := r(imports("internal/e2e", module+"internal/sqlite")(sound())); len(faults) > 0 {
			t.Errorf("%s: a test-only package may import an engine: %q", name, faults)
		}
	}
}
