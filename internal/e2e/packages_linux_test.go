// SPDX-License-Identifier: Apache-2.0

package e2e

import (
	"bytes"
	"compress/gzip"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"
)

const packagingLimit = 10 * time.Minute // a cold cache on a loaded machine

// release is a folder that packaging/build filled.
type release struct{ dir string }

// builtTool returns the path of a program in bin/ that a target of make builds.
func builtTool(t testing.TB, name, target string) string {
	t.Helper()
	path := must(filepath.Abs(filepath.Join(moduleRoot(t), "bin", name)))(t)
	if _, err := os.Stat(path); err != nil {
		missing(t, err, " (run make ", target, ")")
	}
	return path
}

// buildRelease runs packaging/build of a repository.
func buildRelease(t *testing.T, repository string, env settings) release {
	t.Helper()
	r := release{t.TempDir()}
	cmd := exec.Command(filepath.Join(repository, "packaging", "build"), r.dir)
	cmd.Env = append(cleanEnv(env), "GOFLAGS=-buildvcs=false", // as .ci/run sets it
		"TOOLS="+filepath.Join(moduleRoot(t), "bin"))
	p := launch(t, cmd)
	if code := p.wait(t, packagingLimit); code != 0 {
		t.Fatalf("packaging/build ends with %d: %s", code, p.stderr.String())
	}
	return r
}

// file returns the one file whose name matches.
func (r release) file(t testing.TB, pattern string) string {
	t.Helper()
	found := must(filepath.Glob(filepath.Join(r.dir, pattern)))(t)
	if len(found) != 1 {
		t.Fatalf("%s: %q", pattern, found)
	}
	return found[0]
}

// shallow returns a clone of the repository that has one commit, or the repository itself if it has
// changes that are not committed.
func shallow(t *testing.T) string {
	t.Helper()
	root, dir := moduleRoot(t), t.TempDir()
	config := filepath.Join(dir, "config") // the repository may belong to another user
	if err := os.WriteFile(config, []byte("[safe]\n\tdirectory = *\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	git := func(args ...string) string {
		t.Helper()
		cmd := exec.Command("git", args...)
		cmd.Env = append(cleanEnv(nil), "GIT_CONFIG_GLOBAL="+config)
		out, err := cmd.Output()
		if err != nil {
			t.Fatalf("git %q: %v", args, err)
		}
		return string(out)
	}
	if git("-C", root, "status", "--porcelain") != "" {
		t.Log("there are changes: the release is made again in the same repository")
		return root
	}
	clone := filepath.Join(dir, "clone")
	git("clone", "--quiet", "--depth=1", "file://"+root, clone)
	return clone
}

// A release is made twice, and each file is the same. Then its parts are looked at.
func TestPackages(t *testing.T) {
	t.Parallel()
	for _, tool := range []string{"nfpm", "cyclonedx-gomod", "gatehouse-image", "gatehouse-notices"} {
		builtTool(t, tool, "package-tools")
	}
	builtTool(t, "helm", "helm")
	r := buildRelease(t, moduleRoot(t), nil)
	t.Run("again", func(t *testing.T) {
		t.Parallel()
		again := buildRelease(t, shallow(t), settings{"TZ": "Asia/Kathmandu", "HOME": t.TempDir(),
			"GOPATH": runGo(t, "env", "GOPATH"), "GOCACHE": runGo(t, "env", "GOCACHE")})
		sums := []string{"checksums.txt"}
		for _, f := range must(os.ReadDir(r.dir))(t) {
			if f.Name() != "checksums.txt" {
				sums = append(sums, f.Name())
			}
		}
		if len(sums) != 11 {
			t.Errorf("a release has %q", sums)
		}
		for _, name := range sums {
			a := must(os.ReadFile(filepath.Join(r.dir, name)))(t)
			b := must(os.ReadFile(filepath.Join(again.dir, name)))(t)
			if !bytes.Equal(a, b) {
				t.Errorf("%s differs between two builds (%d and %d bytes)", name, len(a), len(b))
			}
		}
	})
	t.Run("checksums", func(t *testing.T) {
		t.Parallel()
		checkSums(t, r)
	})
	t.Run("deb", func(t *testing.T) {
		t.Parallel()
		checkDeb(t, r)
	})
	t.Run("rpm", func(t *testing.T) {
		t.Parallel()
		checkRPM(t, r)
	})
	t.Run("install deb", func(t *testing.T) {
		t.Parallel()
		installDeb(t, r)
	})
	t.Run("install rpm", func(t *testing.T) {
		t.Parallel()
		installRPM(t, r)
	})
	t.Run("page", func(t *testing.T) {
		t.Parallel()
		followInstallPage(t, r)
	})
	t.Run("bill of materials", func(t *testing.T) {
		t.Parallel()
		checkMaterials(t, r)
	})
	t.Run("chart", func(t *testing.T) {
		t.Parallel()
		checkChartArchive(t, r)
	})
	t.Run("image", func(t *testing.T) {
		t.Parallel()
		checkImage(t, r)
	})
}

func runGo(t testing.TB, args ...string) string {
	t.Helper()
	return strings.TrimSpace(runTool(t, "go", args...))
}

// checkSums lets sha256sum read the list, which names every file.
func checkSums(t *testing.T, r release) {
	cmd := exec.Command("sha256sum", "--check", "--strict", "checksums.txt")
	cmd.Dir = r.dir
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Errorf("sha256sum: %v %s", err, out)
	}
	if n, files := strings.Count(string(out), ": OK\n"), must(os.ReadDir(r.dir))(t); n != len(files)-1 {
		t.Errorf("%d sums of %d files", n, len(files))
	}
}

