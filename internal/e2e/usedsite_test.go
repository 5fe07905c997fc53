// SPDX-License-Identifier: Apache-2.0

package e2e

import (
	"encoding/hex"
	"errors"
	"os"
	"path/filepath"
	"sync"
	"testing"

	"gatehouse/internal/pgtest"
	"gatehouse/internal/secret"
)

// usedSites has one site for each password of the first operator. It is a global because
// tests have nothing else in common.
var usedSites = struct {
	mu     sync.Mutex
	byName map[string]*usedTemplate
}{byName: map[string]*usedTemplate{}}

// usedTemplate is what a first start left behind. On SQLite that is in files.
type usedTemplate struct {
	once     sync.Once
	password string
	key      string // of PostgreSQL's sites, in hex
	files    map[string][]byte
	err      error
}

// usedSite makes a site that a server was once started on. It is a copy, because a first
// start takes three times the processor time of the next ones: it migrates and hashes. A
// test of the first start needs newSite. The first operator has a password of the
// server's form, which firstPassword returns.
func usedSite(t testing.TB, e engine) site {
	t.Helper()
	return usedSiteWith(t, e, "")
}

// usedSiteWith is usedSite with a given password of the first operator.
func usedSiteWith(t testing.TB, e engine, password string) site {
	t.Helper()
	tmpl := usedTemplateOf(string(e) + " " + password)
	tmpl.once.Do(func() {
		tmpl.key, tmpl.password = hex.EncodeToString(secret.NewMasterKey()), password
		if password == "" {
			tmpl.password = secret.NewPassword().Reveal()
		}
		if e == onSQLite {
			tmpl.err = errors.New("its first start did not succeed") // if start ends the test
			tmpl.files, tmpl.err = firstStart(t, newSite(t, e), tmpl.password)
		}
	})
	if tmpl.err != nil {
		t.Fatalf("prepare a site: %v", tmpl.err)
	}
	data := filepath.Join(t.TempDir(), "data")
	s := site{engine: e, data: data, password: tmpl.password, env: settings{"GATEHOUSE_DATA": data}}
	if e == onPostgres {
		s = s.with("GATEHOUSE_MASTER_KEY", tmpl.key)
		s.url = pgtest.Migrated(t, "used "+password, func(url string) error {
			_, err := firstStart(t, s.with("GATEHOUSE_DATABASE", url), tmpl.password)
			return err
		})
		return s.with("GATEHOUSE_DATABASE", s.url)
	}
	if err := os.Mkdir(data, 0o700); err != nil {
		t.Fatal(err)
	}
	for name, content := range tmpl.files {
		if err := os.WriteFile(filepath.Join(data, name), content, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return s
}

func usedTemplateOf(name string) *usedTemplate {
	usedSites.mu.Lock()
	defer usedSites.mu.Unlock()
	if usedSites.byName[name] == nil {
		usedSites.byName[name] = &usedTemplate{}
	}
	return usedSites.byName[name]
}

// firstStart starts and stops a server on an empty site, and returns the files that are
// left.
func firstStart(t testing.TB, s site, password string) (map[string][]byte, error) {
	t.Helper()
	start(t, s.with("GATEHOUSE_ADMIN_PASSWORD", password)).stop(t)
	files := map[string][]byte{}
	entries, err := os.ReadDir(s.data)
	if err != nil && s.engine == onSQLite {
		return nil, err
	}
	for _, entry := range entries {
		if files[entry.Name()], err = os.ReadFile(filepath.Join(s.data, entry.Name())); err != nil {
			return nil, err
		}
	}
	return files, nil
}
