// SPDX-License-Identifier: Apache-2.0

package e2e

import (
	"errors"
	"fmt"
	"image/color"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/creack/pty"
	"golang.org/x/sys/unix"

	"gatehouse/internal/secret"
)

// typist is a command in a terminal of its own, and what was shown there.
type typist struct {
	t      *testing.T
	cmd    *exec.Cmd
	file   *os.File
	screen output
	ended  chan error
}

// inTerminal starts a command in a terminal that is some columns wide.
func (u *terminalUser) inTerminal(columns int, args ...string) *typist {
	u.Helper()
	u.typed[strings.Join(args, " ")] = true
	cmd := command(u.env.with("TERM", "xterm"), args...)
	file, err := pty.StartWithSize(cmd, &pty.Winsize{Rows: 24, Cols: uint16(columns)})
	if err != nil {
		u.Fatal(err)
	}
	p := &typist{t: u.T, cmd: cmd, file: file, ended: make(chan error, 1)}
	p.readScreen()
	u.Cleanup(func() {
		_ = cmd.Process.Kill() // it may have ended
		_ = file.Close()
	})
	return p
}

// readScreen keeps what the command shows, until it ends.
func (p *typist) readScreen() {
	read := make(chan struct{})
	go func() {
		defer close(read)
		_, _ = io.Copy(&p.screen, p.file) // it ends with an error when the program does
	}()
	go func() {
		err := p.cmd.Wait()
		<-read
		p.ended <- err
	}()
}

// expect waits until a text is on the screen.
func (p *typist) expect(text string) {
	p.t.Helper()
	within(p.t, startLimit, text, func() bool { return strings.Contains(p.screen.String(), text) })
}

// answer waits for a question and types a line. The echo is switched off right after the question.
func (p *typist) answer(question, line string) {
	p.t.Helper()
	p.expect(question)
	time.Sleep(100 * time.Millisecond)
	fmt.Fprintf(p.file, "%s\n", line)
}

// end waits for the end, and returns the exit code and the screen.
func (p *typist) end() (code int, screen string) {
	p.t.Helper()
	select {
	case err := <-p.ended:
		var exit *exec.ExitError
		if err != nil && !errors.As(err, &exit) {
			p.t.Fatal(err)
		}
	case <-time.After(startLimit):
		p.t.Fatalf("the command does not end: %s", p.screen.String())
	}
	return p.cmd.ProcessState.ExitCode(), strings.ReplaceAll(p.screen.String(), "\r\n", "\n")
}

// shows runs a command in a terminal, which must succeed, and returns what it shows.
func (u *terminalUser) shows(columns int, args ...string) string {
	u.Helper()
	code, screen := u.inTerminal(columns, args...).end()
	if code != 0 {
		u.Fatalf("%q: %d %s", args, code, screen)
	}
	return screen
}

// Tables fit terminals of each width. NO_COLOR has no titles in bold.
func TestTablesInATerminal(t *testing.T) {
	t.Parallel()
	u := atTerminal(t, "--public-requests", "on")
	u.login()
	u.ok("org", "create", "日本語の長い名前の株式会社", "--description", "x")
	u.ok("org", "create", "An organization whose name is much longer than any narrow terminal could show at "+
		"once")
	u.ok("org", "create", "Zoë 👩 Ltd")
	u.ok("code", "create", "100001", "--name", "tills of all shops in the north", "--expires",
		"2030-01-01T00:00:00Z", "--max-uses", "5", "--secret-file", filepath.Join(t.TempDir(), "code"))
	u.ok("request", "submit", "Cedar", "--email", "cy@a-rather-long-domain.example.test")
	u.ok("app", "create", "Shop", "--expires", "2030-01-01T00:00:00Z", "--secret-file",
		filepath.Join(t.TempDir(), "key"))
	for _, columns := range []int{40, 80, 200} {
		var all strings.Builder
		for _, args := range [][]string{{"org", "list", "--sort", "id:asc"}, {"org", "show", "100002"},
			{"code", "list", "100001"}, {"request", "list"}, {"client", "list"}, {"app", "list"}, {"operator", "list"},
			{"profile", "list"}, {"audit", "list", "--count", "3"}} {
			screen := steady(u.shows(columns, args...))
			for _, line := range strings.Split(screen, "\n") {
				plain := regexp.MustCompile("\x1b\\[[01]m").ReplaceAllString(line, "")
				if args[1] == "list" && len([]rune(plain)) > columns || strings.ContainsAny(plain, "\x1b\u202e") {
					t.Errorf("%d columns, %q: %q", columns, args, line)
				}
			}
			fmt.Fprintf(&all, "$ gatehouse %s\n%s\n", strings.Join(args, " "), screen)
		}
		golden(t, fmt.Sprintf("tables-%d.txt", columns), all.String())
	}
	u.env = u.env.with("NO_COLOR", "1")
	if screen := u.shows(80, "org", "list"); strings.Contains(screen, "\x1b") {
		t.Errorf("with NO_COLOR: %q", screen)
	}
}

