// SPDX-License-Identifier: Apache-2.0

package e2e

import (
	"fmt"
	"io/fs"
	"math/rand/v2"
	"net"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"gatehouse/internal/pgtest"
	"gatehouse/internal/secret"
)

// How the README marks its commands by the text after the opening fence:
//
//	sh            run, in order, in one bash
//	sh server     run until the end, at the same time as the others; prints that it is ready
//	sh createdb   run before the server starts, in the pass on PostgreSQL only
//	sh postgres   run in the shell that starts the server, in the pass on PostgreSQL only
//
// Everything else is not run.
const (
	shell         = "sh"
	shellServer   = "sh server"
	shellCreateDB = "sh createdb"
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
	for _, tool := range []string{"bash", "make", "curl", "openssl"} {
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
			e := one.engine
			r := &reader{dir: dir, engine: e, address: "127.0.0.1:" + strconv.Itoa(freePort(t)),
				password: one.password}
			r.env = settings{}.with("GATEHOUSE_LISTEN", r.address)
			if one.password != "" {
				r.env = r.env.with("GATEHOUSE_ADMIN_PASSWORD", one.password).with("GATEHOUSE_DATA", t.TempDir())
			}
			stdout, stderr := r.read(t, blocks)
			checkReading(t, stdout, stderr)
			if one.password != "" { // so that the test knows it
				stdout, stderr = r.walk(t, blocks, "http://"+r.address, one.password)
				checkReading(t, stdout, stderr)
			}
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
	password, before := "", "set -euo pipefail\n"
	if r.engine == onPostgres {
		before += r.createDatabase(t, blocks)
	}
	for _, b := range blocks {
		if b.kind != shellServer {
			continue
		}
		p := launch(t, r.bash(before+strings.ReplaceAll(b.text, "127.0.0.1:8080", r.address)))
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

// createDatabase runs the block that creates the user and the database, and returns the commands that
// make a server use it. On the server of the test the new user needs no password, and has another
// name than the administrator of it.
func (r *reader) createDatabase(t *testing.T, blocks []block) (commands string) {
	t.Helper()
	u := must(url.Parse(pgtest.Database(t)))(t)
	admin := settings{"PGHOST": u.Hostname(), "PGPORT": u.Port(), "PGUSER": u.User.Username(),
		"PGDATABASE": "postgres"}
	found := 0
	for _, b := range blocks {
		switch b.kind {
		case shellCreateDB:
			text := strings.NewReplacer("createuser --pwprompt", "createuser --no-password", " gatehouse", " reader").
				Replace(b.text)
			cmd := exec.Command("bash", "-c", "set -euo pipefail\n"+text)
			cmd.Dir, cmd.Env = r.dir, cleanEnv(admin)
			if out, err := cmd.CombinedOutput(); err != nil || len(out) > 0 {
				t.Fatalf("create the database: %v\n%s", err, out)
			}
			found++
		case shellPostgres:
			if strings.Count(b.text, exampleDatabase) != 1 {
				t.Fatalf("the README should name %s once in its part about PostgreSQL", exampleDatabase)
			}
			commands = strings.ReplaceAll(b.text, exampleDatabase, "postgres://reader@"+u.Host+"/reader")
			found++
		}
	}
	if found != 2 {
		t.Fatalf("the README has %d of the two blocks about PostgreSQL", found)
	}
	return commands
}

// walk runs the blocks that need a server, which clients reach at the URL.
func (r *reader) walk(t *testing.T, blocks []block, at, password string) (stdout, stderr string) {
	t.Helper()
	var script strings.Builder
	script.WriteString("set -euo pipefail\n")
	for i, b := range blocks {
		text := strings.ReplaceAll(b.text, "http://127.0.0.1:8080", at)
		if b.kind == shell {
			fmt.Fprintf(&script, "printf '\\n--- block %d\\n'\n", i)
			for line := range strings.Lines(text) {
				if strings.TrimSpace(line) != "make test" { // that is us
					script.WriteString(line)
				}
			}
		}
	}
	script.WriteString("\nprintf '\\nKEY was %s\\n' \"$KEY\"\n")
	cmd := r.bash(script.String())
	cmd.Stdin = strings.NewReader(password + "\n")
	p := launch(t, cmd)
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
	only("the request", `"name":"Birch \d+","id":\d+,"status":"(new)"`)
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
