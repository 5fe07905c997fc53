// SPDX-License-Identifier: Apache-2.0

package manpage_test

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/spf13/cobra"

	"gatehouse/internal/manpage"
)

func tree() *cobra.Command {
	root := &cobra.Command{Use: "gatehouse", Short: "Controls things"}
	group := &cobra.Command{Use: "org", Short: "Administer organizations"}
	list := &cobra.Command{Use: "show ORGANIZATION", Short: "Show one; not others", Run: func(*cobra.Command,
		[]string) {
	},
		Long:    "First. Second.\n\n.Not a macro\\f.\n\n  an indented line\n\nLast.",
		Example: "  gatehouse org show 'a - b'"}
	list.Flags().StringP("output", "o", "table", "`format` of the answer. Also: others")
	list.Flags().Bool("secret", false, "hidden")
	list.Flags().Lookup("secret").Hidden = true
	hidden := &cobra.Command{Use: "man", Hidden: true, Run: func(*cobra.Command, []string) {}}
	group.AddCommand(list)
	root.AddCommand(group, hidden)
	return root
}

func TestWrite(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "man1")
	at := time.Date(2026, 11, 30, 0, 0, 0, 0, time.UTC)
	if err := manpage.Write(tree(), dir, at, ".Sh EXIT STATUS\nZero.\n"); err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, e := range entries(t, dir) {
		names = append(names, e.Name())
	}
	if want := []string{"gatehouse-org-show.1", "gatehouse-org.1", "gatehouse.1"}; !slices.Equal(names, want) {
		t.Errorf("the pages are %q", names)
	}
	content, err := os.ReadFile(filepath.Join(dir, "gatehouse-org-show.1"))
	if err != nil {
		t.Fatal(err)
	}
	page := string(content)
	for _, want := range []string{".Dd November 30, 2026\n.Dt GATEHOUSE-ORG-SHOW 1\n", "First.\nSecond.\n",
		"\\&.Not a macro\\ef.\n", ".Bd -literal -offset indent\nan indented line\n.Ed\n",
		".It Fl o , Fl \\-output Ar format\nFormat of the answer.\nAlso: others.\nThe default is table.\n",
		"gatehouse org show \\(aqa \\- b\\(aq\n", ".Sh EXIT STATUS\nZero.\n", ".Xr gatehouse-org 1\n"} {
		if !strings.Contains(page, want) {
			t.Errorf("the page does not have %q:\n%s", want, page)
		}
	}
	if strings.Contains(page, "hidden") {
		t.Error("a hidden flag is in the page")
	}
}

func entries(t *testing.T, dir string) []os.DirEntry {
	t.Helper()
	all, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	return all
}
