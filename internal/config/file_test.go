// SPDX-License-Identifier: Apache-2.0

package config

import (
	"crypto/rand"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// fromFile is a call of Load with a configuration file.
func fromFile(text string) sample {
	return sample{flags: map[string]string{"config": "/c.toml"}, files: files{"/c.toml": text}}
}

func TestConfigFile(t *testing.T) {
	t.Parallel()
	in := fromFile("# a comment\nlisten = \"[::1]:1\"\npublic-requests = true\nrate-limits = false\n" +
		"trusted-proxies = [\"127.0.0.1\", \"fd00::/8\"]\nlogin-life = \"1h\"\ndata = \"/a\"\nlog-level=\"warn\"\n")
	in.flags["data"] = "/b"
	in.env = map[string]string{envLogLevel: "error"}
	c, err := in.load()
	if err != nil {
		t.Fatal(err)
	}
	if !c.PublicRequests || c.RateLimits || len(c.TrustedProxies) != 2 || c.LoginLife.Hours() != 1 ||
		c.Listen != "[::1]:1" {
		t.Errorf("not all of the file was taken: %v", c)
	}
	if c.Data != "/b" || c.LogLevel.String() != "ERROR" {
		t.Errorf("the file came before a flag or a variable: %v", c)
	}
	in = sample{env: map[string]string{envConfig: "/c.toml"}, files: files{"/c.toml": ""}}
	if c, err = in.load(); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(fields(defaults()), fields(c)); diff != "" {
		t.Errorf("an empty file changes something: %s", diff)
	}
}

// Each fault is told by its name and without its value, which may be a secret, and keeps Load
// from returning anything.
func TestConfigFileErrors(t *testing.T) {
	t.Parallel()
	secret := rand.Text()
	for text, want := range map[string]string{
		"publc-requests = \"" + secret +
			"\"": `unknown name "publc-requests" in the configuration file: did you mean public-requests?`,
		"config = \"" + secret + "\"":           `unknown name "config"`,
		"GATEHOUSE_LISTEN = \"" + secret + "\"": `unknown name "GATEHOUSE_LISTEN"`,
		"master-key = \"" + secret +
			"\"": "from GATEHOUSE_MASTER_KEY or from the file that GATEHOUSE_MASTER_KEY_FILE names",
		"admin-password = \"" + secret + "\"":     "GATEHOUSE_ADMIN_PASSWORD_FILE",
		"log-level = 3":                           "write log-level = \"value\"",
		"trusted-proxies = [1]":                   "write trusted-proxies",
		"[listen]\nhost = \"" + secret + "\"":     "\"listen\" is a table in the configuration file",
		"[server]\nlisten = \"" + secret + "\"":   "without the line [server]",
		"[[server]]\nlisten = \"" + secret + "\"": "without the line [server]",
		"database = \"postgres://u:" + secret + "@127.0.0.1/x\"": "give the URL in GATEHOUSE_DATABASE, or leave the " +
			"password out",
		"database = \"postgres://127.0.0.1/x?user=u&password=" + secret + "\"": `"database" in the configuration file ` +
			"has a password",
		"database = \"postgres://127.0.0.1/x?sslpassword=" + secret + "\"": "~/.pgpass",
		"database = \"postgres://u:12/" + secret + "@127.0.0.1/x\"":        "cannot be read as a URL",
		"\n\ndata = " + secret + " x":                                      "is not TOML: see line 3",
		"data = \"a\"\ndata = \"" + secret + "\"":                          "is not TOML: see line 2",
		"log-level = \"loud\"":                                             `"log-level" in the configuration file "loud" is unknown`,
		"public-requests = \"true\"":                                       `"public-requests" in the configuration file "true" is unknown`,
		"listen = \"\"":                                                    `"listen" in the configuration file "" is not host:port`,
		"tls-cert = \"/a\"":                                                `"tls-cert" in the configuration file is set without --tls-key`,
	} {
		_, err := fromFile(text).load()
		if err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "\n") {
			t.Errorf("%s: %v, want %q", text, err, want)
		}
		if err != nil && strings.Contains(err.Error(), secret) {
			t.Errorf("%s: the error has the value: %v", text, err)
		}
	}
	_, err := sample{flags: map[string]string{"config": "/none.toml"}}.load()
	if err == nil || !strings.Contains(err.Error(), `--config "/none.toml" cannot be read`) {
		t.Errorf("no file: %v", err)
	}
}

func TestShow(t *testing.T) {
	t.Parallel()
	secret := rand.Text()
	in := fromFile("log-level = \"warn\"\ndatabase = \"postgres://u@127.0.0.1/y\"")
	in.flags["data"] = "/d"
	in.flags["database"] = "postgres://u:" + secret + "@127.0.0.1/x"
	environ := []string{envPublicRequests + "=on", envAdminPassword + "=" + secret, envMasterKey + "_FILE=/key"}
	settings, err := Show(in.flags, environ, files{"/c.toml": in.files["/c.toml"], "/key": "short"}.read)
	if err == nil || !strings.Contains(err.Error(), envMasterKey) {
		t.Errorf("the error of Load is missing: %v", err)
	}
	got := map[string]Setting{}
	for _, s := range settings {
		got[s.Name] = s
		if strings.Contains(s.Value, secret) {
			t.Errorf("%s shows a secret: %s", s.Name, s.Value)
		}
	}
	if len(got) != len(Options()) {
		t.Errorf("%d of %d settings are shown", len(got), len(Options()))
	}
	for _, want := range []Setting{{"data", "/d", "--data"}, {"log-level", "warn", "the configuration file"},
		{"public-requests", "on", envPublicRequests}, {"listen", "127.0.0.1:8080", "default"},
		{envAdminPassword, mask, envAdminPassword}, {envMasterKey, mask, envMasterKey + "_FILE"},
		{"database", "postgres://u:" + mask + "@127.0.0.1/x", "--database"}} {
		if got[want.Name] != want {
			t.Errorf("%v, want %v", got[want.Name], want)
		}
	}
}

func TestChanged(t *testing.T) {
	t.Parallel()
	show := func(text string) []Setting {
		t.Helper()
		in := fromFile(text)
		settings, err := Show(in.flags, nil, in.files.read)
		if err != nil {
			t.Fatal(err)
		}
		return settings
	}
	now, atStart := Changed(show("data = \"/a\"\nlisten = \":1\""),
		show("public-requests = true\nlisten = \":2\"\ndata = \"/a\""))
	if strings.Join(now, " ") != "public-requests" || strings.Join(atStart, " ") != "listen" {
		t.Errorf("now %q, at the next start %q", now, atStart)
	}
	now, atStart = Changed(show(""), show(""))
	if len(now)+len(atStart) > 0 {
		t.Errorf("nothing changed, but %q and %q", now, atStart)
	}
}
