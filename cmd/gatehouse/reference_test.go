// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"gatehouse/internal/certtest"
	"gatehouse/internal/config"
	"gatehouse/internal/secret"
	"gatehouse/internal/server"
	"gatehouse/internal/storetest"
	"gatehouse/internal/tracing"
)

var update = flag.Bool("update", false, "write docs/reference.md")

const referenceHead = `# Reference

Every setting, metric and error code. ` + "`make reference`" + ` writes this page from the program; a test fails when they
differ.

- [Settings](#settings)
- [Metrics](#metrics)
- [Error codes](#error-codes)
`

// TestReference fails if a setting, a metric or an error code is not in docs/reference.md as it is
// in the program.
func TestReference(t *testing.T) {
	t.Parallel()
	text := referenceHead + settingsTable() + metricsTable(t) + codesTable(t)
	path := filepath.Join("..", "..", "docs", "reference.md")
	if *update {
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if string(b) == text {
		return
	}
	have := strings.Split(string(b), "\n")
	for _, line := range strings.Split(text, "\n") {
		if !slices.Contains(have, line) {
			t.Errorf("docs/reference.md lacks: %s", line)
		}
	}
	t.Error("docs/reference.md differs from the program: run make reference")
}

// row returns a row of a table.
func row(cells ...string) string {
	for i, c := range cells {
		cells[i] = strings.ReplaceAll(c, "|", `\|`)
	}
	return "| " + strings.Join(cells, " | ") + " |\n"
}

// header returns the first two lines of a table.
func header(names ...string) string {
	return row(slices.Clone(names)...) + strings.Repeat("|---", len(names)) + "|\n"
}

func quoted(text string) string {
	if text == "" {
		return ""
	}
	return "`" + text + "`"
}

func yes(is bool) string {
	if is {
		return "yes"
	}
	return ""
}

func settingsTable() string {
	var b strings.Builder
	b.WriteString(`
## Settings

A flag comes before a variable, a variable before the configuration file, which has the names of the flags without the
dashes. Secrets are not read from flags or the file: the variable with ` + "`_FILE`" + ` at its end names a file that has the
secret. *Reload* is yes if a running server takes a change of its configuration file over on ` + "`SIGHUP`" + `. *Commands*
are those that use the setting; the others ignore it.

`)
	b.WriteString(header("flag", "variable", "key in the file", "default", "reload", "commands", "meaning"))
	for _, o := range config.Options() {
		flagName, key, variable := "", "", quoted(o.Env)
		switch {
		case o.Secret:
			variable += ", " + quoted(o.Env+"_FILE")
		case o.Flag != "config": // a file names no other file
			key = quoted(o.Flag)
			fallthrough
		default:
			flagName = quoted("--" + o.Flag)
		}
		commands := strings.Join(o.Commands, ", ")
		if o.Commands == nil {
			commands = "all on the server's machine"
		}
		b.WriteString(row(flagName, variable, key, quoted(o.Default), yes(o.Reload), commands,
			strings.ReplaceAll(o.Help, "`", "")))
	}
	return b.String()
}

// metric is what /metrics says of one metric.
type metric struct {
	help, kind string
	labels     []string
}

func metricsTable(t *testing.T) string {
	t.Helper()
	var b strings.Builder
	b.WriteString(`
## Metrics

` + "`GET /metrics`" + ` has them in the format of Prometheus. No label has a value that a client chose, and none a secret.
The metrics ` + "`go_…` and `process_…`" + ` of Prometheus' own library are there as well.

`)
	b.WriteString(header("metric", "type", "labels", "meaning"))
	all := scrape(t)
	for _, name := range slices.Sorted(func(yield func(string) bool) {
		for name := range all {
			if !yield(name) {
				return
			}
		}
	}) {
		m := all[name]
		b.WriteString(row(quoted(name), m.kind, strings.Join(m.labels, ", "), m.help))
	}
	return b.String()
}

// scrape returns the metrics of a server that has everything, after a request.
func scrape(t *testing.T) map[string]metric {
	t.Helper()
	log := slog.New(slog.DiscardHandler)
	cert, key := certtest.New(t).Issue().Write(t, t.TempDir())
	certificate, err := server.LoadCertificate(cert, key, log)
	if err != nil {
		t.Fatal(err)
	}
	c := config.Config{Data: t.TempDir(), MasterKey: secret.NewMasterKey()}
	services, err := newServices(c, storetest.SQLite(t))
	if err != nil {
		t.Fatal(err)
	}
	tracer, err := tracing.New(t.Context(), tracing.Options{Endpoint: "http://127.0.0.1:1/v1/traces", Log: log})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { tracer.Close(context.Background()) })
	s := newServer(services, c, nil, certificate, nil, listeners{}, nil, tracer, log)
	web := httptest.NewServer(s.Handler())
	t.Cleanup(web.Close)
	get := func(path string) string {
		resp, err := http.Get(web.URL + path)
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = resp.Body.Close() }()
		b, err := io.ReadAll(resp.Body)
		if err != nil {
			t.Fatal(err)
		}
		return string(b)
	}
	get("/v1/clients")
	return parseMetrics(get("/metrics"))
}

func parseMetrics(text string) map[string]metric {
	all := map[string]metric{}
	described := regexp.MustCompile(`^# (HELP|TYPE) (gatehouse_\w+) (.*)$`)
	sample := regexp.MustCompile(`^(gatehouse_\w+?)(?:_bucket|_sum|_count)?(?:\{(.*)\})? `)
	label := regexp.MustCompile(`(\w+)="(?:[^"\\]|\\.)*"`)
	for line := range strings.Lines(text) {
		if d := described.FindStringSubmatch(strings.TrimSuffix(line, "\n")); d != nil {
			m := all[d[2]]
			if d[1] == "HELP" {
				m.help = d[3]
			} else {
				m.kind = d[3]
			}
			all[d[2]] = m
		}
		s := sample.FindStringSubmatch(line)
		if s == nil {
			continue
		}
		m, ok := all[s[1]]
		if !ok { // a counter whose name ends so
			continue
		}
		for _, l := range label.FindAllStringSubmatch(s[2], -1) {
			if l[1] != "le" && !slices.Contains(m.labels, l[1]) {
				m.labels = append(m.labels, l[1])
			}
		}
		slices.Sort(m.labels)
		all[s[1]] = m
	}
	return all
}

// A page that lacks what a program has must not pass.
func TestParseMetrics(t *testing.T) {
	t.Parallel()
	got := parseMetrics("# HELP gatehouse_a_total What.\n# TYPE gatehouse_a_total counter\n" +
		"gatehouse_a_total{x=\"1\",b=\"q\\\"}\"} 3\n# HELP go_b No.\n# TYPE go_b gauge\ngo_b 1\n")
	if want := "map[gatehouse_a_total:{What. counter [b x]}]"; fmt.Sprint(got) != want {
		t.Errorf("got %v, want %s", got, want)
	}
}
