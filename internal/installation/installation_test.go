// SPDX-License-Identifier: Apache-2.0

package installation

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"gatehouse/client"
)

// open opens a folder, which is closed when the test ends.
func open(t *testing.T, path string) *Folder {
	t.Helper()
	f, err := Open(t.Context(), path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = f.Close() })
	return f
}

func write(t *testing.T, path, content string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
}

// A folder is for one program at a time.
func TestOpenWaits(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "a", "b", "state")
	f := open(t, path)
	if info, err := os.Stat(filepath.Dir(path)); err != nil || info.Mode().Perm() != 0o700 {
		t.Errorf("the folder above: %v, %v", info, err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
	defer cancel()
	if _, err := Open(ctx, path); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("while another has it: %v", err)
	}
	time.AfterFunc(100*time.Millisecond, func() { _ = f.Close() })
	open(t, path)
	file := filepath.Join(t.TempDir(), "file")
	write(t, file, "")
	for _, bad := range []string{file, filepath.Join(file, "below")} {
		if _, err := Open(t.Context(), bad); err == nil || !strings.Contains(err.Error(), file) {
			t.Errorf("a file: %v", err)
		}
	}
}

// A key is made once, and its kind is that of the first time. What is no key is an error, and stays.
func TestKeys(t *testing.T) {
	t.Parallel()
	for _, kind := range []string{Ed25519, P256} {
		f := open(t, filepath.Join(t.TempDir(), kind))
		if _, err := f.readKey(); err == nil {
			t.Error("a key is read that is not there")
		}
		var thumb [2]string
		for i, k := range []string{kind, Ed25519} {
			key, err := f.key(k)
			if err != nil {
				t.Fatal(err)
			}
			jwk, err := client.PublicKey(key.Public())
			if err != nil {
				t.Fatal(err)
			}
			thumb[i] = string(jwk)
		}
		if read, err := f.readKey(); err != nil || thumb[0] != thumb[1] {
			t.Errorf("%s: another key: %v, %v", kind, read, err)
		}
		for _, bad := range []string{"", "x", "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n"} {
			write(t, f.KeyFile(), bad)
			if _, err := f.key(kind); err == nil || !strings.Contains(err.Error(), "changed by something else") {
				t.Errorf("%q: %v", bad, err)
			}
			if content, err := os.ReadFile(f.KeyFile()); err != nil || string(content) != bad {
				t.Errorf("%q was replaced: %v", bad, err)
			}
		}
	}
	shared := open(t, filepath.Join(t.TempDir(), "shared"))
	if _, err := shared.key(Ed25519); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(shared.KeyFile(), 0o640); err != nil {
		t.Fatal(err)
	}
	for _, read := range []func() (any, error){func() (any, error) { return shared.readKey() },
		func() (any, error) { return shared.key(Ed25519) }} {
		if _, err := read(); err == nil || !strings.Contains(err.Error(), "chmod 600") {
			t.Errorf("a key that others may read: %v", err)
		}
	}
	if _, err := newKey("rsa"); err == nil {
		t.Error("there is an RSA key")
	}
}

// A state that was changed, or is of a newer version, is no empty one.
func TestReadRefuses(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	for content, want := range map[string]string{"": "cannot be read", "{": "cannot be read",
		"{}": "cannot be read",
		`{"version":1,"server":"https://gatehouse.example.test","instanceId":"a"}`:               "cannot be read",
		`{"version":2,"server":"https://gatehouse.example.test","instanceId":"a","request":"b"}`: "newer version",
	} {
		write(t, filepath.Join(dir, stateFile), content)
		if _, err := Read(dir); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v", content, err)
		}
	}
	if i, err := Read(filepath.Join(dir, "none")); err != nil || i.ClientID != "" {
		t.Errorf("no folder: %v, %v", i, err)
	}
}

// A token is written again while it is good for a minute, by a clock that has not gone back, and only
// for its client.
func TestStoredTokens(t *testing.T) {
	t.Parallel()
	now := time.Now()
	for what, one := range map[string]struct {
		got, ends time.Duration
		client    string
		good      bool
	}{
		"fresh": {0, 15 * time.Minute, "c", true}, "nearly over": {-14 * time.Minute, 59 * time.Second, "c", false},
		"good yet": {-13 * time.Minute, 61 * time.Second, "c", true}, "over": {-time.Hour, -time.Minute, "c",
			false},
		"from the future": {time.Hour, 75 * time.Minute, "c", false}, "another's": {0, 15 * time.Minute, "d",
			false},
	} {
		f := open(t, filepath.Join(t.TempDir(), "state"))
		content := `{"clientId":"` + one.client + `","accessToken":"x","gotAt":"` + now.Add(one.got).Format(time.
			RFC3339Nano) + `","expiresAt":"` + now.Add(one.ends).Format(time.RFC3339Nano) + `"}`
		write(t, filepath.Join(f.path, tokenFile), content)
		if token, good := readToken(f.path, Installation{ClientID: "c"}); good != one.good || good &&
			token.Text != "x" {
			t.Errorf("%s: %t", what, good)
		}
	}
}

// A part of a file that a killed program left behind is in nobody's way, also if it is another's link.
func TestPlace(t *testing.T) {
	t.Parallel()
	f := open(t, filepath.Join(t.TempDir(), "state"))
	precious := filepath.Join(t.TempDir(), "precious")
	write(t, precious, "keep")
	if err := os.Symlink(precious, filepath.Join(f.path, tokenFile+partEnd)); err != nil {
		t.Fatal(err)
	}
	if err := f.place(tokenFile, []byte("new")); err != nil {
		t.Fatal(err)
	}
	if content, err := os.ReadFile(precious); err != nil || string(content) != "keep" {
		t.Errorf("the file of the link has %q: %v", content, err)
	}
}
