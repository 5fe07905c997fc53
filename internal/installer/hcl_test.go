// SPDX-License-Identifier: Apache-2.0

package installer

import (
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclparse"
	"github.com/hashicorp/hcl/v2/hclsyntax"
)

// The library of Terraform reads the text, and a shell runs the commands that Terraform would send.
func TestHCL(t *testing.T) {
	t.Parallel()
	for _, name := range awkward() {
		p := example(Terraform)
		p.Name, p.CodeFile, p.State, p.About = name, "/tmp/"+name, name, []string{name}
		provisioners := provisionersOf(t, write(t, p))
		if len(provisioners) != 3 {
			t.Fatalf("there are %d provisioners", len(provisioners))
		}
		if got := valuesOf(t, provisioners[1], "source"); got[0] != p.CodeFile {
			t.Errorf("the file is %q, not %q", got, p.CodeFile)
		}
		script := filepath.Join(t.TempDir(), "script")
		lines := valuesOf(t, provisioners[2], "inline")
		if err := os.WriteFile(script, []byte(strings.Join(lines[1:], "\n")), 0o600); err != nil {
			t.Fatal(err)
		}
		want := append([]string{"enroll", "--code-file", "/run/gatehouse-enrol/code"}, p.Arguments()...)
		if got := runStub(t, exec.Command("sh", script), 3); !slices.Equal(got, want) {
			t.Errorf("it runs %q, not %q", got, want)
		}
	}
}

// provisionersOf returns the provisioners of the one resource.
func provisionersOf(t *testing.T, text string) (found []*hclsyntax.Block) {
	t.Helper()
	file, problems := hclparse.NewParser().ParseHCL([]byte(text), "main.tf")
	if problems.HasErrors() {
		t.Fatal(problems)
	}
	for _, resource := range file.Body.(*hclsyntax.Body).Blocks {
		if resource.Type != "resource" {
			continue
		}
		for _, b := range resource.Body.Blocks {
			if b.Type == "provisioner" {
				found = append(found, b)
			}
		}
	}
	return found
}

// valuesOf returns the texts of an attribute.
func valuesOf(t *testing.T, b *hclsyntax.Block, name string) (texts []string) {
	t.Helper()
	v, problems := b.Body.Attributes[name].Expr.Value(&hcl.EvalContext{})
	if problems.HasErrors() {
		t.Fatal(problems)
	}
	if !v.CanIterateElements() {
		return []string{v.AsString()}
	}
	for _, element := range v.AsValueSlice() {
		texts = append(texts, element.AsString())
	}
	return texts
}