// checkChartArchive installs the chart of the release, whose pods take the image of the same version.
func checkChartArchive(t *testing.T, r release) {
	c := openChart(t)
	values := c.values("sqlite")
	c.dir = r.file(t, "gatehouse-chart.tgz")
	if out, err := c.run(t, "lint", "--strict", c.dir, "-f", values); err != nil {
		t.Errorf("helm lint: %v %s", err, out)
	}
	tag := regexp.MustCompile(`org.opencontainers.image.ref.name":\s*"([^"]+)"`).FindSubmatch(
		[]byte(runTool(t, "tar", "-xOf", r.file(t, "gatehouse-image.tar"), "index.json")))
	if tag == nil {
		t.Fatal("the image has no tag")
	}
	image := c.objects(t, "-f", values)["StatefulSet gatehouse"].at("spec.template.spec.containers.0.image")
	if want := "registry.example.test/gatehouse:" + string(tag[1]); image != want {
		t.Errorf("the pods take %v, and the image is %s", image, want)
	}
	out := runTool(t, "tar", "-tf", c.dir)
	if strings.Contains(out, "/ci/") || !strings.Contains(out, "NOTES.txt") {
		t.Errorf("the archive of the chart has: %s", out)
	}
}

// checkDeb lets lintian read a package, and looks for what it must have.
func checkDeb(t *testing.T, r release) {
	lintian, deb := lookFor(t, "lintian"), lookFor(t, "dpkg-deb")
	p := launch(t, exec.Command(lintian, "--allow-root", "--fail-on", "error,warning", r.file(t, "*_amd64.deb")))
	if code := p.wait(t, clientLimit); code != 0 || p.stdout.String() != "" {
		t.Errorf("lintian ends with %d: %s", code, p.stdout.String())
	}
	for _, arch := range []string{"amd64", "arm64"} { // they differ in the program
		if got := runTool(t, deb, "--field", r.file(t, "*_"+arch+".deb"), "Architecture"); got != arch+"\n" {
			t.Errorf("architecture %s", got)
		}
	}
	dir := t.TempDir()
	runTool(t, deb, "-R", r.file(t, "*_amd64.deb"), dir)
	for name, ours := range map[string]string{"usr/lib/systemd/system/gatehouse.service": "systemd/gatehouse.service",
		"etc/gatehouse/gatehouse.toml": "gatehouse.toml"} {
		a := must(os.ReadFile(filepath.Join(dir, name)))(t)
		b := must(os.ReadFile(filepath.Join(moduleRoot(t), "packaging", ours)))(t)
		if !bytes.Equal(a, b) {
			t.Errorf("%s is not ours", name)
		}
	}
	if got := string(must(os.ReadFile(filepath.Join(dir, "DEBIAN/conffiles")))(t)); got !=
		"/etc/gatehouse/gatehouse.toml\n" {
		t.Errorf("files that users change: %s", got)
	}
	z := must(gzip.NewReader(must(os.Open(filepath.Join(dir, "usr/share/doc/gatehouse/third-party.txt.gz")))(t)))(t)
	if err := licensed(t, must(io.ReadAll(z))(t), filepath.Join(dir, "usr/bin/gatehouse")); err != nil {
		t.Error(err)
	}
	checkScripts(t)
}

