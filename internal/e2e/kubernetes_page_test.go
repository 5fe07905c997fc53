// SPDX-License-Identifier: Apache-2.0

package e2e

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// The examples of docs/kubernetes.md pass the strict reader, and the commands ask kubectl and helm for
// what the chart and the server expect.
func TestKubernetesPage(t *testing.T) {
	t.Parallel()
	lookFor(t, "openssl")
	c := openChart(t)
	blocks := commandsOf(t, "kubernetes.md", "key", "sqlite", "url", "postgresql", "backup")
	dir := t.TempDir()
	for _, b := range fenced(string(must(os.ReadFile(filepath.Join(moduleRoot(t), "docs/kubernetes.md")))(t))) {
		language, name, _ := strings.Cut(b.kind, " ")
		if language != "yaml" {
			continue
		}
		file := filepath.Join(dir, name)
		if err := os.WriteFile(file, []byte(b.text), 0o600); err != nil {
			t.Fatal(err)
		}
		for key, o := range c.objects(t, "-f", file) {
			if strings.HasPrefix(key, "Deployment ") || strings.HasPrefix(key, "StatefulSet ") {
				checkPod(t, name, o, c.objects(t, "-f", file))
			}
		}
	}
	run := func(block string) string {
		cmd := exec.Command("/bin/bash", "-c", fmt.Sprintf(`set -euo pipefail
kubectl() { printf 'kubectl %%s\n' "$*" >>calls; }
helm() { [ "$1 $2" = "upgrade --install" ]; shift 2; %s template "$@"; }
%s`, c.helm, blocks[block]))
		cmd.Dir, cmd.Env = dir, append(cleanEnv(nil), "RECIPIENT=age1x")
		out, err := cmd.CombinedOutput()
		if err != nil {
			t.Fatalf("%s: %v %s", block, err, out)
		}
		return string(out)
	}
	run("key")
	key := must(os.ReadFile(filepath.Join(dir, "gatehouse-master.key")))(t)
	env := settings{"GATEHOUSE_MASTER_KEY": strings.TrimSpace(string(key))}
	if code, _, stderr := runCommand(t, env, "config", "check"); code != 0 {
		t.Errorf("the server refuses the key: %s", stderr)
	}
	run("url")
	run("backup")
	calls := string(must(os.ReadFile(filepath.Join(dir, "calls")))(t))
	for _, want := range []string{"create secret generic gatehouse-master-key --namespace gatehouse --from-file=master-key=",
		"create secret generic gatehouse-database --namespace gatehouse --from-file=url="} {
		if !strings.Contains(calls, want) {
			t.Errorf("kubectl is not asked to %s: %s", want, calls)
		}
	}
	runTool(t, "tar", "-czf", filepath.Join(dir, "gatehouse-chart.tgz"), "-C", filepath.Dir(c.dir), "gatehouse")
	for block, want := range map[string]string{"sqlite": "kind: StatefulSet", "postgresql": "kind: Deployment"} {
		if out := run(block); !strings.Contains(out, want) || !strings.Contains(out, "namespace: gatehouse\n") {
			t.Errorf("%s does not make %s", block, want)
		}
	}
	all := c.objects(t, "-f", filepath.Join(dir, "postgresql.yaml"))["Deployment gatehouse"]
	if got := all.at("spec.template.spec.containers.0.env.4.valueFrom.secretKeyRef"); fmt.Sprint(got) !=
		"map[key:url name:gatehouse-database]" {
		t.Errorf("the URL of the database is %v", got)
	}
}
