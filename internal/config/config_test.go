// SPDX-License-Identifier: Apache-2.0

package config

import (
	"crypto/rand"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"io/fs"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// files is a readFile over a map; no other file exists.
type files map[string]string

func (f files) read(path string) ([]byte, error) {
	text, ok := f[path]
	if !ok {
		return nil, &fs.PathError{Op: "open", Path: path, Err: fs.ErrNotExist}
	}
	return []byte(text), nil
}

// sample is one call of Load.
type sample struct {
	flags map[string]string
	env   map[string]string
	files files
}

func (s sample) load() (Config, error) {
	var environ []string
	for name, value := range s.env {
		environ = append(environ, name+"="+value)
	}
	return Load(s.flags, environ, s.files.read)
}

// newKey makes 32 bytes whose base64 contains both characters in which the two
// alphabets differ.
func newKey(t *testing.T) []byte {
	t.Helper()
	key := make([]byte, masterKeyBytes)
	if _, err := rand.Read(key); err != nil {
		t.Fatal(err)
	}
	copy(key, []byte{0xfb, 0xff, 0xfe})
	return key
}

func defaults() Config {
	return Config{Listen: "127.0.0.1:8080", Data: "./gatehouse-data", LogLevel: slog.LevelInfo, Console: true,
		CustomIDs: true, MigrationCopy: true, LoginLife: 12 * time.Hour,
		RateLimits: true, ProxyHeader: ProxyXForwarded,
		Trace: Trace{Ratio: 1, Parents: TraceParentsOff}}
}

// with returns the default Config after a change.
func with(change func(*Config)) Config {
	c := defaults()
	change(&c)
	return c
}

// fields undoes the masking, so that cmp compares and shows the values.
type fields Config

func TestLoad(t *testing.T) {
	t.Parallel()
	key, password := newKey(t), rand.Text()
	std, urlAlphabet := base64.StdEncoding.EncodeToString(key), base64.URLEncoding.EncodeToString(key)
	database := "postgres://gatehouse:" + password + "@db.example.test:5432/gatehouse?sslmode=disable"
	withKey := with(func(c *Config) { c.MasterKey = key })
	withPassword := with(func(c *Config) { c.AdminPassword = password })

	type kv = map[string]string
	for name, tt := range map[string]struct {
		in   sample
		want Config
	}{
		"defaults": {sample{}, defaults()},
		"others are none of ours": {sample{env: kv{"PATH": "/bin", "gatehouse_x": "1", "XGATEHOUSE_Y": "1"}},
			defaults()},
		"those of the command line": {sample{env: kv{"GATEHOUSE_SERVER": "https://gatehouse.example.test",
			"GATEHOUSE_PROFILE": "x", "GATEHOUSE_ACTIVE_HELP": "0"}}, defaults()},
		"flag": {sample{flags: kv{"listen": "[::1]:0"}},
			with(func(c *Config) { c.Listen = "[::1]:0" })},
		"environment": {sample{env: kv{envListen: ":65535"}},
			with(func(c *Config) { c.Listen = ":65535" })},
		"flag before environment": {sample{flags: kv{"data": "/a"}, env: kv{envData: "/b"}},
			with(func(c *Config) { c.Data = "/a" })},
		"flag hides a faulty environment": {sample{flags: kv{"log-level": "warn"}, env: kv{envLogLevel: "loud"}},
			with(func(c *Config) { c.LogLevel = slog.LevelWarn })},
		"debug": {sample{env: kv{envLogLevel: "debug"}},
			with(func(c *Config) { c.LogLevel = slog.LevelDebug })},
		"error": {sample{env: kv{envLogLevel: "error"}},
			with(func(c *Config) { c.LogLevel = slog.LevelError })},
		"public requests": {sample{env: kv{envPublicRequests: "on"}},
			with(func(c *Config) { c.PublicRequests = true })},
		"no console": {sample{env: kv{envConsole: "off"}}, with(func(c *Config) { c.Console = false })},
		"a new database": {sample{env: kv{envNewDatabase: "on"}},
			with(func(c *Config) { c.NewDatabase = true })},
		"no copy before a migration": {sample{flags: kv{"migration-copy": "off"}},
			with(func(c *Config) { c.MigrationCopy = false })},
		"no chosen ids": {sample{flags: kv{"custom-organization-ids": "off"}},
			with(func(c *Config) { c.CustomIDs = false })},
		"empty database": {sample{env: kv{envDatabase: ""}}, defaults()},
		"database": {sample{env: kv{envDatabase: database}},
			with(func(c *Config) { c.Database = database })},
		"database with several hosts": {
			sample{flags: kv{"database": "postgresql://a:1,b:2/x?target_session_attrs=read-write"}},
			with(func(c *Config) { c.Database = "postgresql://a:1,b:2/x?target_session_attrs=read-write" })},
		"password": {sample{env: kv{envAdminPassword: password}}, withPassword},
		"password file": {sample{env: kv{envAdminPassword + "_FILE": "/p"}, files: files{"/p": password +
			"\n"}}, withPassword},
		"password file of Windows": {sample{env: kv{envAdminPassword + "_FILE": "/p"}, files: files{"/p": password +
			"\r\n"}}, withPassword},
		"only one newline is nobody's": {sample{env: kv{envAdminPassword + "_FILE": "/p"},
			files: files{"/p": password + "\n\n"}},
			with(func(c *Config) { c.AdminPassword = password + "\n" })},
		"shortest password": {sample{env: kv{envAdminPassword: password[:12]}},
			with(func(c *Config) { c.AdminPassword = password[:12] })},
		"longest password": {sample{env: kv{envAdminPassword: strings.Repeat("x", 1024)}},
			with(func(c *Config) { c.AdminPassword = strings.Repeat("x", 1024) })},
		"key in base64":       {sample{env: kv{envMasterKey: std}}, withKey},
		"key unpadded":        {sample{env: kv{envMasterKey: strings.TrimRight(std, "=")}}, withKey},
		"key in URL alphabet": {sample{env: kv{envMasterKey: urlAlphabet}}, withKey},
		"key in URL alphabet, unpadded": {sample{env: kv{envMasterKey: strings.TrimRight(urlAlphabet, "=")}},
			withKey},
		"key in hex": {sample{env: kv{envMasterKey: hex.EncodeToString(key)}}, withKey},
		"key in upper-case hex": {sample{env: kv{envMasterKey: strings.ToUpper(hex.EncodeToString(key))}},
			withKey},
		"key file": {sample{env: kv{envMasterKey + "_FILE": "/k"}, files: files{"/k": std +
			"\n"}}, withKey},
		"a login life": {sample{env: kv{envLoginLife: "30h"}, flags: kv{"login-life": "90m"}},
			with(func(c *Config) { c.LoginLife = 90 * time.Minute })},
		"limits off on loopback": {sample{env: kv{envRateLimits: "off", envListen: "127.8.9.1:1"}},
			with(func(c *Config) { c.RateLimits, c.Listen = false, "127.8.9.1:1" })},
		"limits off on IPv6 loopback": {sample{env: kv{envRateLimits: "off", envListen: "[::1]:1"}},
			with(func(c *Config) { c.RateLimits, c.Listen = false, "[::1]:1" })},
		"limits off on localhost": {sample{env: kv{envRateLimits: "off", envListen: "localhost:1"}},
			with(func(c *Config) { c.RateLimits, c.Listen = false, "localhost:1" })},
		"TLS": {sample{env: kv{envTLSCert: "/c", envTLSKey: "/k"}},
			with(func(c *Config) { c.TLSCert, c.TLSKey = "/c", "/k" })},
		"TLS from both places": {sample{flags: kv{"tls-cert": "./c"}, env: kv{envTLSCert: "/x", envTLSKey: "/k"}},
			with(func(c *Config) { c.TLSCert, c.TLSKey = "./c", "/k" })},
		"public URL": {sample{env: kv{envPublicURL: "https://gatehouse.example.test"}},
			with(func(c *Config) { c.PublicURL = "https://gatehouse.example.test" })},
		"public URL with a port": {sample{flags: kv{"public-url": "https://[2001:db8::1]:8443"}},
			with(func(c *Config) { c.PublicURL = "https://[2001:db8::1]:8443" })},
		"public URL on loopback": {sample{env: kv{envPublicURL: "http://127.0.0.1:8080"}},
			with(func(c *Config) { c.PublicURL = "http://127.0.0.1:8080" })},
		"empty public URL": {sample{env: kv{envPublicURL: ""}}, defaults()},
		"empty TLS":        {sample{env: kv{envTLSCert: "", envTLSKey: ""}}, defaults()},
		"empty profiles": {sample{env: kv{envProfileListen: "", envListen: ":80"}},
			with(func(c *Config) { c.Listen = ":80" })},
		"profiles": {sample{env: kv{envProfileListen: "127.0.0.1:0"}},
			with(func(c *Config) { c.ProfileListen = "127.0.0.1:0" })},
		"profiles on IPv6 loopback": {sample{flags: kv{"profile-listen": "[::1]:6060"}},
			with(func(c *Config) { c.ProfileListen = "[::1]:6060" })},
		"profiles on localhost": {sample{flags: kv{"profile-listen": "localhost:6060"}},
			with(func(c *Config) { c.ProfileListen = "localhost:6060" })},
		"profiles of a public server": {sample{env: kv{envListen: ":80", envProfileListen: "127.0.0.1:1"}},
			with(func(c *Config) { c.Listen, c.ProfileListen = ":80", "127.0.0.1:1" })},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, err := tt.in.load()
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(fields(tt.want), fields(got)); diff != "" {
				t.Errorf("Load (-want +got):\n%s", diff)
			}
		})
	}
}

