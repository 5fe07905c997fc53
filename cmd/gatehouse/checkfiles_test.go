// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"gatehouse/internal/certtest"
)

// config check finds each file for which serve ends, and serve ends before it makes anything.
func TestFilesOfSettings(t *testing.T) {
	t.Parallel()
	cert, key := certtest.New(t).Issue().Write(t, t.TempDir())
	_, otherKey := certtest.New(t).Issue().Write(t, t.TempDir())
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, []byte("text"), 0o600); err != nil {
		t.Fatal(err)
	}
	for want, args := range map[string][]string{
		"/nosuch.pem":             {"--tls-cert", "/nosuch.pem", "--tls-key", key},
		"--tls-key names":         {"--tls-cert", cert, "--tls-key", "/nosuch.pem"},
		"PEM":                     {"--tls-cert", file, "--tls-key", key},
		"match":                   {"--tls-cert", cert, "--tls-key", otherKey},
		"--trace-ca":              {"--trace-endpoint", "http://127.0.0.1:1", "--trace-ca", "/nosuch.pem"},
		"no certificate in PEM":   {"--trace-endpoint", "http://127.0.0.1:1", "--trace-ca", file},
		"is no address":           {"--internal-listen", "256.1.1.1:90"},
		"are the same address":    {"--internal-listen", "127.0.0.1:8080"},
		"is a file and no folder": {"--data", file},
	} {
		data := filepath.Join(t.TempDir(), "data")
		for _, command := range [][]string{{"config", "check"}, {"serve"}} {
			var out, stderr bytes.Buffer
			all := append(append(command, "--data", data), args...)
			if run(context.Background(), all, nil, nil, &out, &stderr) == 0 ||
				!strings.Contains(stderr.String(), want) {
				t.Errorf("%q: %s%s, want %q", all, out.String(), stderr.String(), want)
			}
			if _, err := os.Stat(data); err == nil {
				t.Errorf("%q made the data folder", all)
			}
		}
	}
	var out, stderr bytes.Buffer
	good := []string{"config", "check", "--tls-cert", cert, "--tls-key", key}
	if code := run(context.Background(), good, nil, nil, &out, &stderr); code != 0 {
		t.Errorf("good files: %d %s", code, stderr.String())
	}
}

// The database of the folder is some other file: the answer names it and says what to do.
func TestFileIsNoDatabase(t *testing.T) {
	t.Parallel()
	data := t.TempDir()
	path := filepath.Join(data, "gatehouse.db")
	if err := os.WriteFile(path, bytes.Repeat([]byte("Dear diary. "), 1000), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, command := range []string{"serve", "doctor"} {
		var out, stderr bytes.Buffer
		code := run(context.Background(), []string{command, "--data", data}, nil, nil, &out, &stderr)
		text := out.String() + stderr.String()
		if code == 0 || !strings.Contains(text, path+" is not a database") || !strings.Contains(text, "restore") ||
			strings.Contains(text, "Something went wrong") {
			t.Errorf("%s: %d %s", command, code, text)
		}
	}
}
