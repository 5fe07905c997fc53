// SPDX-License-Identifier: Apache-2.0

package e2e

import (
	"bytes"
	"context"
	"debug/buildinfo"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"
)

// generatedLimit is for one step on a loaded machine with empty caches.
const generatedLimit = 10 * time.Minute

// generatedPassword is one whose characters mean something in a form or in base64.
const generatedPassword = "quince;lime&é+50%=a lot"

// generatedTask and generatedOutcome are those of the programs in the folder generated.
type generatedTask struct {
	Client   string `json:"client"`
	Server   string `json:"server"`
	Username string `json:"username"`
	Password string `json:"password"`
	Key      string `json:"key"`
	Name     string `json:"name"`
}

type generatedOutcome struct {
	Refused string   `json:"refused"`
	Found   []string `json:"found"`
	Code    string   `json:"code"`
	Shown   string   `json:"shown"`
}

// TestGeneratedClients lets clients that are generated from the OpenAPI documents of the
// vendors' wires log in, list with a filter, make a code and show it: those of two
// generators in Go, and one in TypeScript. Clients of the native API and of the OAuth
// endpoints enrol with the code that they made. All of what is generated must compile.
func TestGeneratedClients(t *testing.T) {
	w := newWorkshop(t)
	t.Parallel()
	w.generate()

	p := start(t, usedSiteWith(t, onSQLite, generatedPassword))
	c := newClient(t, p.url)
	token := c.token(ccadmin, "admin", generatedPassword)
	_, key := c.application(token, "shop")
	c.organization(ccadmin, token, "Orchard")
	organization := c.organization(ccadmin, token, "Orchard & Sons")
	session := c.session("admin", generatedPassword)
	for _, client := range []string{"occ/oapi", "occ/ogen", "occ/typescript", "commvault/oapi", "commvault/ogen",
		"commvault/typescript"} {
		server, id, refused := p.url+ccadmin, organization, "invalid_grant"
		onOCC := strings.HasPrefix(client, "occ/")
		if !onOCC {
			server, id, refused = p.url+cvRoot, strings.TrimPrefix(organization, "or-"), "credentials are not valid"
		}
		got := w.drive(generatedTask{Client: client, Server: server, Username: "admin", Password: generatedPassword,
			Key: key, Name: "Orchard & Sons"})
		if !strings.Contains(strings.ToLower(got.Refused), refused) {
			t.Errorf("%s: a wrong password is answered with %q", client, got.Refused)
		}
		if !slices.Equal(got.Found, []string{id}) {
			t.Errorf("%s: found %q, want %s", client, got.Found, id)
		}
		if code := c.reveal(session, organization); got.Code == "" || got.Code != code || !onOCC &&
			got.Shown != code {
			t.Errorf("%s: the code that was made, the one that was shown and the one that lives are not the same",
				client)
		}
	}
	for _, client := range []string{"native/oapi", "native/ogen", "native/typescript"} {
		got := w.drive(generatedTask{Client: client, Server: holding(t, p.url), Username: "admin",
			Password: generatedPassword, Name: organization})
		if got.Refused != "invalid_credentials" || got.Shown != client+" by OAuth" ||
			!strings.HasPrefix(got.Code, "GHC") {
			t.Errorf("%s: a wrong password is %q, and the token is of %q", client, got.Refused, got.Shown)
		}
		w.checkEnrolled(c, client, got.Found)
	}
	p.stop(t)
}

// checkEnrolled checks that a client enrolled itself in two ways.
func (w *workshop) checkEnrolled(c *client, name string, ids []string) {
	w.t.Helper()
	body := marshal(map[string]string{"username": "admin", "password": generatedPassword})
	admin := c.want(c.post("/v1/login", body, jsonType), http.StatusOK, "log in").member("accessToken")
	var names []string
	for _, id := range ids {
		names = append(names, c.want(c.get("/v1/clients/"+id, bearer(admin)), http.StatusOK,
			"read a client").member("name"))
	}
	if want := []string{name + " by OAuth", name}; !slices.Equal(names, want) {
		w.t.Errorf("%s: the clients are %q, want %q", name, names, want)
	}
}

// TestOpenAPILint holds every OpenAPI document against all of Redocly's
// recommended rules. A warning fails it.
func TestOpenAPILint(t *testing.T) {
	w := newWorkshop(t)
	t.Parallel()
	out := w.run(nil, w.node("@redocly/cli/bin/cli.js", "lint", "--format=json",
		"--config="+filepath.Join(w.source, "redocly.yaml"),
		w.document("occ"), w.document("commvault"), w.document("native"), w.document("oauth"))...)
	type problem struct {
		RuleID, Severity, Message string
		Location                  []struct{ Pointer string }
	}
	reports := 0
	for dec := json.NewDecoder(bytes.NewReader(out)); ; reports++ {
		var report struct {
			Totals   struct{ Errors, Warnings, Ignored int }
			Problems []problem
		}
		if err := dec.Decode(&report); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			t.Fatalf("read the report: %v", err)
		}
		if n := report.Totals; n.Errors+n.Warnings+n.Ignored != 0 || len(report.Problems) != 0 {
			t.Errorf("%+v: %+v", n, report.Problems)
		}
	}
	if reports != 4 {
		t.Errorf("got %d reports, want 4", reports)
	}
}

// workshop is a temporary folder in which clients are generated.
type workshop struct {
	t            *testing.T
	dir          string
	source, root string // the folder generated and the repository
	engine       string // Node
}