// TestLoadErrors makes one error at a time. It must be the only one reported, in one
// line that says what to do and contains no secret.
func TestLoadErrors(t *testing.T) {
	t.Parallel()
	key, secret := newKey(t), rand.Text()
	std := base64.StdEncoding.EncodeToString(key)
	at := func(rest string) sample { return sample{env: map[string]string{envDatabase: rest}} }
	env := func(name, value string) sample { return sample{env: map[string]string{name: value}} }

	for name, tt := range map[string]struct {
		in   sample
		want string
	}{
		"unknown flag": {sample{flags: map[string]string{"lissten": secret}},
			`unknown flag "--lissten": did you mean --listen?`},
		"unknown variable": {env("GATEHOUSE_LISEN", secret),
			`"GATEHOUSE_LISEN": did you mean GATEHOUSE_LISTEN?`},
		"unknown secret's file": {env("GATEHOUSE_MASTERKEY_FILE", secret),
			"did you mean GATEHOUSE_MASTER_KEY_FILE?"},
		"unknown with a known start": {env("GATEHOUSE_DATABASE_URL", secret),
			"did you mean GATEHOUSE_DATABASE?"},
		"no file for what is no secret": {env("GATEHOUSE_LISTEN_FILE", secret), "did you mean GATEHOUSE_LISTEN?"},
		"unknown like none":             {env("GATEHOUSE_COLOUR", secret), `"GATEHOUSE_COLOUR": unset it`},
		"unknown over two lines":        {env("GATEHOUSE_A\nB", secret), `"GATEHOUSE_A\nB": unset it`},
		"listen without port": {env(envListen, "127.0.0.1"),
			`GATEHOUSE_LISTEN "127.0.0.1" is not host:port`},
		"listen port too big": {sample{flags: map[string]string{"listen": ":65536"}},
			`--listen ":65536" is not host:port`},
		"listen port name":   {env(envListen, ":http"), "write it like"},
		"listen port signed": {env(envListen, ":-1"), "write it like"},
		"listen empty":       {env(envListen, ""), "write it like"},
		"data empty":         {env(envData, ""), "name a folder"},
		"level": {env(envLogLevel, "INFO\n"),
			`"INFO\n" is unknown: use debug, info, warn or error`},
		"public requests": {env(envPublicRequests, "true"),
			`GATEHOUSE_PUBLIC_REQUESTS "true" is unknown: use on or off`},
		"new database":   {env(envNewDatabase, "1"), `GATEHOUSE_NEW_DATABASE "1" is unknown: use on or off`},
		"migration copy": {env(envMigrationCopy, ""), `GATEHOUSE_MIGRATION_COPY "" is unknown: use on or off`},
		"chosen ids": {env(envCustomIDs, "yes"),
			`GATEHOUSE_CUSTOM_ORGANIZATION_IDS "yes" is unknown: use on or off`},
		"rate limits":   {env(envRateLimits, ""), "use on or off"},
		"no login life": {env(envLoginLife, ""), "12h"}, "a short login life": {env(envLoginLife, "4m59s"),
			"from 5m to 720h"},
		"a long login life":          {env(envLoginLife, "720h1s"), "from 5m to 720h"},
		"a bare number":              {env(envLoginLife, "12"), "12h"},
		"a login life below nothing": {env(envLoginLife, "-12h"), "12h"},
		"public URL without TLS": {env(envPublicURL, "http://gatehouse.example.test"),
			`GATEHOUSE_PUBLIC_URL "http://gatehouse.example.test" is not https`},
		"public URL of another kind": {env(envPublicURL, "ftp://127.0.0.1"), "is not https"},
		"public URL with a slash": {env(envPublicURL, "https://gatehouse.example.test/"),
			"with nothing after the host"},
		"public URL with a path": {env(envPublicURL, "https://gatehouse.example.test/a"),
			"is not the address of a server"},
		"public URL with a query": {env(envPublicURL, "https://gatehouse.example.test?a"),
			"is not the address of a server"},
		"public URL with a fragment": {env(envPublicURL, "https://gatehouse.example.test#"),
			"is not the address of a server"},
		"public URL with a user": {env(envPublicURL, "https://u:"+secret+"@gatehouse.example.test"),
			"is not the address of a server"},
		"public URL without scheme": {env(envPublicURL, "gatehouse.example.test"), "write it like https://"},
		"public URL without host":   {env(envPublicURL, "https://:443"), "is not the address of a server"},
		"public URL in upper case":  {env(envPublicURL, "https://Gatehouse.example.test"), "in lower case"},
		"public URL with an empty port": {env(envPublicURL, "https://gatehouse.example.test:"),
			"is not the address of a server"},
		"public URL with a far port": {env(envPublicURL, "https://gatehouse.example.test:65536"),
			"is not the address of a server"},
		"public URL with a doubled port": {env(envPublicURL, "https://gatehouse.example.test:08"),
			"is not the address of a server"},
		"public URL on something else": {env(envPublicURL, "http://localhost.example.test"), "is not https"},
		"profiles without port": {env(envProfileListen, "127.0.0.1"),
			`GATEHOUSE_PROFILE_LISTEN "127.0.0.1" is not host:port`},
		"profiles everywhere": {env(envProfileListen, ":6060"),
			`GATEHOUSE_PROFILE_LISTEN ":6060" is not on loopback`},
		"profiles on all of IPv6": {env(envProfileListen, "[::]:6060"),
			"listen on 127.0.0.1 or leave it empty"},
		"profiles outside": {sample{flags: map[string]string{"profile-listen": "192.0.2.1:6060"}},
			`--profile-listen "192.0.2.1:6060" is not on loopback`},
		"profiles under a name": {env(envProfileListen, "localhost.example.test:6060"),
			"is not on loopback"},
		"certificate without key": {env(envTLSCert, "/c"),
			"GATEHOUSE_TLS_CERT is set without --tls-key: set both to serve HTTPS, or neither"},
		"key without certificate": {sample{flags: map[string]string{"tls-key": secret}},
			"--tls-key is set without --tls-cert: set both"},
		"certificate with an empty key": {sample{flags: map[string]string{"tls-cert": "/c"},
			env: map[string]string{envTLSKey: ""}},
			"--tls-cert is set without GATEHOUSE_TLS_KEY"},
		"key in place of its file": {sample{env: map[string]string{envTLSCert: "/c",
			envTLSKey: "-----BEGIN PRIVATE KEY-----\n" + secret}},
			"GATEHOUSE_TLS_KEY is not the name of a file: give the path"},
		"limits off everywhere": {sample{env: map[string]string{envRateLimits: "off", envListen: ":8080"}},
			`GATEHOUSE_RATE_LIMITS is off while listening on ":8080"`},
		"limits off outside": {sample{flags: map[string]string{"rate-limits": "off", "listen": "192.0.2.1:80"}},
			"--rate-limits is off while listening"},
		"limits off under a name": {sample{env: map[string]string{envRateLimits: "off",
			envListen: "localhost.example.test:80"}}, "listen on 127.0.0.1"},
		"database of another kind":     {at("mysql://u:" + secret + "@h/d"), "leave it empty for SQLite"},
		"database in upper case":       {at("POSTGRES://u:" + secret + "@h/d"), "leave it empty for SQLite"},
		"database as key=value":        {at("host=h password=" + secret), "leave it empty for SQLite"},
		"database with a bare percent": {at("postgres://u:" + secret + "%@h/d"), "cannot be read as a URL"},
		"database with a bare hash":    {at("postgres://u:1#" + secret + "@h/d"), "%23 for #"},
		"database with a bare slash":   {at("postgres://u:1/" + secret + "@h/d"), "%2F for /"},
		"database with a bare query":   {at("postgres://u:1?" + secret + "@h/d"), "%3F for ?"},
		"database with a bad query":    {at("postgres://u@h/d?password=%zz" + secret), "cannot be read as a URL"},
		"database with a control":      {at("postgres://u:" + secret + "\n@h/d"), "cannot be read as a URL"},
		"secret twice": {sample{env: map[string]string{envMasterKey: std, envMasterKey + "_FILE": "/k"},
			files: files{"/k": std}},
			"both GATEHOUSE_MASTER_KEY and GATEHOUSE_MASTER_KEY_FILE are set: keep one"},
		"secret as the name of its file": {env(envAdminPassword+"_FILE", secret),
			"(file does not exist): give the path"},
		"secret empty": {env(envAdminPassword, ""),
			"empty secret: fill it or unset GATEHOUSE_ADMIN_PASSWORD"},
		"secret file empty": {sample{env: map[string]string{envMasterKey + "_FILE": "/k"},
			files: files{"/k": "\n"}},
			"empty secret: fill it or unset GATEHOUSE_MASTER_KEY_FILE"},
		"password too short": {env(envAdminPassword, secret[:11]),
			"use 12 characters at least and 1024 bytes at most"},
		"password of too few": {env(envAdminPassword, "\u00e4\u00e4\u00e4\u00e4\u00e4\u00e4\u00e4"),
			"use 12 characters"},
		"password too long": {env(envAdminPassword, strings.Repeat(secret, 40)),
			"use 12 characters at least and 1024 bytes at most"},
		"password no text": {env(envAdminPassword, secret+"\xff"), "not UTF-8 text"},
		"key too short": {env(envMasterKey, base64.StdEncoding.EncodeToString(key[1:])),
			"openssl rand -base64 32"},
		"key too long": {env(envMasterKey, base64.StdEncoding.EncodeToString(append(key[:32:32], 1))),
			"openssl rand -base64 32"},
		"key half in hex":       {env(envMasterKey, hex.EncodeToString(key[:31])+"xy"), "64 hex characters"},
		"key in both alphabets": {env(envMasterKey, strings.Replace(std, "+", "-", 1)), "as base64"},
		"key with a newline":    {env(envMasterKey, std[:20]+"\n"+std[20:]), "as base64"},
		"key padded twice":      {env(envMasterKey, std+"="), "as base64"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, err := tt.in.load()
			if err == nil {
				t.Fatal("Load took it")
			}
			text := err.Error()
			if !strings.Contains(text, tt.want) || strings.Contains(text, "\n") {
				t.Errorf("got fault\n%s\nwant one line with %q", text, tt.want)
			}
			for _, leak := range []string{secret[:11], std[:20], hex.EncodeToString(key[:10])} {
				if strings.Contains(text, leak) {
					t.Errorf("the error contains a secret: %s", text)
				}
			}
			if diff := cmp.Diff(fields{}, fields(got)); diff != "" {
				t.Errorf("Config is not zero:\n%s", diff)
			}
		})
	}
}

