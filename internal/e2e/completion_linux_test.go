// SPDX-License-Identifier: Apache-2.0

package e2e

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/creack/pty"
)

// Shells complete commands, flags, ids and names of the server, and profiles.
func TestCompletion(t *testing.T) {
	t.Parallel()
	u := atTerminal(t)
	u.login()
	u.ok("org", "create", "Acme Ltd")
	u.ok("org", "create", "Birch Ltd")
	profile := strings.TrimSpace(u.ok("profile", "list", "-q"))
	bin := t.TempDir()
	if err := os.Symlink(binary, filepath.Join(bin, "gatehouse")); err != nil {
		t.Fatal(err)
	}
	u.env = u.env.with("PATH", bin+":"+os.Getenv("PATH"))
	for _, shell := range []struct {
		name     string
		complete func(t *testing.T, u *terminalUser, line string) []string
	}{{"bash", inBash}, {"fish", inFish}, {"zsh", inZsh}} {
		t.Run(shell.name, func(t *testing.T) {
			lookFor(t, shell.name)
			for line, want := range map[string]string{
				"gatehouse org sh":              "show",
				"gatehouse code rota":           "rotate",
				"gatehouse org list --qui":      "--quiet",
				"gatehouse org list --output y": "yaml",
				"gatehouse profile use ":        profile,
				"gatehouse org show ":           "or-100001",
			} {
				got := shell.complete(t, u, line)
				if !slices.Contains(got, want) {
					t.Errorf("%q: %q, want %q", line, got, want)
				}
			}
		})
	}
	// PowerShell is not in Debian: what can be seen is that there is a script.
	u.says([]string{"Register-ArgumentCompleter"}, "completion", "powershell")
	// Without a log-in, and without a server, nothing is completed and nothing is said.
	for _, env := range []settings{{"XDG_CONFIG_HOME": t.TempDir()}, u.env.with("GATEHOUSE_SERVER",
		"http://127.0.0.1:1")} {
		if code, stdout, _ := runCommand(t, env, "__complete", "org", "show", ""); code != 0 || stdout != ":4\n" {
			t.Errorf("without a server: %d %q", code, stdout)
		}
	}
}

// inShell runs a script and returns its lines.
func inShell(t *testing.T, u *terminalUser, args ...string) []string {
	t.Helper()
	cmd := exec.Command(args[0], args[1:]...)
	cmd.Env = cleanEnv(u.env)
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("%q: %v", args, err)
	}
	return strings.Split(strings.TrimSpace(string(out)), "\n")
}

func inBash(t *testing.T, u *terminalUser, line string) []string {
	t.Helper()
	const script = `
source /usr/share/bash-completion/bash_completion
source <(gatehouse completion bash)
COMP_LINE=$1 COMP_POINT=${#1} COMP_TYPE=9
read -ra COMP_WORDS <<<"$1"
[[ $1 == *' ' ]] && COMP_WORDS+=('')
COMP_CWORD=$((${#COMP_WORDS[@]} - 1))
__start_gatehouse
printf '%s\n' "${COMPREPLY[@]}"`
	found := inShell(t, u, "bash", "--norc", "-c", script, "bash", line)
	for i, text := range found { // the word, and what it means
		found[i], _, _ = strings.Cut(strings.TrimSpace(text), " ")
	}
	return found
}

func inFish(t *testing.T, u *terminalUser, line string) []string {
	t.Helper()
	found := inShell(t, u, "fish", "--no-config", "-c", "gatehouse completion fish | source; complete -C "+
		"$argv[1]", line)
	for i, text := range found {
		found[i], _, _ = strings.Cut(text, "\t")
	}
	return found
}

// inZsh types a line and the tabulator. Zsh completes in its line editor only.
func inZsh(t *testing.T, u *terminalUser, line string) []string {
	t.Helper()
	cmd := exec.Command("zsh", "-f", "-i")
	cmd.Env = append(cleanEnv(u.env.with("TERM", "dumb")), "PS1=READY>")
	cmd.Dir = t.TempDir()
	file, err := pty.StartWithSize(cmd, &pty.Winsize{Rows: 50, Cols: 200})
	if err != nil {
		t.Fatal(err)
	}
	p := &typist{t: t, cmd: cmd, file: file, ended: make(chan error, 1)}
	p.readScreen()
	defer func() {
		_ = cmd.Process.Kill()
		<-p.ended
		_ = file.Close()
	}()
	fmt.Fprint(file, "autoload -U compinit; compinit -D -u; source <(gatehouse completion zsh); echo LOA''DED\n")
	p.expect("LOADED\r\n")
	before := strings.Index(p.screen.String(), "LOADED\r\n")
	within(t, startLimit, "the prompt", func() bool {
		return strings.Contains(p.screen.String()[before:],
			"READY>")
	})
	before = len(p.screen.String())
	fmt.Fprintf(file, "%s\x04", line) // Ctrl-D lists, without completing; then comes the prompt again
	within(t, startLimit, "candidates of "+line, func() bool {
		return strings.Contains(p.screen.String()[before:], "READY>")
	})
	return regexp.MustCompile(`[^\s]+`).FindAllString(p.screen.String()[before:], -1)
}