// newWorkshop finds the tools. Without them the test is skipped; in CI it fails.
func newWorkshop(t *testing.T) *workshop {
	t.Helper()
	node, source := nodePackages(t, "generated")
	w := &workshop{t: t, dir: t.TempDir(), source: source, root: must(filepath.Abs("../.."))(t), engine: node}
	if err := os.Symlink(filepath.Join(source, "node_modules"),
		filepath.Join(w.dir, "node_modules")); err != nil {
		t.Fatal(err)
	}
	return w
}

// document returns the path of a wire's OpenAPI document.
func (w *workshop) document(wire string) string {
	switch wire {
	case "native":
		return filepath.Join(w.root, "internal/api/openapi.json")
	case "oauth":
		return filepath.Join(w.root, "internal/oauth/openapi.json")
	}
	return filepath.Join(w.root, "internal/dialect", wire, "openapi.yaml")
}

// node returns a command line that runs a program of the installed packages.
func (w *workshop) node(program string, args ...string) []string {
	return append([]string{w.engine, filepath.Join(w.dir, "node_modules", program)}, args...)
}

// generator returns the path of a generator that make clients has built, in the
// version that tools/go.mod pins.
func (w *workshop) generator(name, module string) string {
	w.t.Helper()
	path := filepath.Join(w.root, "bin", name)
	info, err := buildinfo.ReadFile(path)
	if err != nil {
		missing(w.t, name, "is not built, run make clients:", err)
	}
	pinned := must(os.ReadFile(filepath.Join(w.root, "tools/go.mod")))(w.t)
	if line := "\t" + module + " " + info.Main.Version; info.Main.Path != module ||
		!bytes.Contains(pinned, []byte(line)) {
		w.t.Fatalf("%s is of %s %s, which tools/go.mod does not pin: run make clients", name, info.Main.Path,
			info.Main.Version)
	}
	return path
}

// generate makes all clients and compiles them.
func (w *workshop) generate() {
	w.t.Helper()
	oapi := w.generator("oapi-codegen", "github.com/oapi-codegen/oapi-codegen/v2")
	ogen := w.generator("ogen", "github.com/ogen-go/ogen")
	for _, name := range []string{"go.mod", "go.sum", "ogen.yaml", "package.json", "tsconfig.json", "drive.ts"} {
		content := must(os.ReadFile(filepath.Join(w.source, name)))(w.t)
		if err := os.WriteFile(filepath.Join(w.dir, name), content, 0o600); err != nil {
			w.t.Fatal(err)
		}
	}
	if err := os.CopyFS(filepath.Join(w.dir, "drive"), os.DirFS(filepath.Join(w.source, "drive"))); err != nil {
		w.t.Fatal(err)
	}
	for _, wire := range []string{"occ", "commvault", "native", "oauth"} {
		document := w.document(wire)
		if err := os.MkdirAll(filepath.Join(w.dir, wire, "oapi"), 0o700); err != nil {
			w.t.Fatal(err)
		}
		w.run(nil, oapi, "-generate", "types,client", "-package", "oapi", "-o", wire+"/oapi/client.go", document)
		w.run(nil, ogen, "--config", "ogen.yaml", "--package", "ogen", "--target", wire+"/ogen", document)
		w.run(nil, w.node("openapi-typescript/bin/cli.js", document, "-o", wire+".d.ts")...)
	}
	w.run(nil, "go", "build", "-trimpath", "-o", "drive.out", "./drive")
	w.run(nil, w.node("typescript/bin/tsc", "--project", ".")...)
}

// drive lets a client do a task.
func (w *workshop) drive(task generatedTask) (o generatedOutcome) {
	w.t.Helper()
	command := []string{filepath.Join(w.dir, "drive.out")}
	if strings.HasSuffix(task.Client, "/typescript") {
		command = []string{w.engine, filepath.Join(w.dir, "drive.js")}
	}
	if err := json.Unmarshal(w.run([]byte(marshal(task)), command...), &o); err != nil {
		w.t.Fatalf("%s: the outcome is not JSON: %v", task.Client, err)
	}
	return o
}

// run runs a command in the workshop and returns what it writes to standard
// output, which is told nowhere, since it may hold secrets. The command may
// download nothing.
func (w *workshop) run(stdin []byte, command ...string) []byte {
	w.t.Helper()
	ctx, cancel := context.WithTimeout(w.t.Context(), generatedLimit)
	defer cancel()
	cmd := exec.CommandContext(ctx, command[0], command[1:]...)
	var stdout, stderr bytes.Buffer
	cmd.Dir, cmd.Stdin, cmd.Stdout, cmd.Stderr = w.dir, bytes.NewReader(stdin), &stdout, &stderr
	cmd.Env = append(cleanEnv(nil), "GOPROXY=off", "NODE_OPTIONS=", "NO_COLOR=1", "REDOCLY_TELEMETRY=off",
		"REDOCLY_SUPPRESS_NOTIFICATIONS=true")
	cmd.SysProcAttr, cmd.WaitDelay = attributes(), 5*time.Second
	// The child ends with the thread that started it. Unlocked, the thread could run another
	// test's launch meanwhile, and end with it.
	runtime.LockOSThread()
	err := cmd.Run()
	runtime.UnlockOSThread()
	if err != nil && strings.Contains(stderr.String(), "GOPROXY=off") {
		missing(w.t, "a module of the generated clients is not downloaded, run make clients:", stderr.String())
	}
	if err != nil {
		w.t.Fatalf("%s: %v\n%s", strings.Join(command, " "), err, tail(stderr.String()))
	}
	return stdout.Bytes()
}
