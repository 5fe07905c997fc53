// SPDX-License-Identifier: Apache-2.0

package e2e

import (
	"encoding/hex"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"gatehouse/internal/secret"
)

// Who can write the master key decides which secrets are accepted.
func TestModesOfTheKeyFile(t *testing.T) {
	t.Parallel()
	own := newSite(t, onSQLite)
	start(t, own).stop(t) // which makes the key
	given := newSite(t, onSQLite)
	file := filepath.Join(t.TempDir(), "given.key")
	if err := os.WriteFile(file, []byte(hex.EncodeToString(secret.NewMasterKey())+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	given = given.with("GATEHOUSE_MASTER_KEY_FILE", file)
	for path, s := range map[string]site{filepath.Join(own.data, "master.key"): own, file: given} {
		for _, mode := range []os.FileMode{0o602, 0o620, 0o666} {
			if err := os.Chmod(path, mode); err != nil {
				t.Fatal(err)
			}
			refused(t, s.env, nil, "other users may write the master key "+path, "chmod 600")
		}
		for mode, warns := range map[os.FileMode]bool{0o600: false, 0o400: false, 0o640: true, 0o604: true} {
			if err := os.Chmod(path, mode); err != nil {
				t.Fatal(err)
			}
			p := start(t, s)
			p.stop(t)
			log := p.stderr.String()
			if strings.Contains(log, "THE MASTER KEY MAY BE READ BY OTHER USERS") != warns ||
				strings.Contains(log, path) != warns {
				t.Errorf("%s with mode %04o: %s", path, mode, log)
			}
		}
		if err := os.Chmod(path, 0o600); err != nil {
			t.Fatal(err)
		}
		dir := filepath.Dir(path)
		for mode, warns := range map[os.FileMode]bool{0o755: false, 0o777: true, 0o770: true,
			0o777 | os.ModeSticky: false} {
			if err := os.Chmod(dir, mode); err != nil {
				t.Fatal(err)
			}
			p := start(t, s)
			p.stop(t)
			if log := p.stderr.String(); strings.Contains(log,
				"OTHER USERS MAY REPLACE THE MASTER KEY") != warns {
				t.Errorf("a folder with mode %s: %s", mode, log)
			}
		}
	}
}

// A key that was lost is put back. To start the server once would not bring it.
func TestLostKey(t *testing.T) {
	t.Parallel()
	s := newSite(t, onSQLite)
	start(t, s).stop(t)
	path := filepath.Join(s.data, "master.key")
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
	for _, args := range [][]string{{"operator", "list"}, {"key", "list"}, {"audit", "verify"}} {
		code, stdout, stderr := runCommand(t, s.env, args...)
		if code != 1 || stdout != "" || !strings.Contains(stderr,
			"there is no "+path+", but this database was made with") ||
			!strings.Contains(stderr, "Put it back from your backup") || strings.Contains(stderr,
			"Start the server") {
			t.Errorf("%q: %d %s", args, code, stderr)
		}
	}
}

// A server on PostgreSQL never uses a key of the data folder silently, and never one that is there
// already for a new database.
func TestWhoseKeyOnPostgres(t *testing.T) {
	t.Parallel()
	embedded, s := newSite(t, onSQLite), newSite(t, onPostgres)
	start(t, embedded).stop(t)
	delete(s.env, "GATEHOUSE_MASTER_KEY")
	shared := s.with("GATEHOUSE_DATA", embedded.data)
	refused(t, shared.env, nil, filepath.Join(embedded.data,
		"master.key")+" is there, but the database is empty", "GATEHOUSE_MASTER_KEY_FILE")
	for range 2 { // makes the key, and finds it
		p := start(t, s)
		p.stop(t)
		log := p.stderr.String()
		if !strings.Contains(log, "the master key was not given") ||
			!strings.Contains(log, filepath.Join(s.data, "master.key")) {
			t.Errorf("the log does not say where the key is: %s", log)
		}
	}
}
