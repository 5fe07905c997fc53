// SPDX-License-Identifier: Apache-2.0

package e2e

import (
	"bytes"
	"context"
	"crypto/tls"
	"encoding/hex"
	"fmt"
	"maps"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"gatehouse/internal/pgtest"
	"gatehouse/internal/postgres"
	"gatehouse/internal/secret"
	"gatehouse/internal/sqlite"
	"gatehouse/internal/tenancy"
	"gatehouse/internal/tenancytest"
)

const (
	startLimit = 90 * time.Second // a loaded machine with the race detector
	stopLimit  = 40 * time.Second // the server itself gives running requests 20 seconds
)

// settings is an environment: GATEHOUSE_… names to values.
type settings map[string]string

// with is the settings and one more.
func (s settings) with(name, value string) settings {
	out := maps.Clone(s)
	out[name] = value
	return out
}

// site is where servers keep their things. Servers may be started on it one
// after the other, and on PostgreSQL at once.
type site struct {
	engine    engine
	data, url string
	env       settings
	password  string      // of the first operator of a usedSite
	trust     *tls.Config // of clients, when its servers speak TLS
	watch     bool        // by the race detector
}

// newSite makes an empty one. On SQLite the server makes its own master key,
// on PostgreSQL it is given one.
func newSite(t testing.TB, e engine) site {
	t.Helper()
	if e == onPostgres {
		return postgresSite(t, pgtest.Database(t))
	}
	data := filepath.Join(t.TempDir(), "data")
	return site{engine: e, data: data, env: settings{"GATEHOUSE_DATA": data}}
}

func postgresSite(t testing.TB, url string) site {
	t.Helper()
	data := filepath.Join(t.TempDir(), "data")
	return site{engine: onPostgres, data: data, url: url, env: settings{"GATEHOUSE_DATA": data,
		"GATEHOUSE_DATABASE": url, "GATEHOUSE_MASTER_KEY": hex.EncodeToString(secret.NewMasterKey())}}
}

// with is the site with one more setting.
func (s site) with(name, value string) site {
	s.env = s.env.with(name, value)
	return s
}

// watched is the site with servers that the race detector watches, if it watches the test.
// Such a server takes three times the processor time. It is for tests whose server does
// several things at once: serves while it stops, rotates, copies, loses its database. Tests
// that send one request after another find nothing that those of the packages do not find.
func (s site) watched() site {
	s.watch = true
	return s
}

// masterKey is the key the site's servers use, once one was started.
func (s site) masterKey(t testing.TB) []byte {
	t.Helper()
	text := s.env["GATEHOUSE_MASTER_KEY"]
	if text == "" {
		b, err := os.ReadFile(filepath.Join(s.data, "master.key"))
		if err != nil {
			t.Fatal(err)
		}
		text = strings.TrimSpace(string(b))
	}
	key, err := hex.DecodeString(text)
	if err != nil {
		t.Fatal("the master key is not in hex")
	}
	return key
}

// open returns a service and a store on the site's database. Its servers may be running.
func (s site) open(t *testing.T) (tenancytest.Services, tenancy.Store) {
	t.Helper()
	var store tenancy.Store
	var err error
	if s.engine == onPostgres {
		store, err = postgres.Open(t.Context(), s.url)
	} else {
		store, err = sqlite.Open(t.Context(), filepath.Join(s.data, "gatehouse.db"))
	}
	if err != nil {
		t.Fatal(err)
	}
	closing(t, store)
	keys, err := secret.NewKeyring(s.masterKey(t))
	if err != nil {
		t.Fatal(err)
	}
	return tenancytest.Over(store, keys, nil, tenancytest.Options{}), store
}

// output collects what a process writes. It may be read while it is written.
type output struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (o *output) Write(p []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.b.Write(p)
}

func (o *output) String() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.b.String()
}

// process is a child of the test.
type process struct {
	cmd            *exec.Cmd
	stdout, stderr output
	done           chan struct{} // closed once the child has been waited for and its output read
	url            string        // of a server, once it was awaited
	trust          *tls.Config   // of the server's clients; nil without TLS
	password       string        // of the first operator of a usedSite
}

// launch starts cmd and does not wait. Whatever happens to the test, the child
// and its own children are gone when it ends.
func launch(t testing.TB, cmd *exec.Cmd) *process {
	t.Helper()
	return launchWith(t, cmd, attributes())
}

