// SPDX-License-Identifier: Apache-2.0

package e2e

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"testing"

	"gatehouse/internal/pgtest"
)

// The other tests have Debian's release. On each of the others the whole way of docs/enrolment.md
// works, from an empty database, and the audit is unbroken.
func TestPostgresReleases(t *testing.T) {
	t.Parallel()
	if runtime.GOOS != "linux" || runtime.GOARCH != "amd64" {
		t.Skip("the releases are built for linux on amd64")
	}
	packages := filepath.Join("postgres", "node_modules")
	folders := must(filepath.Glob(filepath.Join(packages, "postgres-*")))(t)
	if len(folders) < 4 {
		missing(t, "releases of PostgreSQL are not installed, run make clients")
	}
	for _, folder := range folders {
		t.Run(filepath.Base(folder), func(t *testing.T) {
			s := postgresSite(t, pgtest.NewServerOf(t, unpackedPostgres(t, folder)).URL("postgres"))
			runPageOn(t, s, "enrolment.md", checkEnrolment)
			wantRun(t, s, 0, []string{"audit", "verify"}, "The audit is unbroken")
		})
	}
}

// unpackedPostgres copies a release to where every user can reach it, makes the links that its npm
// package lists, and returns the folder of its programs.
func unpackedPostgres(t *testing.T, folder string) (bin string) {
	t.Helper()
	dir := must(os.MkdirTemp("", "gatehouse-e2e-postgres-"))(t)
	t.Cleanup(func() {
		if err := os.RemoveAll(dir); err != nil {
			t.Error(err)
		}
	})
	if err := os.Chmod(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	if out, err := exec.Command("cp", "-R", filepath.Join(folder, "native"), dir).CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	var links []struct{ Source, Target string }
	content := must(os.ReadFile(filepath.Join(dir, "native", "pg-symlinks.json")))(t)
	if err := json.Unmarshal(content, &links); err != nil {
		t.Fatal(err)
	}
	for _, link := range links {
		to := must(filepath.Rel(filepath.Dir(link.Target), link.Source))(t)
		if err := os.Symlink(to, filepath.Join(dir, link.Target)); err != nil {
			t.Fatal(err)
		}
	}
	return filepath.Join(dir, "native", "bin")
}
