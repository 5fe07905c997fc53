// SPDX-License-Identifier: Apache-2.0

package e2e

import (
	"os"
	"path/filepath"
	"testing"
)

// TestVendorCommand runs the vendor's command line as its users do. What it
// grabs is a shop's JavaScript, of which there is none here: it says so, and
// ends well once it has logged in, read the registry and asked for the locales.
func TestVendorCommand(t *testing.T) {
	dcuTools(t)
	onBoth(t, func(t *testing.T, e engine) {
		p := start(t, usedSite(t, e))
		password := p.firstPassword()
		c := newClient(t, p.url)
		_, key := c.application(c.token(ccadmin, "admin", password), "shop")
		for name, run := range map[string]struct {
			env  settings
			code int
		}{
			"key":            {settings{"CC_APPLICATION_KEY": key}, 0},
			"password":       {settings{"CC_ADMIN_PASSWORD": password}, 0},
			"wrong key":      {settings{"CC_APPLICATION_KEY": key + "x"}, 1},
			"wrong password": {settings{"CC_ADMIN_PASSWORD": password + "x"}, 1},
		} {
			if code, said := refreshGlobal(t, run.env, p.url); code != run.code {
				t.Errorf("%s: dcu --refresh global ends with %d, want %d:\n%s", name, code, run.code, said)
			}
		}
		p.stop(t)
	})
}

// refreshGlobal runs "dcu --refresh global" in a folder that was grabbed from
// the node before, and returns its exit and its output.
func refreshGlobal(t *testing.T, env settings, node string) (code int, said string) {
	t.Helper()
	_, dir := dcuTools(t)
	index := filepath.Join(dir, "node_modules", "@oraclecc", "dcu", "dcuIndex.js")
	cmd := nodeCommand(t, env, index, "--refresh", "global")
	for _, folder := range []string{".ccc", "global"} {
		if err := os.Mkdir(filepath.Join(cmd.Dir, folder), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	config := marshal(map[string]string{"node": node, "packageVersion": "1.9.0", "commerceCloudVersion": "22.4"})
	if err := os.WriteFile(filepath.Join(cmd.Dir, ".ccc", "config.json"), []byte(config), 0o644); err != nil {
		t.Fatal(err)
	}
	p := launch(t, cmd)
	code = p.wait(t, dcuLimit)
	return code, p.stdout.String() + p.stderr.String()
}
