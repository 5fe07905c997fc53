// SPDX-License-Identifier: Apache-2.0

package installer

import (
	"flag"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"go.yaml.in/yaml/v3"
)

var update = flag.Bool("update", false, "write the golden files")

// awkward are names with what some language gives a meaning to.
func awkward() []string {
	return []string{"till 11", `O'Brien "the till"`, "$HOME ${HOME} $(id) `id` %{if true} %PATH% $${x} %%{y}",
		"two\nlines\n- third: &a *b !c # d", `C:\new\till`, "{{ lookup('env','HOME') }} {% raw %}", " -n ", "Söhne 店 😀",
		"\u2018curly\u2019 \u201c\u201d \u2028next\u0085 \t\x01\x7f", "'", `\`, "$", "a;b|c&d<e>f!g", "~", "[x]"}
}

func example(target string) Params {
	p := Params{Target: target, CodeFile: DefaultCodeFile(target),
		About: []string{"Organization: or-100001 Acme\nLtd", "Code: tills"}}
	if target == WindowsMSI {
		p.Package, p.Property = `C:\Setup\agent.msi`, "AUTHCODE"
		p.Set = []Property{{"SERVER", "https://gatehouse.example.test"}, {"NAME", `till "11"`}}
		return p
	}
	p.Server, p.CAFile, p.Name = "https://gatehouse.example.test", "/etc/ssl/our ca.pem", "till 11"
	return p
}

func write(t *testing.T, p Params) string {
	t.Helper()
	text, err := Text(p)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

func TestGolden(t *testing.T) {
	t.Parallel()
	cases := map[string]Params{"cloud-init-code": example(CloudInit)}
	for _, target := range Targets() {
		cases[target] = example(target)
	}
	withCode := cases["cloud-init-code"]
	withCode.Code = "GHCEXAMPLE"
	cases["cloud-init-code"] = withCode
	for name, p := range cases {
		got, path := write(t, p), filepath.Join("testdata", name+".golden")
		if *update {
			if err := os.WriteFile(path, []byte(got), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		want, err := os.ReadFile(path)
		if err != nil || string(want) != got {
			t.Errorf("%s differs from its golden file (%v): see go test -update", name, err)
		}
	}
}

func TestRefused(t *testing.T) {
	t.Parallel()
	for want, change := range map[string]func(*Params){
		"no target":        func(p *Params) { p.Target = "bsd" },
		"no absolute path": func(p *Params) { p.CodeFile = "code" },
		"no file of":       func(p *Params) { p.CodeFile = "" },
		"no server":        func(p *Params) { p.Server = "" },
		"never has":        func(p *Params) { p.Code = "GHCEXAMPLE" },
		"zero byte":        func(p *Params) { p.Name = "a\x00b" },
		"not UTF-8":        func(p *Params) { p.Name = "a\xff" },
		"give the package": func(p *Params) { *p = Params{Target: WindowsMSI, CodeFile: "x", Property: "A"} },
		`"Code" is no public`: func(p *Params) {
			*p = Params{Target: WindowsMSI, CodeFile: "x", Package: "x", Property: "Code"}
		},
		`"A B" is no public`: func(p *Params) {
			*p = Params{Target: WindowsMSI, CodeFile: "x", Package: "x", Property: "A", Set: []Property{{"A B", ""}}}
		},
	} {
		p := example(Linux)
		change(&p)
		if text, err := Text(p); err == nil || text != "" || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v", want, err)
		}
	}
}

// A stub of the program writes down its arguments. The shells of the machine run the scripts.
func TestShells(t *testing.T) {
	t.Parallel()
	for _, shell := range []string{"dash", "bash", "zsh", "ksh", "busybox"} {
		path, err := exec.LookPath(shell)
		if err != nil {
			continue
		}
		for _, target := range []string{Linux, MacOS} {
			for _, name := range awkward() {
				p := example(target)
				p.Name, p.CAFile, p.State, p.About = name, "/tmp/"+name, name, []string{name}
				p.CodeFile = "/nowhere/" + name
				script := filepath.Join(t.TempDir(), "enrol "+shell)
				if err := os.WriteFile(script, []byte(write(t, p)), 0o700); err != nil {
					t.Fatal(err)
				}
				args := []string{script}
				if shell == "busybox" {
					args = []string{"sh", script}
				}
				want := append([]string{"enroll", "--code-file", p.CodeFile}, p.Arguments()...)
				if got := runStub(t, exec.Command(path, args...), 0); !slices.Equal(got, want) {
					t.Errorf("%s for %s runs %q, not %q", shell, target, got, want)
				}
			}
		}
	}
}

// runStub runs a command with a stub as the program, and returns the arguments of the stub.
func runStub(t *testing.T, cmd *exec.Cmd, status int) []string {
	t.Helper()
	dir := t.TempDir()
	stub := "#!/bin/sh\nprintf '%s\\0' \"$@\" >\"$STUB\"\nexit $STUB_STATUS\n"
	if err := os.WriteFile(filepath.Join(dir, "gatehouse"), []byte(stub), 0o700); err != nil {
		t.Fatal(err)
	}
	record := filepath.Join(dir, "arguments")
	cmd.Env = append(os.Environ(), "PATH="+dir+":"+os.Getenv("PATH"), "STUB="+record,
		"STUB_STATUS="+strconv.Itoa(status))
	out, err := cmd.CombinedOutput()
	if code := cmd.ProcessState.ExitCode(); code != status {
		t.Fatalf("%q ends with %d: %v %s", cmd.Args, code, err, out)
	}
	written, err := os.ReadFile(record)
	if err != nil {
		t.Fatal(err)
	}
	return strings.Split(strings.TrimSuffix(string(written), "\x00"), "\x00")
}

// The file of the code goes when it is of no more use, and must be closed to others.
func TestCodeFile(t *testing.T) {
	t.Parallel()
	for status, removed := range map[int]bool{0: true, 9: true, 3: false, 5: false, 6: false} {
		dir := t.TempDir()
		p := example(Linux)
		p.CodeFile = filepath.Join(dir, "code")
		script := filepath.Join(dir, "script")
		for path, content := range map[string]string{p.CodeFile: "GHC\n", script: write(t, p)} {
			if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		if err := os.Chmod(p.CodeFile, 0o640); err != nil {
			t.Fatal(err)
		}
		out, err := exec.Command("sh", script).CombinedOutput()
		if err == nil {
			t.Errorf("an open file is taken: %s", out)
		}
		if err := os.Chmod(p.CodeFile, 0o600); err != nil {
			t.Fatal(err)
		}
		runStub(t, exec.Command("sh", script), status)
		if _, err := os.Stat(p.CodeFile); os.IsNotExist(err) != removed {
			t.Errorf("after exit %d the file of the code: %v", status, err)
		}
	}
}

func TestYAML(t *testing.T) {
	t.Parallel()
	for _, name := range awkward() {
		p := example(CloudInit)
		p.Name, p.Code, p.CodeFile, p.About = name, `GHC"\`, "/run/"+name, []string{name}
		var got struct {
			Files []struct{ Path, Content, Permissions string } `yaml:"write_files"`
			Run   [][]string                                    `yaml:"runcmd"`
		}
		if err := yaml.Unmarshal([]byte(write(t, p)), &got); err != nil {
			t.Fatalf("%q: %v", name, err)
		}
		if f := got.Files[0]; f.Path != p.CodeFile || f.Content != p.Code+"\n" || f.Permissions != "0600" {
			t.Errorf("the file is %q", f)
		}
		run := got.Run[0]
		if !slices.Equal(run[4:], append([]string{p.CodeFile}, p.Arguments()...)) {
			t.Errorf("the arguments are %q", run[4:])
		}
		want := append([]string{"enroll", "--code-file", p.CodeFile}, p.Arguments()...)
		if got := runStub(t, exec.Command(run[0], run[1:]...), 0); !slices.Equal(got, want) {
			t.Errorf("it runs %q", got)
		}
	}
}

func TestPowerShellIsASCII(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		"a'b": "'a''b'", "": "''", "$x `y %z": "'$x `y %z'", "ö": "('' + [char]0x00F6)",
		"x’y\n": "('x' + [char]0x2019 + 'y' + [char]0x000A)", "😀": "('' + [char]0xD83D + [char]0xDE00)",
	} {
		if got := quotePowerShell(in); got != want {
			t.Errorf("%q is %s, not %s", in, got, want)
		}
	}
	for _, name := range awkward() {
		p := example(WindowsMSI)
		p.About, p.Package, p.CodeFile, p.Set[0].Value = []string{name}, name, name, name
		for _, r := range write(t, p) {
			if r != '\n' && (r < ' ' || r > '~') {
				t.Fatalf("%q: the script has %q", name, r)
			}
		}
	}
}

// The script is in a heredoc of HCL and in templates of ours: it must have no marks of theirs.
func TestScriptIsPlain(t *testing.T) {
	t.Parallel()
	script, err := Params{}.Script()
	for _, mark := range []string{"${", "%{", "[[", "EOT", "\t"} {
		if err != nil || strings.Contains(script, mark) {
			t.Errorf("the script has %q: %v", mark, err)
		}
	}
}
