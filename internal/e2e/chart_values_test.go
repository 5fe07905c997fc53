// SPDX-License-Identifier: Apache-2.0

package e2e

import (
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"gatehouse/internal/config"
)

// Values that are wrong are refused, with the name of what is wrong.
func TestChartRefuses(t *testing.T) {
	t.Parallel()
	c := openChart(t)
	for _, test := range []struct{ values, set, want string }{
		{"", "image.repository=r", "/masterKey/secret"},
		{"", "masterKey.secret=k", "/image/repository"},
		{"sqlite", "replicas=2", "/replicas"},
		{"sqlite", "replicas=0", "/replicas"},
		{"sqlite", "database.secret=url", "/database/secret"},
		{"sqlite", "database.type=mysql", "/database/type"},
		{"sqlite", "replica=1", "replica"},
		{"sqlite", "masterKey.value=secret", "value"},
		{"sqlite", "settings.database=postgres://u:p@h/d", "database"},
		{"sqlite", "settings.rate-limits=off", "rate-limits"},
		{"sqlite", "settings.public-requests=true", "/settings/public-requests"},
		{"sqlite", "ingress.enabled=true", "/ingress/host"},
		{"sqlite", "image.digest=sha256:1", "/image/digest"},
		{"sqlite", "persistence.size=10GB", "/persistence/size"},
		{"sqlite", `podLabels.app\.kubernetes\.io/name=other`, "/podLabels"},
		{"postgresql", "database.secret=", "/database/secret"},
		{"postgresql", "persistence.existingClaim=c", "/persistence/existingClaim"},
		{"postgresql", "podDisruptionBudget.maxUnavailable=0", "/podDisruptionBudget/maxUnavailable"},
	} {
		t.Run(test.values+" "+test.set, func(t *testing.T) {
			t.Parallel()
			args := []string{"template", "gatehouse", c.dir, "--set", test.set}
			if test.values != "" {
				args = append(args, "-f", c.values(test.values))
			}
			if out, err := c.run(t, args...); err == nil || !strings.Contains(out, test.want) {
				t.Errorf("helm template: %v %.2000s", err, out)
			}
		})
	}
}

// Each value is described by the schema, and each setting of the schema is one of the server, of
// which the chart decides the others itself.
func TestChartSchema(t *testing.T) {
	t.Parallel()
	var schema struct {
		Properties map[string]struct {
			Properties map[string]any
		}
	}
	raw := must(os.ReadFile(filepath.Join(moduleRoot(t), "packaging/helm/gatehouse/values.schema.json")))(t)
	if err := json.Unmarshal(raw, &schema); err != nil {
		t.Fatal(err)
	}
	own := []string{"config", "listen", "internal-listen", "data", "database", "tls-cert", "tls-key",
		"trace-ca", "acme-domains", "acme-directory", "acme-accept-terms", "acme-email", "acme-ca", "rate-limits",
		"new-database", "profile-listen"}
	for _, o := range config.Options() {
		if o.Flag == "" {
			continue
		}
		if _, ok := schema.Properties["settings"].Properties[o.Flag]; ok == slices.Contains(own, o.Flag) {
			t.Errorf("the setting %s: values.schema.json has it: %v", o.Flag, ok)
		}
	}
}

// A network policy without peers lets nobody in. A rule without peers would let everybody in.
func TestChartNetworkPolicy(t *testing.T) {
	t.Parallel()
	c := openChart(t)
	rules := func(args ...string) []any {
		args = append([]string{"-f", c.values("sqlite"), "--set", "networkPolicy.enabled=true"}, args...)
		o := c.objects(t, args...)
		list, _ := o["NetworkPolicy gatehouse"].at("spec.ingress").([]any)
		return list
	}
	if got := rules(); len(got) != 0 {
		t.Errorf("rules without peers: %v", got)
	}
	got := rules("--set", "networkPolicy.from[0].podSelector.matchLabels.app=proxy")
	if len(got) != 1 || object(got[0].(map[string]any)).at("ports.0.port") != "http" ||
		object(got[0].(map[string]any)).at("from.0.podSelector.matchLabels.app") != "proxy" {
		t.Errorf("rules with a proxy: %v", got)
	}
}