// TestLoadReportsAllErrors uses a wrong value for every option, and wrong names.
func TestLoadReportsAllErrors(t *testing.T) {
	t.Parallel()
	in := sample{flags: map[string]string{"verbose": "1"}, env: map[string]string{"GATEHOUSE_DEBUG": "1"}}
	for _, o := range Options() {
		in.env[o.Env] = "\x01"
	}
	in.env[envData] = ""
	_, err := in.load()
	if err == nil {
		t.Fatal("Load took it")
	}
	lines := strings.Split(err.Error(), "\n")
	if got, want := len(lines), len(Options())+2; got != want {
		t.Errorf("got %d lines, want %d:\n%s", got, want, err)
	}
	for _, o := range Options() {
		if !strings.Contains(err.Error(), o.Env) {
			t.Errorf("nothing said about %s:\n%s", o.Env, err)
		}
	}
}

// TestLoadForeignReadError: only an error of the file system is safe to repeat.
func TestLoadForeignReadError(t *testing.T) {
	t.Parallel()
	secret := rand.Text()
	_, err := Load(nil, []string{envMasterKey + "_FILE=/k"}, func(string) ([]byte, error) {
		return nil, errors.New("half of it was " + secret)
	})
	if err == nil || strings.Contains(err.Error(), secret) {
		t.Errorf("got %v, want a fault without the cause", err)
	}
}