// checkScripts lets shells and shellcheck read the scripts of the packages.
func checkScripts(t *testing.T) {
	check := lookFor(t, "shellcheck")
	root := filepath.Join(moduleRoot(t), "packaging")
	runTool(t, check, filepath.Join(root, "build"))
	scripts := []string{filepath.Join(root, "prepare")}
	for _, pattern := range []string{"debian/p*", "rpm/*"} {
		scripts = append(scripts, must(filepath.Glob(filepath.Join(root, pattern)))(t)...)
	}
	if len(scripts) != 7 {
		t.Errorf("scripts: %q", scripts)
	}
	for _, script := range scripts {
		runTool(t, check, "--shell=sh", script)
		runTool(t, lookFor(t, "dash"), "-n", script)
	}
}

// checkRPM lets rpm read both packages.
func checkRPM(t *testing.T, r release) {
	rpm := lookFor(t, "rpm")
	for arch, name := range map[string]string{"amd64": "x86_64", "arm64": "aarch64"} {
		path := r.file(t, "*."+name+".rpm")
		if got := runTool(t, rpm, "-K", path); !strings.Contains(got, "digests OK") {
			t.Errorf("rpm -K: %s", got)
		}
		query := func(args ...string) []string {
			return strings.Split(strings.TrimSpace(runTool(t, rpm, append(args, path)...)), "\n")
		}
		if got := query("-qp", "--qf", "%{NAME} %{ARCH} %{OS} %{LICENSE} %{BUILDHOST}"); got[0] !=
			"gatehouse "+name+" linux Apache-2.0 localhost" {
			t.Errorf("rpm of %s: %q", arch, got)
		}
		files := query("-qlp")
		for _, f := range []string{"/usr/bin/gatehouse", "/usr/lib/systemd/system/gatehouse.service",
			"/usr/lib/sysusers.d/gatehouse.conf", "/etc/gatehouse", "/usr/share/man/man1/gatehouse.1.gz",
			"/usr/share/zsh/site-functions/_gatehouse"} {
			if !slices.Contains(files, f) {
				t.Errorf("the rpm of %s has no %s", arch, f)
			}
		}
		if got := query("-qp", "--configfiles"); !slices.Equal(got, []string{"/etc/gatehouse/gatehouse.toml"}) {
			t.Errorf("files that users change: %q", got)
		}
		if got := query("-qp", "--licensefiles"); !slices.Equal(got,
			[]string{"/usr/share/licenses/gatehouse/LICENSE"}) {
			t.Errorf("licence: %q", got)
		}
		owners := regexp.MustCompile(`^\S+ +\d+ root +root `)
		for _, line := range query("-qplv") {
			if !owners.MatchString(line) {
				t.Errorf("a file of somebody else: %s", line)
			}
		}
	}
}
