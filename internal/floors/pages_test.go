// SPDX-License-Identifier: Apache-2.0

package floors

import (
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// notRun lists shell commands of documents that no test runs, each with the reason. The key is the
// document and what follows the three marks of the block.
func notRun() map[string]string {
	return map[string]string{
		"CONTRIBUTING.md console":      "targets of the Makefile, which CI runs",
		"bench/README.md console":      "measures for minutes; its own tests run the program",
		"docs/performance.md console":  "measures for minutes; its own tests run the program",
		"docs/generated-clients.md sh": "asks registries; TestGeneratedClients runs the same versions",
		"docs/console.md sh":           "starts a server and does not end; tests of the console give the same flag",
		"internal/dialect/commvault/README.md sh": "an outline with answers in its comments; the same requests " +
			"are in replay_commvault_test.go",
		"internal/dialect/occ/README.md console": "asks a registry; TestDCU runs the same client",
	}
}

// elsewhere names the file of a test that has kinds of a page which another file opens.
func elsewhere() map[string]string {
	return map[string]string{"docs/automation.md": "opentofu_test.go"}
}

// document is a page of ours, without what is between its fences.
type document struct {
	path   string // from the root, with slashes
	text   string
	blocks []string // what follows the three marks, for each block
}

// documents returns all pages.
func documents(t *testing.T) map[string]document {
	t.Helper()
	root, all := filepath.Join("..", ".."), map[string]document{}
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		switch name := d.Name(); {
		case d.IsDir() && (name == "node_modules" || name == ".git" || name == "bin" || name == "testdata"):
			return fs.SkipDir
		case d.IsDir() || filepath.Ext(name) != ".md":
			return nil
		}
		b, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		relative, err := filepath.Rel(root, path)
		doc := readDocument(string(b))
		doc.path = filepath.ToSlash(relative)
		all[doc.path] = doc
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}

func readDocument(markdown string) (d document) {
	open := false
	var b strings.Builder
	for line := range strings.Lines(markdown) {
		kind, fence := strings.CutPrefix(strings.TrimSpace(line), "```")
		switch {
		case fence && !open:
			d.blocks = append(d.blocks, kind)
			open = true
		case fence:
			open = false
		case !open:
			b.WriteString(line)
		}
	}
	d.text = b.String()
	return d
}

// anchors returns the anchors of the headings, as Git servers make them.
func (d document) anchors() map[string]bool {
	all := map[string]bool{}
	for _, m := range regexp.MustCompile(`(?m)^#+ (.*)$`).FindAllStringSubmatch(d.text, -1) {
		title := regexp.MustCompile(`\[([^\]]*)\]\([^)]*\)`).ReplaceAllString(m[1], "$1")
		title = regexp.MustCompile(`[^\pL\pN _-]`).ReplaceAllString(strings.ToLower(title), "")
		all[strings.ReplaceAll(title, " ", "-")] = true
	}
	return all
}

// links returns the targets of the links.
func (d document) links() (targets []string) {
	text := regexp.MustCompile("`[^`\n]*`").ReplaceAllString(d.text, "")
	for _, m := range regexp.MustCompile(`\]\(([^)\s]+)\)`).FindAllStringSubmatch(text, -1) {
		targets = append(targets, m[1])
	}
	return targets
}

// TestLinks follows every relative link of every page, to the heading that it names.
func TestLinks(t *testing.T) {
	t.Parallel()
	all, followed := documents(t), 0
	for _, d := range all {
		for _, link := range d.links() {
			if fault := follow(all, d, link); fault != "" {
				t.Errorf("%s links to %s: %s", d.path, link, fault)
			}
			followed++
		}
	}
	if followed < 100 {
		t.Errorf("only %d links were followed", followed)
	}
}

// follow returns what is wrong with a link; "" if nothing is.
func follow(all map[string]document, d document, link string) string {
	if strings.Contains(link, "://") || strings.HasPrefix(link, "mailto:") {
		return ""
	}
	name, anchor, _ := strings.Cut(link, "#")
	target := d.path
	if name != "" {
		target = filepath.ToSlash(filepath.Join(filepath.Dir(d.path), name))
	}
	if _, err := os.Stat(filepath.Join("..", "..", target)); err != nil {
		return "there is no " + target
	}
	if anchor != "" && !all[target].anchors()[anchor] {
		return "there is no heading #" + anchor
	}
	return ""
}

// TestIndex: a reader finds every page from docs/README.md.
func TestIndex(t *testing.T) {
	t.Parallel()
	all, linked := documents(t), map[string]bool{}
	index := all["docs/README.md"]
	for _, link := range index.links() {
		name, _, _ := strings.Cut(link, "#")
		linked[filepath.ToSlash(filepath.Join("docs", name))] = true
	}
	for path := range all {
		inDocs := strings.HasPrefix(path, "docs/") && !strings.HasPrefix(path, "docs/decisions/")
		if inDocs && path != index.path && !linked[path] {
			t.Errorf("docs/README.md does not link to %s", path)
		}
	}
}

// TestCommandsOfPagesAreRun: each block of shell commands is claimed by a test of internal/e2e, which
// names the page and the kind of the block, or has a reason in notRun.
func TestCommandsOfPagesAreRun(t *testing.T) {
	t.Parallel()
	tests := testSources(t)
	excused := notRun()
	for _, d := range documents(t) {
		some := maps.Clone(tests)
		if other := elsewhere()[d.path]; other != "" {
			some[other] += `"` + filepath.Base(d.path) + `"`
		}
		for _, block := range d.blocks {
			language, kind, _ := strings.Cut(block, " ")
			if language != "sh" && language != "bash" && language != "shell" && language != "console" {
				continue
			}
			key := d.path + " " + block
			if _, is := notRun()[key]; is {
				delete(excused, key)
			} else if !claimed(some, d.path, kind) {
				t.Errorf("no test runs the commands of the block %q in %s: run them in internal/e2e, or say in notRun why "+
					"not", block, d.path)
			}
		}
	}
	for key := range excused {
		t.Errorf("notRun excuses %q, which is not there", key)
	}
}

func testSources(t *testing.T) map[string]string {
	t.Helper()
	sources := map[string]string{}
	files, err := filepath.Glob(filepath.Join("..", "e2e", "*_test.go"))
	if err != nil || len(files) == 0 {
		t.Fatalf("%d tests: %v", len(files), err)
	}
	for _, file := range files {
		b, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		sources[filepath.Base(file)] = string(b)
	}
	return sources
}

// claimed reports whether a test names the page in a string, and the kind, if there is one.
func claimed(tests map[string]string, path, kind string) bool {
	dir, base := filepath.Split(path)
	page := regexp.MustCompile(fmt.Sprintf(`"(%s)?%s"`, regexp.QuoteMeta(dir), regexp.QuoteMeta(base)))
	for _, source := range tests {
		named := page.MatchString(source)
		if base == "README.md" && dir != "" { // there are several
			parts := strings.Split(strings.TrimSuffix(dir, "/"), "/")
			named = strings.Contains(source, `"`+path+`"`) ||
				named && strings.Contains(source, `"`+strings.Join(parts, `", "`)+`", "README.md"`)
		}
		if named && (kind == "" || strings.Contains(source, `"`+kind+`"`) || strings.Contains(source, "sh "+kind)) {
			return true
		}
	}
	return false
}

func TestReadDocument(t *testing.T) {
	t.Parallel()
	d := readDocument("# A `b`, c\n[x](y.md#z) `[n](o)`\n```sh kind\n[p](q)\n```\n## D e\n")
	if got := fmt.Sprint(d.links(), d.blocks, d.anchors()); got != "[y.md#z] [sh kind] map[a-b-c:true d-e:true]" {
		t.Error(got)
	}
	tests := map[string]string{"a": `run(t, "page.md", "one")`, "b": `run(t, "other.md", "two")`}
	if claimed(tests, "docs/page.md", "two") ||
		!claimed(tests, "docs/page.md", "one") {
		t.Error("claims are not told apart")
	}
}