// A person logs in with what the terminal asks for, and sees no secret.
func TestLogInAtATerminal(t *testing.T) {
	t.Parallel()
	u := atTerminal(t)
	p := u.inTerminal(80, "login", "--server", u.url)
	p.answer("Username: ", "admin")
	p.answer("Password of admin: ", u.site.password)
	code, screen := p.end()
	if code != 0 || strings.Contains(screen, u.site.password) || !strings.Contains(screen, "Logged in to") {
		t.Fatalf("log in: %d %s", code, strings.ReplaceAll(screen, u.site.password, "PASSWORD"))
	}
	p = u.inTerminal(80, "login") // the same again: the name is known
	p.answer("Password of admin: ", "not it")
	p.answer("second factor, type its one-time code (Enter: none): ", "")
	if code, screen := p.end(); code != 3 || !strings.Contains(screen, "wrong") {
		t.Errorf("a wrong password: %d %s", code, screen)
	}
	u.ok("org", "create", "Acme Ltd")
	for _, answer := range []struct {
		text string
		code int
	}{{"", 1}, {"n", 1}, {"yess", 1}, {"y", 0}} {
		p := u.inTerminal(80, "org", "deactivate", "Acme Ltd")
		p.answer("Keep the organization or-100001 (Acme Ltd) out, with its people, clients and codes? [y/N] ",
			answer.text)
		if code, screen := p.end(); code != answer.code || code == 1 && !strings.Contains(screen,
			"nothing was changed") {
			t.Errorf("answer %q: %d %s", answer.text, code, screen)
		}
	}
}

// A signal ends a question at once, and leaves the terminal as it was.
func TestInterruptedQuestions(t *testing.T) {
	t.Parallel()
	u := atTerminal(t)
	p := u.inTerminal(80, "login", "--server", u.url, "--username", "admin")
	p.expect("Password of admin: ")
	time.Sleep(100 * time.Millisecond)
	if echoes(t, p.file) {
		t.Error("the password is shown")
	}
	fmt.Fprint(p.file, "\x03") // Ctrl-C
	if code, screen := p.end(); code != 130 || !strings.Contains(screen, "interrupted") {
		t.Errorf("Ctrl-C: %d %s", code, screen)
	}
	if !echoes(t, p.file) {
		t.Error("the terminal does not show what is typed any more")
	}
	p = u.inTerminal(80, "login", "--server", u.url)
	p.expect("Username: ")
	if err := p.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	if code, _ := p.end(); code != 130 {
		t.Errorf("SIGTERM: %d", code)
	}
}

// The person enrols a second factor over the server, logs in with it, and removes it.
func TestSecondFactorOverAServer(t *testing.T) {
	t.Parallel()
	u := atTerminal(t)
	u.login()
	p := u.inTerminal(200, "operator", "totp", "admin", "--server", u.url, "--show-secrets")
	p.answer("Password: ", u.site.password)
	p.expect("Type the code that the app shows now.")
	f := &factor{secret: secret.Of(regexp.MustCompile(`(?m)^    ([A-Z2-7]{16,})\r?$`).FindStringSubmatch(
		p.screen.String())[1]), last: time.Now().Unix()/30 - 2}
	p.answer("One-time code: ", f.next(t))
	code, screen := p.end()
	recovery := regexp.MustCompile(`(?m)^    (\S+)$`).FindAllStringSubmatch(screen, -1)
	if code != 0 || len(recovery) < 10 {
		t.Fatalf("enrol: %d %s", code, screen)
	}
	p = u.inTerminal(80, "login")
	p.answer("Password of admin: ", u.site.password)
	p.answer("(Enter: none): ", f.next(t))
	if code, screen := p.end(); code != 0 {
		t.Fatalf("log in with a second factor: %d %s", code, screen)
	}
	p = u.inTerminal(80, "login", "--recovery-code")
	p.answer("Password of admin: ", u.site.password)
	p.answer("Recovery code: ", recovery[len(recovery)-1][1])
	if code, screen := p.end(); code != 0 || strings.Contains(screen, recovery[len(recovery)-1][1]) {
		t.Fatalf("log in with a recovery code: %d %s", code, screen)
	}
	p = u.inTerminal(80, "operator", "totp", "admin", "--remove", "--server", u.url)
	p.answer("Password: ", u.site.password)
	p.answer("One-time code: ", f.next(t))
	if code, screen := p.end(); code != 0 || !strings.Contains(screen, "password alone") {
		t.Fatalf("remove: %d %s", code, screen)
	}
}

// zbarimg reads the QR code of a code.
func TestQRCodeOfACode(t *testing.T) {
	t.Parallel()
	zbar := lookFor(t, "zbarimg")
	u := atTerminal(t)
	u.login()
	u.ok("org", "create", "Acme Ltd")
	file := filepath.Join(t.TempDir(), "code")
	u.ok("code", "create", "Acme Ltd", "--name", "tills", "--expires", "1h", "--max-uses", "1",
		"--secret-file", file)
	want := u.secret(file)
	screen := u.shows(80, "code", "show", "Acme Ltd", "tills", "--qr", "--show-secrets")
	for _, ground := range []color.Gray{{Y: 0}, {Y: 255}} {
		got := strings.TrimSpace(runTool(t, zbar, "--quiet", "--raw", drawn(t, screen, ground)))
		if got != want {
			t.Errorf("zbarimg reads another text on a ground of %d", ground.Y)
		}
	}
}

// echoes reports whether a terminal shows what is typed.
func echoes(t *testing.T, f *os.File) bool {
	t.Helper()
	state, err := unix.IoctlGetTermios(int(f.Fd()), unix.TCGETS)
	if err != nil {
		t.Fatal(err)
	}
	return state.Lflag&unix.ECHO != 0
}