// launchWith is launch with other attributes of the process.
func launchWith(t testing.TB, cmd *exec.Cmd, attr *syscall.SysProcAttr) *process {
	t.Helper()
	p := &process{cmd: cmd, done: make(chan struct{})}
	cmd.Stdout, cmd.Stderr, cmd.SysProcAttr = &p.stdout, &p.stderr, attr
	cmd.WaitDelay = 5 * time.Second // a grandchild may hold the output open
	started := make(chan error)
	go func() {
		// Never unlocked: the child ends with the thread, and the thread with this goroutine.
		runtime.LockOSThread()
		err := cmd.Start()
		started <- err
		if err == nil {
			_ = cmd.Wait() // the state says how it ended
		}
		close(p.done)
	}()
	if err := <-started; err != nil {
		t.Fatalf("start %s: %v", cmd.Path, err)
	}
	t.Cleanup(func() {
		p.kill()
		if strings.Contains(p.stderr.String(), "WARNING: DATA RACE") {
			t.Errorf("the race detector found something:\n%s", p.stderr.String())
		}
		if t.Failed() {
			t.Logf("%s\n--- stdout\n%s--- stderr\n%s", strings.Join(cmd.Args, " "), tail(p.stdout.String()),
				tail(p.stderr.String()))
		}
	})
	return p
}

func tail(text string) string {
	const most = 4000
	if len(text) > most {
		return "…" + text[len(text)-most:]
	}
	return text
}

// command prepares the binary with nothing of ours in its environment but the settings.
func command(env settings, args ...string) *exec.Cmd {
	cmd := exec.Command(binary, args...)
	cmd.Env = cleanEnv(env)
	return cmd
}

func cleanEnv(env settings) []string {
	// The race detector lets a process wait for a second before it ends.
	out := []string{"LC_ALL=C", "GORACE=atexit_sleep_ms=0"}
	for _, line := range os.Environ() {
		name, _, _ := strings.Cut(line, "=")
		if !regexp.MustCompile(`^(GATEHOUSE_.*|PG.*|LC_.*|MAKE.*|MFLAGS|GOGC|GORACE|(?i:.*_proxy))$`).MatchString(name) {
			out = append(out, line)
		}
	}
	for name, value := range env {
		out = append(out, name+"="+value)
	}
	return out
}

// launchServer starts a server on a free port and does not wait.
func launchServer(t testing.TB, s site, args ...string) *process {
	t.Helper()
	cmd := command(s.env, append([]string{"serve", "--listen", "127.0.0.1:0"}, args...)...)
	if s.watch {
		cmd.Path = watchedBinary
	}
	p := launch(t, cmd)
	p.trust, p.password = s.trust, s.password
	return p
}

// start starts a server and waits until it is ready.
func start(t testing.TB, s site, args ...string) *process {
	t.Helper()
	p := launchServer(t, s, args...)
	p.await(t, startLimit)
	return p
}

// await waits until a server has said where it is and is ready.
func (p *process) await(t testing.TB, limit time.Duration) {
	t.Helper()
	said := regexp.MustCompile(`(?m)^Gatehouse is ready at (https?://\S+)\n`)
	deadline := time.Now().Add(limit)
	for ; p.url == ""; time.Sleep(10 * time.Millisecond) {
		if found := said.FindStringSubmatch(p.stdout.String()); found != nil {
			p.url = found[1]
		}
		if p.ended() || time.Now().After(deadline) {
			t.Fatalf("the server did not start: %s", p.stderr.String())
		}
	}
	c := newClient(t, p.url).trusting(p.trust)
	for c.get("/readyz").status != http.StatusOK {
		if p.ended() || time.Now().After(deadline) {
			t.Fatalf("the server is not ready: %s", p.stderr.String())
		}
		time.Sleep(10 * time.Millisecond)
	}
}

// firstPassword is the password that a first start printed, or that of a usedSite; empty
// when there is none.
func (p *process) firstPassword() string {
	if p.password != "" {
		return p.password
	}
	found := regexp.MustCompile(`(?m)password, shown this once, is\n\n +(\S+)$`).FindStringSubmatch(p.stdout.String())
	if found == nil {
		return ""
	}
	return found[1]
}

func (p *process) ended() bool {
	select {
	case <-p.done:
		return true
	default:
		return false
	}
}

