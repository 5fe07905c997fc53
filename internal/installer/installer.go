// SPDX-License-Identifier: Apache-2.0

package installer

import (
	"embed"
	"fmt"
	"regexp"
	"strings"
	"text/template"
	"unicode/utf8"
)

// The targets.
const (
	Linux      = "linux"
	MacOS      = "macos"
	WindowsMSI = "windows-msi"
	Ansible    = "ansible"
	CloudInit  = "cloud-init"
	Terraform  = "terraform"
)

// Targets returns all targets.
func Targets() []string { return []string{WindowsMSI, MacOS, Linux, Ansible, CloudInit, Terraform} }

// Params say what a text is for. Empty members are left out of it.
type Params struct {
	Target   string
	About    []string // lines of a comment
	CodeFile string   // file with the code: on the machine, but for Ansible and Terraform where they run
	Code     string   // text of the code, for cloud-init only

	// What gatehouse enroll gets. Files and folders are on the machine.
	Server, CAFile, Name, State string

	// For Windows only.
	Package  string // file of the MSI package
	Property string // property of the package that takes the code
	Set      []Property
}

// Property is a property of an MSI package with its value.
type Property struct{ Name, Value string }

// DefaultCodeFile returns the file that has the code unless the user chooses another one.
func DefaultCodeFile(target string) string {
	switch target {
	case WindowsMSI:
		return `C:\ProgramData\Gatehouse\code.txt`
	case MacOS:
		return "/private/var/root/gatehouse-code"
	case Linux, CloudInit:
		return "/run/gatehouse-code"
	}
	return "gatehouse-code"
}

//go:embed texts
var texts embed.FS

// language is how a target writes what users choose.
type language struct {
	file           string
	quote, comment func(string) string
}

func languageOf(target string) (language, bool) {
	l, ok := map[string]language{
		Linux:      {"unix.sh", quoteShell, printable},
		MacOS:      {"unix.sh", quoteShell, printable},
		WindowsMSI: {"windows.ps1", quotePowerShell, ascii},
		Ansible:    {"ansible.yml", quoteYAML, printable},
		CloudInit:  {"cloud-init.yml", quoteYAML, printable},
		Terraform:  {"terraform.tf", quoteHCL, printable},
	}[target]
	return l, ok
}

// Text returns the text. An error says what is wrong with the parameters.
func Text(p Params) (string, error) {
	l, ok := languageOf(p.Target)
	if !ok {
		return "", fmt.Errorf("%q is no target: use one of %s", p.Target, strings.Join(Targets(), ", "))
	}
	if err := p.check(); err != nil {
		return "", err
	}
	t, err := template.New(l.file).Delims("[[", "]]").Funcs(template.FuncMap{"quote": l.quote,
		"comment": l.comment, "indent": indent, "shell": shellWords}).ParseFS(texts, "texts/*")
	if err != nil {
		return "", fmt.Errorf("parse the text for %s: %w", p.Target, err)
	}
	var b strings.Builder
	if err := t.ExecuteTemplate(&b, l.file, p); err != nil {
		return "", fmt.Errorf("write the text for %s: %w", p.Target, err)
	}
	return b.String(), nil
}

// Arguments returns what follows the file of the code on the command line of gatehouse enroll.
func (p Params) Arguments() []string {
	args := []string{"--server", p.Server}
	for _, flag := range []struct{ name, value string }{{"--ca-file", p.CAFile}, {"--name", p.Name},
		{"--state", p.State}} {
		if flag.value != "" {
			args = append(args, flag.name, flag.value)
		}
	}
	return args
}

// Mac reports whether the text is for macOS.
func (p Params) Mac() bool { return p.Target == MacOS }

// Script returns the part that all texts for shells share: it enrols with $code_file and the arguments.
func (p Params) Script() (string, error) {
	script, err := texts.ReadFile("texts/enrol.sh")
	return string(script), err
}

// check refuses what no text can say.
func (p Params) check() error {
	values := append([]string{p.CodeFile, p.Code, p.Server, p.CAFile, p.Name, p.State, p.Package, p.Property},
		p.About...)
	for _, set := range p.Set {
		values = append(values, set.Value)
	}
	for _, v := range values {
		if !utf8.ValidString(v) || strings.ContainsRune(v, 0) {
			return fmt.Errorf("%q cannot be written: it is not UTF-8, or has a zero byte", v)
		}
	}
	switch {
	case p.CodeFile == "":
		return fmt.Errorf("no file of the code is given")
	case p.Code != "" && p.Target != CloudInit:
		return fmt.Errorf("a text for %s never has the code itself: the machine reads it from the file", p.Target)
	case p.Target == WindowsMSI:
		return p.checkWindows()
	case p.Server == "":
		return fmt.Errorf("no server is given")
	case p.Target != Ansible && p.Target != Terraform && !strings.HasPrefix(p.CodeFile, "/"):
		return fmt.Errorf("%q is no absolute path: name the file of the code on the machine that is enrolled",
			p.CodeFile)
	}
	return nil
}

func (p Params) checkWindows() error {
	if p.Package == "" || p.Property == "" {
		return fmt.Errorf("give the package, and the name of its property that takes the code")
	}
	for _, set := range append([]Property{{Name: p.Property}}, p.Set...) {
		if !regexp.MustCompile(`^[A-Z_][A-Z0-9_.]*$`).MatchString(set.Name) {
			return fmt.Errorf("%q is no public property of a package: those have capitals, digits, _ and . only",
				set.Name)
		}
	}
	return nil
}
