// SPDX-License-Identifier: Apache-2.0

package e2e

import (
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// chart is the chart of packaging, with helm and a reader of what helm makes.
type chart struct {
	dir, helm, reader string
}

func openChart(t testing.TB) chart {
	t.Helper()
	return chart{filepath.Join(moduleRoot(t), "packaging", "helm", "gatehouse"),
		builtTool(t, "helm", "helm"), builtTool(t, "kubernetes-objects", "helm")}
}

// object is an object of Kubernetes: names to values of JSON.
type object map[string]any

// at returns the value at a path such as spec.template.spec.containers.0; nil if there is none.
func (o object) at(path string) any {
	var v any = map[string]any(o)
	for name := range strings.SplitSeq(path, ".") {
		switch in := v.(type) {
		case map[string]any:
			v = in[name]
		case []any:
			i := 0
			if _, err := fmt.Sscan(name, &i); err != nil || i >= len(in) {
				return nil
			}
			v = in[i]
		default:
			return nil
		}
	}
	return v
}

// run runs helm with a configuration of its own.
func (c chart) run(t testing.TB, args ...string) (out string, err error) {
	t.Helper()
	cmd := exec.Command(c.helm, args...)
	home := t.TempDir()
	cmd.Env = append(cleanEnv(nil), "HELM_CONFIG_HOME="+home, "HELM_CACHE_HOME="+home, "HELM_DATA_HOME="+home)
	b, err := cmd.CombinedOutput()
	return string(b), err
}

// objects renders the chart, reads the result as the API server does, and returns the objects by
// kind and name.
func (c chart) objects(t testing.TB, args ...string) map[string]object {
	t.Helper()
	text, err := c.run(t, append([]string{"template", "gatehouse", c.dir, "--namespace", "access"}, args...)...)
	if err != nil {
		t.Fatalf("helm template %q: %v %s", args, err, text)
	}
	cmd := exec.Command(c.reader)
	cmd.Stdin = strings.NewReader(text)
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("the objects of %q: %v %s", args, err, err.(*exec.ExitError).Stderr)
	}
	var list []object
	if err := json.Unmarshal(out, &list); err != nil {
		t.Fatal(err)
	}
	all := map[string]object{}
	for _, o := range list {
		all[fmt.Sprint(o["kind"], " ", o.at("metadata.name"))] = o
		if o.at("metadata.namespace") != "access" {
			t.Errorf("%v is in the namespace %v", o["kind"], o.at("metadata.namespace"))
		}
	}
	return all
}

// values returns the path of an example of values.
func (c chart) values(name string) string { return filepath.Join(c.dir, "ci", name+".yaml") }

// Each example passes helm's linter, strict, and each object of it the strict reader.
func TestChart(t *testing.T) {
	t.Parallel()
	c := openChart(t)
	always := []string{"ConfigMap gatehouse", "Service gatehouse", "Service gatehouse-internal",
		"ServiceAccount gatehouse"}
	for name, more := range map[string][]string{
		"sqlite":     {"StatefulSet gatehouse"},
		"claim":      {"StatefulSet gatehouse", "NetworkPolicy gatehouse"},
		"postgresql": {"Deployment gatehouse", "PodDisruptionBudget gatehouse"},
		"everything": {"Deployment gatehouse", "PodDisruptionBudget gatehouse", "Ingress gatehouse",
			"NetworkPolicy gatehouse", "ServiceMonitor gatehouse"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if out, err := c.run(t, "lint", "--strict", c.dir, "-f", c.values(name)); err != nil {
				t.Errorf("helm lint: %v %s", err, out)
			}
			all := c.objects(t, "-f", c.values(name))
			want := slices.Sorted(slices.Values(append(slices.Clone(always), more...)))
			if got := slices.Sorted(maps.Keys(all)); !slices.Equal(got, want) {
				t.Errorf("the objects are %q, want %q", got, want)
			}
			for key, o := range all {
				if strings.HasPrefix(key, "Deployment ") || strings.HasPrefix(key, "StatefulSet ") {
					checkPod(t, name, o, all)
				}
			}
		})
	}
	examples := must(filepath.Glob(c.values("*")))(t)
	if len(examples) != 4 {
		t.Errorf("examples: %q", examples)
	}
}

// checkPod checks what no type of Kubernetes says: that names which belong together are the same, and
// that the server takes the settings.
func checkPod(t *testing.T, name string, o object, all map[string]object) {
	t.Helper()
	pod := object(o.at("spec.template.spec").(map[string]any))
	labels := o.at("spec.template.metadata.labels").(map[string]any)
	for key, other := range all {
		for _, path := range []string{"spec.selector", "spec.selector.matchLabels", "spec.podSelector.matchLabels"} {
			selector, ok := other.at(path).(map[string]any)
			if !ok || selector["matchLabels"] != nil || strings.HasPrefix(key, "ServiceMonitor") {
				continue
			}
			for l, v := range selector {
				if labels[l] != v {
					t.Errorf("%s selects %s=%v, and the pod has %v", key, l, v, labels[l])
				}
			}
		}
	}
	if pod.at("automountServiceAccountToken") != false || pod.at("enableServiceLinks") != false {
		t.Error("the pod gets a token, or variables of services")
	}
	env := settings{}
	for _, e := range pod.at("containers.0.env").([]any) {
		v := object(e.(map[string]any))
		if value, ok := v["value"].(string); ok {
			env[v["name"].(string)] = value
		}
	}
	dir := t.TempDir()
	file := filepath.Join(dir, "gatehouse.toml")
	text := all["ConfigMap gatehouse"].at("data").(map[string]any)["gatehouse.toml"].(string)
	key := filepath.Join(dir, "key")
	for path, content := range map[string]string{file: text, key: strings.Repeat("ab", 32)} {
		if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if env["GATEHOUSE_MASTER_KEY_FILE"] != "/run/secrets/gatehouse/master-key" {
		t.Errorf("the key is expected in %s", env["GATEHOUSE_MASTER_KEY_FILE"])
	}
	env["GATEHOUSE_MASTER_KEY_FILE"] = key
	delete(env, "GATEHOUSE_ADMIN_PASSWORD_FILE")
	if code, out, stderr := runCommand(t, env, "config", "check", "--config", file); code != 0 {
		t.Errorf("the server refuses the settings: %s%s\n%s", out, stderr, text)
	}
	_, shown, _ := runCommand(t, env, "config", "show", "--config", file)
	want := []string{":8080", ":9080", "/var/lib/gatehouse/data"}
	if name == "everything" {
		want = append(want, "https://gatehouse.example.test", "fd00::/8", "8h30m", "forwarded", "debug")
	}
	for _, w := range want {
		if !strings.Contains(shown, w) {
			t.Errorf("the settings lack %s: %s", w, shown)
		}
	}
}
