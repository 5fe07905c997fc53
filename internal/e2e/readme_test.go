// SPDX-License-Identifier: Apache-2.0

package e2e

import (
	"fmt"
	"io/fs"
	"math/rand/v2"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"gatehouse/internal/secret"
)

// How the README marks its commands by the text after the opening fence:
//
//	sh            run, in order, in one bash
//	sh server     run until the end, at the same time as the others; prints that it is ready
//	sh postgres   as sh, in the pass on PostgreSQL only, with its URL in place of the example's
//
// Everything else is not run.
const (
	shell         = "sh"
	shellServer   = "sh server"
	shellPostgres = "sh postgres"
)

// exampleDatabase is the README's.
const exampleDatabase = "postgres://gatehouse@127.0.0.1:5432/gatehouse"

// buildLimit is for a block that builds first, with a cold cache.
const buildLimit = 10 * time.Minute

// TestReadme runs the README's commands as a reader would, in a copy of the
// repository, and looks at what they print.
func TestReadme(t *testing.T) {
	t.Parallel()
	for _, tool := range []string{"bash", "make", "curl"} {
		if _, err := exec.LookPath(tool); err != nil {
			if os.Getenv("CI") == "true" {
				t.Fatal(err)
			}
			t.Skip(err)
		}
	}
	root := moduleRoot(t)
	blocks := fenced(string(must(os.ReadFile(filepath.Join(root, "README.md")))(t)))
	if len(blocks) == 0 || blocks[0].kind != shellServer {
		t.Fatal("the README should begin with the block that starts the server")
	}
	if !regexp.MustCompile(`(?m)^test:`).Match(must(os.ReadFile(filepath.Join(root, "Makefile")))(t)) {
		t.Error("make test, which the README names, is no target")
	}
	dir := filepath.Join(t.TempDir(), "gatehouse")
	copyTree(t, root, dir)
	// One after the other: only the first builds.
	for _, one := range []struct {
		name string
		engine
		password string // empty: the server makes it and prints it
	}{
		{string(onSQLite), onSQLite, ""}, {string(onPostgres), onPostgres, ""},
		{"a password of several lines in Base64", onSQLite, strings.Repeat(secret.NewPassword().Reveal(), 6)},
	} {
		t.Run(one.name, func(t *testing.T) {
			e, env := one.engine, settings{}
			if e == onPostgres {
				env = newSite(t, e).env
			}
			r := &reader{dir: dir, engine: e, address: "127.0.0.1:" + strconv.Itoa(freePort(t)),
				password: one.password}
			r.env = env.with("GATEHOUSE_LISTEN", r.address)
			if one.password != "" {
				r.env = r.env.with("GATEHOUSE_ADMIN_PASSWORD", one.password).with("GATEHOUSE_DATA", t.TempDir())
			}
			stdout, stderr := r.read(t, blocks)
			checkReading(t, stdout, stderr)
			if _, err := os.Stat(filepath.Join(dir, "gatehouse-data", "gatehouse.db")); e == onSQLite &&
				one.password == "" && err != nil {
				t.Error(err)
			}
		})
	}
}

// base64 breaks its output into lines, which JSON does not take, so that the
// commands of every document join them again: passwords may be long.
func TestDocumentsJoinTheLinesOfBase64(t *testing.T) {
	t.Parallel()
	command := regexp.MustCompile(`\| *base64\b([^\n]*)`)
	found := 0
	err := filepath.WalkDir(moduleRoot(t), func(path string, entry fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case entry.IsDir() && slices.Contains(generatedFolders(), entry.Name()):
			return fs.SkipDir
		case filepath.Ext(path) != ".md":
			return nil
		}
		content, err := os.ReadFile(path)
		for _, use := range command.FindAllStringSubmatch(string(content), -1) {
			if found++; !regexp.MustCompile(`^ *\| *tr -d ["']\\n["']`).MatchString(use[1]) {
				t.Errorf("%s: a long password would break this command: %s", path, use[0])
			}
		}
		return err
	})
	if err != nil || found < 2 {
		t.Errorf("%d commands were found: %v", found, err)
	}
}

// generatedFolders lists the folders that building and running the server creates.
func generatedFolders() []string { return []string{".git", "bin", "gatehouse-data", "node_modules"} }

// block is a fenced part of a Markdown text.
type block struct{ kind, text string }

// fenced returns the fenced blocks in order.
func fenced(markdown string) []block {
	var blocks []block
	var open *block
	for line := range strings.Lines(markdown) {
		kind, fence := strings.CutPrefix(strings.TrimRight(line, " \r\n"), "```")
		switch {
		case fence && open == nil:
			open = &block{kind: strings.TrimSpace(kind)}
		case fence:
			blocks, open = append(blocks, *open), nil
		case open != nil:
			open.text += line
		}
	}
	return blocks
}

// reader does what the README says.
type reader struct {
	dir, address string
	engine       engine
	env          settings
	password     string // that of admin, when the server does not make it
}

// read runs the blocks and returns stdout and stderr of the shell. The output of each
// block follows a line of its own.
func (r *reader) read(t *testing.T, blocks []block) (stdout, stderr string) {
	t.Helper()
	password := ""
	for _, b := range blocks {
		if b.kind != shellServer {
			continue
		}
		p := launch(t, r.bash("set -euo pipefail\n"+strings.ReplaceAll(b.text, "127.0.0.1:8080", r.address)))
		p.await(t, buildLimit)
		if p.url != "http://"+r.address {
			t.Fatalf("the server is at %s", p.url)
		}
		if password = r.password; password == "" {
			password = p.firstPassword()
		}
	}
	return r.walk(t, blocks, "http://"+r.address, password)
}

