// SPDX-License-Identifier: Apache-2.0

package config

import (
	"bytes"
	"crypto/rand"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"log/slog"
	"strings"
	"testing"
)

func TestConfigNeverPrintsSecrets(t *testing.T) {
	t.Parallel()
	password, urlPassword, queryPassword, keyFile, key := rand.Text(), rand.Text(), rand.Text(), rand.Text(),
		newKey(t)
	c := defaults()
	c.Database = "postgres://user:" + urlPassword + "@db.example.test/x?sslmode=require&pass%77ord=" +
		queryPassword
	c.AdminPassword, c.MasterKey, c.TLSKey = password, key, keyFile
	header := rand.Text()
	c.Trace.Headers = map[string]string{"Authorization": "Bearer " + header}

	out := map[string]string{}
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%d", "%x", "%X"} {
		out[verb] = fmt.Sprintf(verb, c)
		out[verb+" of pointer"] = fmt.Sprintf(verb, &c)
		out[verb+" of holder"] = fmt.Sprintf(verb, struct{ C Config }{c})
	}
	var text, js bytes.Buffer
	slog.New(slog.NewTextHandler(&text, nil)).Info("start", "config", c, "pointer", &c)
	slog.New(slog.NewJSONHandler(&js, nil)).Info("start", "config", c, "pointer", &c, "holder",
		struct{ C Config }{c})
	marshalled, err := json.Marshal(struct{ C Config }{c})
	if err != nil {
		t.Fatal(err)
	}
	out["slog text"], out["slog json"], out["json"] = text.String(), js.String(), string(marshalled)

	secrets := []string{header, password, urlPassword, queryPassword, keyFile, string(key),
		strings.Trim(fmt.Sprint(key), "[]"), fmt.Sprintf("%#v", key), base64.StdEncoding.EncodeToString(key)}
	for _, s := range []string{password, urlPassword, queryPassword, string(key)} {
		secrets = append(secrets, hex.EncodeToString([]byte(s)), strings.ToUpper(hex.EncodeToString([]byte(s))))
	}
	for how, got := range out {
		for _, s := range secrets {
			if strings.Contains(got, s) {
				t.Errorf("%s shows a secret: %s", how, got)
			}
		}
		if !strings.Contains(got, mask) || !strings.Contains(got, "127.0.0.1:8080") {
			t.Errorf("%s should show the rest and %s: %s", how, mask, got)
		}
	}
}

func TestConfigShowsUnsetSecrets(t *testing.T) {
	t.Parallel()
	got := defaults().String()
	want := `config.Config{listen: "127.0.0.1:8080", publicURL: "", trustedProxies: "", ` +
		`proxyHeader: "x-forwarded-for", internalListen: "", tlsCert: "", tlsKey: "", ` +
		`acmeDomains: "", acmeDirectory: "", acmeAcceptTerms: false, acmeEmail: "", acmeCA: "", data: "./gatehouse-data", database: "", logLevel: "INFO", ` +
		`publicRequests: false, console: true, customOrganizationIds: true, newDatabase: false, migrationCopy: true, loginLife: "12h0m0s", rateLimits: true, profileListen: "", ` +
		`traceEndpoint: "", traceCA: "", traceRatio: 1, traceParents: "off", traceHeaders: "", adminPassword: "", masterKey: ""}`
	if got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

func TestMaskURL(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		"":                                   "",
		"postgres://u:p@h:5432/d":            "postgres://u:***@h:5432/d",
		"postgres://u:@h/d":                  "postgres://u:***@h/d",
		"postgres://u@h/d":                   "postgres://u@h/d",
		"postgres:///d?host=/run/postgresql": "postgres:///d?host=/run/postgresql",
		"postgresql://u:p%40q@a:1,b:2/d%40e?sslmode=x":   "postgresql://u:***@a:1,b:2/d%40e?sslmode=x",
		"postgres://h/d?password=p&user=u&sslpassword=q": "postgres://h/d?password=***&user=u&sslpassword=***",
		"postgres://h/d?user=u&PASSWORD=p&password=q=r":  "postgres://h/d?user=u&PASSWORD=***&password=***",
		"postgres://u:p#q@h/d":                           "***",
		"postgres://u:1/p@h/d":                           "***",
		"postgres://u:1?p@h/d":                           "***",
		"postgres://h/d?a=%zz":                           "***",
		"postgres:u:p":                                   "***",
		"host=h password=p":                              "***",
		"no URL \x01 at all":                             "***",
	} {
		if got := maskURL(in); got != want {
			t.Errorf("maskURL(%q): got %q, want %q", in, got, want)
		}
	}
}