func TestLoadFirstOfTwoWins(t *testing.T) {
	t.Parallel()
	got, err := Load(nil, []string{envData + "=/a", envData + "=/b"}, files{}.read)
	if err != nil || got.Data != "/a" {
		t.Errorf("got %q, %v, want /a as os.Getenv would", got.Data, err)
	}
}

func TestPaths(t *testing.T) {
	t.Parallel()
	c := Config{Data: "/srv/gate"}
	got := []string{c.SQLitePath(), c.MasterKeyPath()}
	if diff := cmp.Diff([]string{"/srv/gate/gatehouse.db", "/srv/gate/master.key"}, got); diff != "" {
		t.Error(diff)
	}
}

// TestOptions checks the table: a flag's variable is its name in upper case, secrets
// have no flag, and every option has a help text.
func TestOptions(t *testing.T) {
	t.Parallel()
	seen := map[string]bool{}
	for _, o := range Options() {
		if o.Secret != (o.Flag == "") || o.Help == "" || seen[o.Env] {
			t.Errorf("bad option %+v", o)
		}
		if want := envPrefix + strings.ToUpper(strings.ReplaceAll(o.Flag, "-", "_")); !o.Secret && o.Env != want {
			t.Errorf("got %s for --%s, want %s", o.Env, o.Flag, want)
		}
		seen[o.Env] = true
	}
	Options()[0].Env = "changed"
	if Options()[0].Env == "changed" {
		t.Error("Options hands out its own table")
	}
}
