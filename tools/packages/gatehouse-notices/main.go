// SPDX-License-Identifier: Apache-2.0

// Command gatehouse-notices prints the licences of the modules that a program of Go is linked with, for those
// who get the program and not the modules. It reads them from the module cache, in the folder of the
// program's own module, and fails if a module has none.
package main

import (
	"bytes"
	"debug/buildinfo"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime/debug"
	"strings"
)

func main() {
	if len(os.Args) != 2 {
		fmt.Fprintln(os.Stderr, "usage: gatehouse-notices PROGRAM")
		os.Exit(2)
	}
	text, err := notices(os.Args[1])
	if err == nil {
		_, err = os.Stdout.Write(text)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "notices:", err)
		os.Exit(1)
	}
}

func notices(program string) ([]byte, error) {
	info, err := buildinfo.ReadFile(program)
	if err != nil {
		return nil, err
	}
	goroot, err := run("env", "GOROOT")
	if err != nil {
		return nil, err
	}
	var out bytes.Buffer
	if err := add(&out, "Go "+info.GoVersion, goroot); err != nil {
		return nil, err
	}
	for _, m := range info.Deps {
		dir, err := folder(m)
		if err != nil {
			return nil, err
		}
		if err := add(&out, m.Path+" "+m.Version, dir); err != nil {
			return nil, err
		}
	}
	return out.Bytes(), nil
}

// folder returns the folder of a module in the cache.
func folder(m *debug.Module) (string, error) {
	if m.Replace != nil {
		m = m.Replace
	}
	return run("list", "-m", "-f", "{{.Dir}}", m.Path)
}

func run(args ...string) (string, error) {
	cmd := exec.Command("go", args...)
	cmd.Stderr = os.Stderr
	out, err := cmd.Output()
	if err != nil {
		return "", fmt.Errorf("go %q: %w", args, err)
	}
	return strings.TrimSpace(string(out)), nil
}

// add adds the texts in a folder whose names say that they are a licence or belong to one.
func add(out *bytes.Buffer, name, dir string) error {
	files, err := os.ReadDir(dir)
	if err != nil {
		return err
	}
	legal := regexp.MustCompile(`(?i)^(licen[cs]e|copying|notice|patents)([.-]|$)`)
	found := false
	for _, f := range files {
		if !f.Type().IsRegular() || !legal.MatchString(f.Name()) || strings.HasSuffix(f.Name(), ".go") {
			continue
		}
		text, err := os.ReadFile(filepath.Join(dir, f.Name()))
		if err != nil {
			return err
		}
		found = true
		fmt.Fprintf(out, "=== %s: %s\n\n%s\n\n", name, f.Name(), bytes.TrimSpace(text))
	}
	if !found {
		return fmt.Errorf("%s has no licence in %s", name, dir)
	}
	return nil
}
