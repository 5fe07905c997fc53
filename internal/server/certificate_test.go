// SPDX-License-Identifier: Apache-2.0

package server

import (
	"bytes"
	"log/slog"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"gatehouse/internal/certtest"
)

// load returns a pair as the server reads it.
func load(t *testing.T, p certtest.Pair) *Certificate {
	t.Helper()
	cert, key := p.Write(t, t.TempDir())
	c, err := LoadCertificate(cert, key, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// logged is load from a folder of the test's, with the log.
func logged(t *testing.T, p certtest.Pair, dir string) (*Certificate, *bytes.Buffer) {
	t.Helper()
	cert, key := p.Write(t, dir)
	var out bytes.Buffer
	c, err := LoadCertificate(cert, key, slog.New(slog.NewTextHandler(&out, nil)))
	if err != nil {
		t.Fatal(err)
	}
	return c, &out
}

// shows reports whether the certificate is the one of the pair.
func (c *Certificate) shows(p certtest.Pair) bool {
	want, err := pem{cert: p.Cert, key: p.Key}.parse()
	return err == nil && bytes.Equal(want.Leaf.Raw, c.current.Load().Leaf.Raw)
}

func TestLoadCertificateFaults(t *testing.T) {
	t.Parallel()
	ca, dir := certtest.New(t), t.TempDir()
	one, two := ca.Issue(), ca.Issue()
	cert, key := one.Write(t, dir)
	write := func(name string, content []byte) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, content, 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	other, empty, large := write("other", two.Key), write("empty", nil),
		write("large", make([]byte, maxCertificateFile+1))
	const first, second = "--tls-cert names", "--tls-key names a file that cannot be read"
	for name, tt := range map[string]struct {
		cert, key string
		want      []string
	}{
		"no certificate": {filepath.Join(dir, "none"), key, []string{first, "none", "no such file"}},
		"no key":         {cert, filepath.Join(dir, "none"), []string{second, "no such file"}},
		"neither": {filepath.Join(dir, "none"), filepath.Join(dir, "nothing"),
			[]string{first, "\n" + second}},
		"a folder":  {dir, key, []string{first, "not a regular file"}},
		"a device":  {cert, "/dev/zero", []string{second, "not a regular file"}},
		"too large": {large, key, []string{first, "too large"}},
		"key of another certificate": {cert, other, []string{"--tls-cert cannot be used with the key of --tls-key",
			"does not match"}},
		"taken for each other": {key, cert, []string{"--tls-cert cannot be used with the key of --tls-key",
			"may have been switched"}},
		"empty key":         {cert, empty, []string{"--tls-cert cannot be used", "key input"}},
		"empty certificate": {empty, key, []string{"--tls-cert cannot be used", "certificate input"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := LoadCertificate(tt.cert, tt.key, slog.New(slog.DiscardHandler))
			if err == nil {
				t.Fatal("it was taken")
			}
			for _, want := range tt.want {
				if !strings.Contains(err.Error(), want) {
					t.Errorf("got %q, want %q in it", err, want)
				}
			}
			if strings.Contains(err.Error(), tt.key) {
				t.Errorf("the error contains the path of the key: %s", err)
			}
		})
	}
}

// A pair that does not match changes nothing, is logged once, and is tried again.
func TestReload(t *testing.T) {
	t.Parallel()
	ca, dir := certtest.New(t), t.TempDir()
	one, two, three := ca.Issue(), ca.Issue(), ca.Issue()
	c, log := logged(t, one, dir)
	log.Reset()
	step := func(what string, p, want certtest.Pair, loaded, warned int) {
		t.Helper()
		p.Write(t, dir)
		c.reload()
		c.reload()
		if !c.shows(want) {
			t.Errorf("%s: another certificate is shown", what)
		}
		if got := strings.Count(log.String(), "TLS certificate"); got != loaded {
			t.Errorf("%s: %d certificates are logged, want %d:\n%s", what, got, loaded, log)
		}
		if got := strings.Count(log.String(), "the former certificate stays"); got != warned {
			t.Errorf("%s: %d warnings, want %d:\n%s", what, got, warned, log)
		}
		if strings.Contains(log.String(), dir) {
			t.Errorf("%s: the log contains the paths of the files", what)
		}
		log.Reset()
	}
	step("nothing new", one, one, 0, 0)
	step("both at once", two, two, 1, 0)
	step("certificate first", certtest.Pair{Cert: three.Cert, Key: two.Key}, two, 0, 1)
	step("key last", three, three, 1, 0)
	step("key first", certtest.Pair{Cert: three.Cert, Key: one.Key}, three, 0, 1)
	step("certificate last", one, one, 1, 0)
	step("garbage", certtest.Pair{Cert: []byte("x"), Key: one.Key}, one, 0, 1)
	step("the former again", one, one, 0, 0)
	step("garbage again", certtest.Pair{Cert: []byte("x"), Key: one.Key}, one, 0, 1)
	step("empty, which is the same fault", certtest.Pair{}, one, 0, 0)
	step("another fault", certtest.Pair{Cert: three.Cert, Key: one.Key}, one, 0, 1)
	step("one again", one, one, 0, 0)

	if err := os.Remove(c.keyFile); err != nil {
		t.Fatal(err)
	}
	c.reload()
	c.reload()
	if got := strings.Count(log.String(), "no such file"); got != 1 || !c.shows(one) {
		t.Errorf("a missing key is logged %d times:\n%s", got, log)
	}
	log.Reset()
	step("it is back", two, two, 1, 0)
}

// Kubernetes puts the files into a folder that a symbolic link names, and replaces the link.
func TestReloadThroughLinks(t *testing.T) {
	t.Parallel()
	ca, dir := certtest.New(t), t.TempDir()
	one, two := ca.Issue(), ca.Issue()
	link := func(name, to string) {
		t.Helper()
		temp := filepath.Join(dir, "temp")
		if err := os.Symlink(to, temp); err != nil {
			t.Fatal(err)
		}
		if err := os.Rename(temp, filepath.Join(dir, name)); err != nil {
			t.Fatal(err)
		}
	}
	for version, p := range map[string]certtest.Pair{"..1": one, "..2": two} {
		if err := os.Mkdir(filepath.Join(dir, version), 0o700); err != nil {
			t.Fatal(err)
		}
		p.Write(t, filepath.Join(dir, version))
	}
	link("..data", "..1")
	link("tls.crt", "..data/tls.crt")
	link("tls.key", "..data/tls.key")
	c, err := LoadCertificate(filepath.Join(dir, "tls.crt"), filepath.Join(dir, "tls.key"),
		slog.New(slog.DiscardHandler))
	if err != nil || !c.shows(one) {
		t.Fatalf("the first: %v", err)
	}
	link("..data", "..2")
	if c.reload(); !c.shows(two) {
		t.Error("the swap was not seen")
	}
}

// A certificate that clients will refuse, and a key that others may read, cause a warning.
func TestCertificateWarnings(t *testing.T) {
	t.Parallel()
	ca, now := certtest.New(t), time.Now()
	const early, late, open = "NOT VALID YET", "HAS EXPIRED", "OTHER USERS"
	for name, tt := range map[string]struct {
		from, to time.Duration
		mode     os.FileMode
		want     string
	}{
		"good":                 {-time.Hour, time.Hour, 0o600, ""},
		"readable by a group":  {-time.Hour, time.Hour, 0o640, ""},
		"expired":              {-time.Hour, -time.Minute, 0o600, late},
		"not valid yet":        {time.Hour, 2 * time.Hour, 0o600, early},
		"readable by all":      {-time.Hour, time.Hour, 0o644, open},
		"changeable by others": {-time.Hour, time.Hour, 0o602, open},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			c, log := logged(t, ca.IssueFor(now.Add(tt.from), now.Add(tt.to)), dir)
			if err := os.Chmod(c.keyFile, tt.mode); err != nil {
				t.Fatal(err)
			}
			c.current.Store(&pair{Certificate: c.current.Load().Certificate}) // as if it were new
			log.Reset()
			c.reload()
			warnings := strings.Count(log.String(), "level=WARN")
			if tt.want == "" && warnings != 0 || tt.want != "" && (warnings != 1 || !strings.Contains(log.String(),
				tt.want)) {
				t.Errorf("want a warning with %q, got:\n%s", tt.want, log)
			}
			if !strings.Contains(log.String(), "level=INFO") || strings.Contains(log.String(), dir) {
				t.Errorf("the log should name the certificate, not its files:\n%s", log)
			}
		})
	}
}

