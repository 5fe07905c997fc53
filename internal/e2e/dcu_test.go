// SPDX-License-Identifier: Apache-2.0

package e2e

import (
	"bufio"
	"encoding/json"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// dcuLimit is for one answer of the vendor's client on a loaded machine.
const dcuLimit = time.Minute

// dcuTools finds Node and the vendor's client.
func dcuTools(t testing.TB) (node, dir string) {
	t.Helper()
	return nodePackages(t, "dcu")
}

// missing skips a test that lacks a tool; in CI it fails the test.
func missing(t testing.TB, args ...any) {
	t.Helper()
	if os.Getenv("CI") == "true" {
		t.Fatal(args...)
	}
	t.Skip(args...)
}

// nodePackages returns the path of Node and that of a folder with a
// package.json. The packages that it pins are installed there by make clients;
// without them the test is skipped, or fails in CI.
func nodePackages(t testing.TB, folder string) (node, dir string) {
	t.Helper()
	node, err := exec.LookPath("node")
	if err != nil {
		missing(t, "Node is not found:", err)
	}
	dir = must(filepath.Abs(folder))(t)
	var pinned struct {
		Dependencies map[string]string `json:"dependencies"`
	}
	read := func(v any, path ...string) error {
		content, err := os.ReadFile(filepath.Join(append([]string{dir}, path...)...))
		if err != nil {
			return err
		}
		return json.Unmarshal(content, v)
	}
	if err := read(&pinned, "package.json"); err != nil {
		t.Fatal(err)
	}
	for name, want := range pinned.Dependencies {
		var installed struct {
			Version string `json:"version"`
		}
		if err := read(&installed, "node_modules", name, "package.json"); err != nil {
			missing(t, name, "is not installed, run make clients:", err)
		}
		if installed.Version != want {
			t.Fatalf("version %s of %s is installed, %s is pinned: run make clients", installed.Version, name, want)
		}
	}
	return node, dir
}

// nodeCommand prepares a program on Node that can do nothing to this machine's
// user: its home is a folder of the test's.
func nodeCommand(t testing.TB, env settings, args ...string) *exec.Cmd {
	t.Helper()
	node := must(exec.LookPath("node"))(t)
	home := t.TempDir()
	cmd := exec.Command(node, args...)
	cmd.Dir, cmd.Env = home, append(cleanEnv(env), "HOME="+home, "NODE_OPTIONS=", "NO_COLOR=1")
	return cmd
}

// dcuLogin is how the vendor's client logs in: with a key on ccadmin, or with a
// user name and a password on ccadminui.
type dcuLogin struct {
	Node     string `json:"node"`
	Key      string `json:"key,omitempty"`
	Username string `json:"username,omitempty"`
	Password string `json:"password,omitempty"`
}

// dcuCall is one call of the vendor's client, see dcu/drive.js.
type dcuCall struct {
	Operation string   `json:"operation"`
	Path      []string `json:"path,omitempty"`
	Query     string   `json:"query,omitempty"`
	Body      any      `json:"body,omitempty"`
}

// dcuAnswer is what it gave.
type dcuAnswer struct {
	Operation   string          `json:"operation"`
	Operations  []string        `json:"operations"`
	Overwritten []string        `json:"overwritten"`
	Version     string          `json:"version"`
	Locale      string          `json:"locale"`
	Status      int             `json:"status"`
	Type        string          `json:"type"`
	Data        json.RawMessage `json:"data"`
	Missing     bool            `json:"missing"`
	Error       string          `json:"error"`
}

// dcuDriver is the vendor's client at work.
type dcuDriver struct {
	t      *testing.T
	in     io.Writer
	pipe   *os.File // the read end
	out    *bufio.Reader
	start  dcuAnswer
	called map[string]bool
}

// startDCU starts the vendor's client and lets it log in and read the registry.
func startDCU(t *testing.T, env settings, l dcuLogin) *dcuDriver {
	t.Helper()
	_, dir := dcuTools(t)
	cmd := nodeCommand(t, env, filepath.Join(dir, "drive.js"))
	in := must(cmd.StdinPipe())(t)
	closing(t, in)
	// A separate pipe: a failed test shows standard output, and answers contain secrets.
	out, answers, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	closing(t, out)
	cmd.ExtraFiles = []*os.File{answers}
	d := &dcuDriver{t: t, in: in, pipe: out, out: bufio.NewReader(out), called: map[string]bool{}}
	launch(t, cmd)
	if err := answers.Close(); err != nil { // the child's alone, so that its end is seen
		t.Fatal(err)
	}
	d.start = d.say("init", l)
	if d.start.Error != "" {
		t.Fatalf("the vendor's client does not get started: %s", d.start.Error)
	}
	return d
}

// say sends one line and returns its answer.
func (d *dcuDriver) say(operation string, line any) dcuAnswer {
	d.t.Helper()
	if _, err := io.WriteString(d.in, marshal(line)+"\n"); err != nil {
		d.t.Fatal(err)
	}
	if err := d.pipe.SetReadDeadline(time.Now().Add(dcuLimit)); err != nil {
		d.t.Fatal(err)
	}
	text, err := d.out.ReadString('\n')
	if err != nil {
		d.t.Fatalf("%s: the vendor's client does not answer: %v", operation, err)
	}
	var a dcuAnswer
	if err := json.Unmarshal([]byte(text), &a); err != nil || a.Operation != operation {
		d.t.Fatalf("%s: the driver's line is not its answer: %v", operation, err)
	}
	return a
}

// call makes a call and wants a status of it. What the registry has not, the
// vendor's client cannot call: that fails the test.
func (d *dcuDriver) call(status int, c dcuCall) answer {
	d.t.Helper()
	d.called[c.Operation] = true
	a := d.say(c.Operation, c)
	switch {
	case a.Missing:
		d.t.Fatalf("%s is not in the registry", c.Operation)
	case a.Error != "":
		d.t.Fatalf("%s: the vendor's client gives up: %s", c.Operation, a.Error)
	// nothing at all is an answer too
	case a.Type != "application/json" && (a.Type != "" || string(a.Data) != `""`):
		d.t.Errorf("%s: Content-Type is %q", c.Operation, a.Type)
	}
	got := answer{status: a.Status, body: string(a.Data)}
	if a.Status != status {
		text := got.body
		if a.Status < 300 {
			text = "(a success)" // it may hold secrets
		}
		d.t.Fatalf("%s: got %d, want %d: %s", c.Operation, a.Status, status, text)
	}
	if failed := got.member("errorCode") != ""; failed != (status >= 400) {
		d.t.Errorf("%s: %d, but errorCode is %q", c.Operation, status, got.member("errorCode"))
	}
	return got
}

// all fails the test when the registry has an operation that was not called.
func (d *dcuDriver) all() {
	d.t.Helper()
	for _, name := range d.start.Operations {
		if !d.called[name] {
			d.t.Errorf("the registry has %s, which no call here tries", name)
		}
	}
	if len(d.start.Overwritten) != 0 {
		d.t.Errorf("the registry's names take the place of the client's own: %s", strings.Join(d.start.Overwritten,
			", "))
	}
	if len(d.start.Operations) == 0 {
		d.t.Error("the registry is empty")
	}
}