func (p *process) wait(t testing.TB, limit time.Duration) int {
	t.Helper()
	select {
	case <-p.done:
	case <-time.After(limit):
		t.Fatalf("%s did not end within %s", strings.Join(p.cmd.Args, " "), limit)
	}
	return p.cmd.ProcessState.ExitCode()
}

// terminate asks the process to stop.
func (p *process) terminate(t testing.TB) {
	t.Helper()
	if err := p.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatalf("terminate: %v", err)
	}
}

// stop stops a server as an operator would; it must exit with 0.
func (p *process) stop(t testing.TB) {
	t.Helper()
	p.terminate(t)
	if code := p.wait(t, stopLimit); code != 0 {
		t.Errorf("stopped with %d: %s", code, p.stderr.String())
	}
}

// kill ends the process as a crash would, with all it has started, and returns
// when it is gone. It may run twice.
func (p *process) kill() {
	if p.ended() {
		return
	}
	_ = syscall.Kill(-p.cmd.Process.Pid, syscall.SIGKILL) // its group has its id
	<-p.done
}

// runCommand runs the binary to its end.
func runCommand(t testing.TB, env settings, args ...string) (code int, stdout, stderr string) {
	t.Helper()
	p := launch(t, command(env, args...))
	code = p.wait(t, startLimit)
	return code, p.stdout.String(), p.stderr.String()
}

// shown finds what a command printed on a line of its own, indented.
func shown(t testing.TB, stdout string) []string {
	t.Helper()
	var lines []string
	for _, m := range regexp.MustCompile(`(?m)^    (\S+)$`).FindAllStringSubmatch(stdout, -1) {
		lines = append(lines, m[1])
	}
	if len(lines) == 0 {
		t.Fatalf("nothing is shown in: %s", stdout)
	}
	return lines
}

// addOperator runs "operator add" and returns the password it prints.
func addOperator(t testing.TB, s site, username string, args ...string) string {
	t.Helper()
	code, stdout, stderr := runCommand(t, s.env, append([]string{"operator", "add", username}, args...)...)
	if code != 0 {
		t.Fatalf("operator add: %d %s", code, stderr)
	}
	return shown(t, stdout)[0]
}

// factor is an enrolled second factor. A one-time code is good once, and those
// of the neighbouring half minutes are good too.
type factor struct {
	secret   secret.Secret
	last     int64
	recovery []string
	printed  string // by the command
}

// enrol runs "operator totp" and types the first code.
func enrol(t testing.TB, s site, username string) *factor {
	t.Helper()
	cmd := command(s.env, "operator", "totp", username)
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	p := launch(t, cmd)
	within(t, startLimit, "the second factor is shown", func() bool {
		return p.ended() || strings.Contains(p.stdout.String(), "Type the code")
	})
	lines := shown(t, p.stdout.String())
	if len(lines) != 2 || !strings.HasPrefix(lines[1], "otpauth://totp/") ||
		!strings.Contains(lines[1], lines[0]) {
		t.Fatalf("operator totp does not print a secret and its URL: %d lines", len(lines))
	}
	f := &factor{secret: secret.Of(lines[0]), last: time.Now().Unix()/30 - 1}
	fmt.Fprintln(in, code(t, f.secret, f.last*30))
	if code := p.wait(t, startLimit); code != 0 {
		t.Fatalf("operator totp: %d %s", code, p.stderr.String())
	}
	f.recovery, f.printed = shown(t, p.stdout.String())[2:], p.stdout.String()
	return f
}

// next returns a code that was not used yet, waiting for one if there is none.
func (f *factor) next(t testing.TB) string {
	t.Helper()
	const period, reserve = 30, 10
	for {
		second := time.Now().Unix()
		now := second / period
		// The one before is good for as long as the present one lasts.
		first := now
		if second%period < period-reserve {
			first = now - 1
		}
		if step := max(f.last+1, first); step <= now+1 {
			f.last = step
			return code(t, f.secret, step*period)
		}
		time.Sleep(100 * time.Millisecond)
	}
}

func code(t testing.TB, s secret.Secret, at int64) string {
	t.Helper()
	text, err := secret.TOTPCode(s, time.Unix(at, 0))
	if err != nil {
		t.Fatal("make a one-time code")
	}
	return text
}

// runTool runs another program to its end, in bounded time, and returns its output.
func runTool(t testing.TB, path string, args ...string) string {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, path, args...)
	cmd.Env = cleanEnv(nil)
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatal(fmt.Errorf("%s: %w\n%s", path, err, stderr.Bytes()))
	}
	return string(out)
}