// The log warns of a certificate's end in time, once a day, and at the end itself. After
// a new certificate there is no further warning.
func TestCertificateReminder(t *testing.T) {
	t.Parallel()
	const soon, late = "ends soon", "HAS EXPIRED"
	ca, day, start := certtest.New(t), 24*time.Hour, time.Now().Add(-time.Hour).Truncate(time.Second)
	for name, tt := range map[string]struct {
		life  time.Duration
		steps map[time.Duration]string // after the start of its life; in between, nothing
	}{
		"of a year": {365 * day, map[time.Duration]string{351*day + time.Hour: soon, 352*day + time.Hour: soon,
			365*day + time.Second: late, 366*day + time.Second: late}},
		"of a week": {7 * day, map[time.Duration]string{5*day + 7*time.Hour: soon, 6*day + 7*time.Hour: soon,
			7*day + time.Second: late}},
	} {
		dir := t.TempDir()
		c, log := logged(t, ca.IssueFor(start, start.Add(tt.life)), dir)
		steps := slices.Sorted(maps.Keys(tt.steps))
		for i, at := range steps {
			before := at - 2*time.Hour
			if i > 0 {
				before = min(steps[i-1]+day-time.Minute, (steps[i-1]+at)/2)
			}
			for _, now := range []time.Duration{before, at, at + time.Second} {
				log.Reset()
				c.remind(start.Add(now))
				if want := tt.steps[now]; want == "" && log.Len() > 0 || !strings.Contains(log.String(), want) {
					t.Errorf("%s, after %v: want %q, got %s", name, now, want, log)
				}
			}
		}
		ca.IssueFor(start, start.Add(1000*day)).Write(t, dir)
		c.reload()
		log.Reset()
		c.remind(start.Add(366 * day))
		if log.Len() > 0 {
			t.Errorf("%s: there is another: %s", name, log)
		}
	}
}