// walk runs the blocks that need a server, which clients reach at the URL.
func (r *reader) walk(t *testing.T, blocks []block, url, password string) (stdout, stderr string) {
	t.Helper()
	var script strings.Builder
	script.WriteString("set -euo pipefail\n")
	for i, b := range blocks {
		text := strings.ReplaceAll(b.text, "http://127.0.0.1:8080", url)
		if b.kind == shellPostgres {
			if strings.Count(text, exampleDatabase) != 1 {
				t.Fatalf("the README should name %s once in its part about PostgreSQL", exampleDatabase)
			}
			text = strings.ReplaceAll(text, exampleDatabase, r.env["GATEHOUSE_DATABASE"])
		}
		if b.kind == shell || b.kind == shellPostgres && r.engine == onPostgres {
			fmt.Fprintf(&script, "printf '\\n--- block %d\\n'\n", i)
			for line := range strings.Lines(text) {
				if strings.TrimSpace(line) != "make test" { // that is us
					script.WriteString(line)
				}
			}
		}
	}
	const placeholder = "'the password it printed'"
	if password == "" || strings.Count(script.String(), placeholder) != 1 {
		t.Fatalf("the README should ask its reader, once, to set %s", placeholder)
	}
	script.WriteString("\nprintf '\\nKEY was %s\\n' \"$KEY\"\n")
	p := launch(t, r.bash(strings.ReplaceAll(script.String(), placeholder, "'"+password+"'")))
	if code := p.wait(t, 2*time.Minute); code != 0 {
		t.Errorf("the README's commands end with %d", code)
	}
	return p.stdout.String(), p.stderr.String()
}

func (r *reader) bash(script string) *exec.Cmd {
	cmd := exec.Command("bash", "-c", script)
	cmd.Dir, cmd.Env = r.dir, cleanEnv(r.env)
	return cmd
}

// checkReading checks the output that the README promises.
func checkReading(t *testing.T, stdout, stderr string) {
	t.Helper()
	if stderr != "" {
		t.Errorf("the commands complain: %s", stderr)
	}
	only := func(what, pattern string) string {
		t.Helper()
		found := regexp.MustCompile(pattern).FindAllStringSubmatch(stdout, -1)
		if len(found) != 1 {
			t.Errorf("%s is printed %d times", what, len(found))
			return what
		}
		return found[0][len(found[0])-1]
	}
	made := only("the code, made on the Oracle wire,", `"authorizationCode":"(GHC[0-9A-Z]{30})"`)
	if got := only("the code as XML", ` authCode="([^"]*)"`); got != made {
		t.Error("the code as XML is not the one that was made")
	}
	if got := only("the code as JSON", `"authCode":"([^"]*)"`); got != made {
		t.Error("the code as JSON is not the one that was made")
	}
	only("the request", `"name":"Birch Tools","id":\d+,"status":"(new)"`)
	only("the approval", `\{"status":"approved"\}`)
	former := only("the former key", `KEY was (eyJ\S+)`)
	if renewed := only("the new key", `\{"token":"(eyJ[^"]+)"\}`); renewed == former {
		t.Error("the new key is the former one")
	}
	only("what the client's token is worth", `"active":(true)`)
	only("the end of the code", `"error":\{"errorCode":0`)
	only("the end of the session", `User logged out`)
	only("the end of the token", `\{"result":true\}`)
	if fault := regexp.MustCompile(`.*("message":|"errLogMessage":|"errorMessage":"[^"]).*`).FindString(
		stdout); fault != "" {
		t.Errorf("an error is among the answers: %s", fault)
	}
}

// moduleRoot is the folder with go.mod.
func moduleRoot(t testing.TB) string {
	t.Helper()
	return must(filepath.Abs(filepath.Join("..", "..")))(t)
}

// copyTree copies the repository without the folders of generatedFolders.
func copyTree(t *testing.T, from, to string) {
	t.Helper()
	skip := generatedFolders()
	err := filepath.WalkDir(from, func(path string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		target := filepath.Join(to, strings.TrimPrefix(path, from))
		switch {
		case entry.IsDir() && slices.Contains(skip, entry.Name()):
			return fs.SkipDir
		case entry.IsDir():
			return os.MkdirAll(target, 0o755)
		case !entry.Type().IsRegular():
			return nil
		}
		info, err := entry.Info()
		if err != nil {
			return err
		}
		content, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		return os.WriteFile(target, content, info.Mode().Perm())
	})
	if err != nil {
		t.Fatal(err)
	}
}

// freePort finds a port below those from which the kernel serves outgoing
// connections, so that none of these takes it before the server does.
func freePort(t testing.TB) int {
	t.Helper()
	for range 100 {
		port := 10000 + rand.IntN(10000)
		l, err := net.Listen("tcp", net.JoinHostPort("127.0.0.1", strconv.Itoa(port)))
		if err == nil {
			if err := l.Close(); err != nil {
				t.Fatal(err)
			}
			return port
		}
	}
	t.Fatal("no free port")
	return 0
}
