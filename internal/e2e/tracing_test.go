// SPDX-License-Identifier: Apache-2.0

package e2e

import (
	"encoding/hex"
	"fmt"
	"maps"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"go.opentelemetry.io/proto/otlp/trace/v1"

	"gatehouse/internal/certtest"
)

const requestID = "X-Request-Id: "

// One request is one tree: the door's span, the use cases, what each asked of the database, and
// the waiting in between.
func TestTraces(t *testing.T) {
	onBoth(t, func(t *testing.T, e engine) {
		col := newCollector(t)
		s := usedSite(t, e).with("OTEL_SERVICE_NAME", "gate").with("GATEHOUSE_TRACE_HEADERS",
			"X-Key=k%1, Other=b=c")
		p := start(t, s, "--trace-endpoint", col.URL)
		c := newClient(t, p.url)
		admin := c.token(ccadmin, "admin", p.firstPassword())
		id := c.organization(ccadmin, admin, "Orchard Ltd")
		c.want(c.post(ccadmin+"/organizations/"+id+"/authorizationCode", "", bearer(admin), requestID+"aaaa-bbbb"),
			http.StatusOK, "issue")
		c.want(c.get(ccadmin+"/organizations/or-999999", bearer(admin), requestID+"cccc-dddd"), http.StatusNotFound,
			"no such organization")
		c.get("/readyz")
		c.get("/metrics")

		tr := col.trace(t, "gatehouse.request_id", "aaaa-bbbb")
		root, update := "POST /ccadmin/v1/organizations/{id}/authorizationCode", "tenancy.IssuePrimaryAuthCode"
		want := map[engine][]string{
			onSQLite:   {"wait for the writer", "read organization", "insert audit event", "commit"},
			onPostgres: {"wait for other writers", "wait for a connection", "read organization", "commit"},
		}[e]
		paths := tr.paths()
		for _, name := range want {
			if paths[root+" > "+update+" > "+name] == nil {
				t.Errorf("no span %q in\n%s", name, strings.Join(slices.Sorted(maps.Keys(paths)), "\n"))
			}
		}
		checkServerSpan(t, paths[root], map[string]string{"http.request.method": "POST", "url.scheme": "http",
			"http.route": "/ccadmin/v1/organizations/{id}/authorizationCode", "gatehouse.door": "occ",
			"gatehouse.action": "auth_code.issue"}, http.StatusOK)
		checkTimes(t, tr)
		line := regexp.MustCompile(`.*"request_id":"aaaa-bbbb".*`).FindString(p.stderr.String())
		if !strings.Contains(line, `"trace_id":"`+tr.id()+`"`) {
			t.Errorf("the trace is %s, and the log has %s", tr.id(), line)
		}
		lost := col.trace(t, "gatehouse.request_id", "cccc-dddd")
		if s := lost.paths()["GET /ccadmin/v1/organizations/{id}"]; s == nil ||
			s.Status.Code == v1.Status_STATUS_CODE_ERROR {
			t.Errorf("a 404 is a failure of the server, or has no span: %v", s)
		}
		col.trace(t, "error.type", "not found")
		within(t, time.Minute, "a worker's round", func() bool { return col.has("worker: learn master keys") })
		if col.has("GET /readyz") || col.has("GET /metrics") {
			t.Error("health or metrics are recorded")
		}
		p.stop(t)
		if got := col.about["service.name"]; got != "gate" {
			t.Errorf("the service is %q", got)
		}
		key, other := col.headers.Get("X-Key"), col.headers.Get("Other")
		if key != "k%1" || other != "b=c" || col.path != "/v1/traces" {
			t.Errorf("the collector got %q and %q at %s", key, other, col.path)
		}
	})
}

// has reports whether there is a span with a name.
func (c *collector) has(name string) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return slices.ContainsFunc(c.spans, func(s *v1.Span) bool { return s.Name == name })
}

func checkServerSpan(t *testing.T, s *v1.Span, texts map[string]string, status int64) {
	t.Helper()
	if s == nil || s.Kind != v1.Span_SPAN_KIND_SERVER || len(s.ParentSpanId) != 0 {
		t.Fatalf("no first span of a server: %v", s)
	}
	for key, want := range texts {
		if got := textOf(s, key); got != want {
			t.Errorf("%s is %q, want %q", key, got, want)
		}
	}
	if got := numberOf(s, "http.response.status_code"); got != status {
		t.Errorf("the status is %d", got)
	}
}

// checkTimes: each span lies within its parent.
func checkTimes(t *testing.T, tr trace) {
	t.Helper()
	for _, s := range tr {
		for _, parent := range tr {
			if string(parent.SpanId) == string(s.ParentSpanId) && (s.StartTimeUnixNano < parent.StartTimeUnixNano ||
				s.EndTimeUnixNano > parent.EndTimeUnixNano || s.EndTimeUnixNano < s.StartTimeUnixNano) {
				t.Errorf("%s is not within %s", s.Name, parent.Name)
			}
		}
	}
}

// Whose trace goes on, and which requests are recorded.
func TestTraceParents(t *testing.T) {
	t.Parallel()
	const theirs = "4bf92f3577b34da6a3ce929d0e0e4736"
	sampled := "traceparent: 00-" + theirs + "-00f067aa0ba902b7-01"
	unsampled := "traceparent: 00-" + theirs + "-00f067aa0ba902b7-00"
	for _, c := range []struct {
		name           string
		args           []string
		header         string
		recorded, goes bool // recorded at all; as a part of the caller's trace
	}{
		{"nobody's", nil, sampled, true, false},
		{"all", []string{"--trace-parents", "all"}, sampled, true, true},
		{"all, not sampled", []string{"--trace-parents", "all"}, unsampled, false, false},
		{"all, none", []string{"--trace-parents", "all"}, "", true, false},
		{"all, mangled", []string{"--trace-parents", "all"}, "traceparent: 00-zz-00f067aa0ba902b7-01", true, false},
		{"a proxy's", []string{"--trace-parents", "proxies", "--trusted-proxies", "127.0.0.1"}, sampled, true,
			true},
		{"no proxy's", []string{"--trace-parents", "proxies", "--trusted-proxies", "10.0.0.1"}, sampled, true,
			false},
		{"no proxy's, with an address", []string{"--trace-parents", "proxies", "--trusted-proxies", "10.0.0.1",
			"--public-url", "https://gatehouse.example.test"}, sampled, true, false},
		{"none at ratio 0", []string{"--trace-ratio", "0"}, sampled, false, false},
		{"theirs at ratio 0", []string{"--trace-ratio", "0", "--trace-parents", "all"}, sampled, true, true},
		{"nothing at ratio 0", []string{"--trace-ratio", "0", "--trace-parents", "all"}, "", false, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			col := newCollector(t)
			p := start(t, usedSite(t, onSQLite), append(c.args, "--trace-endpoint", col.URL)...)
			client := newClient(t, p.url)
			headers := []string{requestID + "aaaa-bbbb", "tracestate: secret=x"}
			if c.header != "" {
				headers = append(headers, c.header)
			}
			client.get("/v1/organizations", headers...)
			p.stop(t) // sends the rest
			i := slices.IndexFunc(col.spans,
				func(s *v1.Span) bool { return textOf(s, "gatehouse.request_id") == "aaaa-bbbb" })
			if (i >= 0) != c.recorded {
				t.Fatalf("recorded: %v", i >= 0)
			}
			if i < 0 {
				return
			}
			s := col.spans[i]
			if goes := hex.EncodeToString(s.TraceId) == theirs; goes != c.goes || (len(s.ParentSpanId) > 0) != c.goes {
				t.Errorf("goes on: %v, parent %x", goes, s.ParentSpanId)
			}
			if s.TraceState != "" {
				t.Errorf("what the caller wrote is sent: %q", s.TraceState)
			}
		})
	}
}

// A collector that is gone, hangs or refuses costs spans and nothing else.
func TestDeadCollector(t *testing.T) {
	t.Parallel()
	silent, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0") // accepts, and says nothing
	if err != nil {
		t.Fatal(err)
	}
	closing(t, silent)
	gone, refusing := newCollector(t), newCollector(t)
	gone.Close()
	refusing.answering(http.StatusUnauthorized)
	for name, url := range map[string]string{"gone": gone.URL, "hangs": "http://" + silent.Addr().String(),
		"refuses": refusing.URL} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := start(t, usedSite(t, onSQLite).watched(), "--trace-endpoint", url)
			c := newClient(t, p.url)
			for range 3000 { // more than the queue takes
				if a := c.get("/v1/organizations"); a.status != http.StatusUnauthorized {
					t.Fatalf("%d: %s", a.status, a.body)
				}
			}
			if name != "hangs" { // the warning comes later than this test waits
				within(t, time.Minute, "a warning", func() bool {
					return strings.Contains(p.stderr.String(), "traces could not be sent and are lost")
				})
			}
			if n := strings.Count(p.stderr.String(), "traces could not be sent"); n > 1 {
				t.Errorf("%d warnings in a short time", n)
			}
			metrics := c.get("/metrics").body
			if !regexp.MustCompile(`(?m)^gatehouse_trace_spans_total [3-9]\d{3,}`).MatchString(metrics) ||
				!strings.Contains(metrics, "\ngatehouse_trace_spans_sent_total 0\n") {
				t.Errorf("the metrics say otherwise:\n%s",
					regexp.MustCompile("(?m)^gatehouse_trace.*").FindAllString(metrics, -1))
			}
			begun := time.Now()
			p.stop(t)
			if took := time.Since(begun); took > 10*time.Second {
				t.Errorf("the stop took %s", took)
			}
		})
	}
}

// The collector's certificate is checked, and traces are sent again when it is back.
func TestCollectorOverTLS(t *testing.T) {
	t.Parallel()
	ca := certtest.New(t)
	col := newTLSCollector(t, ca)
	file := filepath.Join(t.TempDir(), "ca.pem")
	if err := os.WriteFile(file, ca.PEM(), 0o600); err != nil {
		t.Fatal(err)
	}
	col.answering(http.StatusForbidden)
	p := start(t, usedSite(t, onSQLite), "--trace-endpoint", col.URL, "--trace-ca", file)
	c := newClient(t, p.url)
	c.get("/v1/organizations")
	within(t, time.Minute, "a warning",
		func() bool { return strings.Contains(p.stderr.String(), "the collector answered 403") })
	col.answering(http.StatusOK)
	c.get("/v1/organizations", requestID+"aaaa-bbbb")
	col.trace(t, "gatehouse.request_id", "aaaa-bbbb")
	within(t, time.Minute, "the log says so",
		func() bool { return strings.Contains(p.stderr.String(), "traces are sent again") })

	p = start(t, usedSite(t, onSQLite), "--trace-endpoint", col.URL) // without the authority
	newClient(t, p.url).get("/v1/organizations")
	within(t, time.Minute, "a warning",
		func() bool { return strings.Contains(p.stderr.String(), "certificate") })
}

// Wrong settings of traces are told all at once, and those of OpenTelemetry alone switch nothing on.
func TestTraceSettingsAreChecked(t *testing.T) {
	t.Parallel()
	s := usedSite(t, onSQLite).with("GATEHOUSE_TRACE_HEADERS", "Authorization: Bearer hunter2")
	code, _, stderr := runCommand(t, s.env, "config", "check", "--trace-endpoint", "http://me:hunter2@127.0.0.1:4318",
		"--trace-ratio", "2", "--trace-parents", "proxies")
	for _, want := range []string{"--trace-endpoint is not the address of a collector", `--trace-ratio "2"`,
		"--trace-parents is proxies without --trusted-proxies", "GATEHOUSE_TRACE_HEADERS is no list of headers"} {
		if !strings.Contains(stderr, want) {
			t.Errorf("nothing says %q:\n%s", want, stderr)
		}
	}
	if code != 2 || strings.Contains(stderr, "hunter2") {
		t.Errorf("%d: %s", code, stderr)
	}
	code, _, stderr = runCommand(t, usedSite(t, onSQLite).env, "config", "check", "--trace-ratio", "0.5")
	if code != 2 || !strings.Contains(stderr, "--trace-ratio is set without --trace-endpoint") {
		t.Errorf("%d: %s", code, stderr)
	}
	_, shown, _ := runCommand(t, s.env, "config", "show", "--trace-endpoint", "http://me:hunter2@127.0.0.1:4318")
	if strings.Contains(shown, "hunter2") || !strings.Contains(shown, "http://me:***@127.0.0.1:4318") {
		t.Errorf("config show: %s", shown)
	}
	p := start(t, usedSite(t, onSQLite).with("OTEL_EXPORTER_OTLP_ENDPOINT", "http://127.0.0.1:1"))
	if log := p.stderr.String(); !strings.Contains(log, "to send them, set --trace-endpoint") {
		t.Errorf("nothing says that traces are off: %s", log)
	}
	bad := filepath.Join(t.TempDir(), "ca.pem")
	if err := os.WriteFile(bad, []byte("no certificate"), 0o600); err != nil {
		t.Fatal(err)
	}
	for path, want := range map[string]string{bad: "has no certificate in PEM", bad + "x": "cannot be read"} {
		code, _, stderr := runCommand(t, usedSite(t, onSQLite).env, "serve", "--listen", "127.0.0.1:0",
			"--trace-endpoint", "https://127.0.0.1:1", "--trace-ca", path)
		if code == 0 || !strings.Contains(stderr, "--trace-ca") || !strings.Contains(stderr, want) {
			t.Errorf("%s: %d: %s", want, code, stderr)
		}
	}
}

// The OpenTelemetry Collector, with the configuration on the page, takes what the server sends.
func TestOpenTelemetryCollector(t *testing.T) {
	t.Parallel()
	tool := filepath.Join(moduleRoot(t), "bin", "otelcol")
	if _, err := os.Stat(tool); err != nil {
		missing(t, "no otelcol: make otelcol: ", err)
	}
	address := fmt.Sprintf("127.0.0.1:%d", freePort(t))
	file := filepath.Join(t.TempDir(), "collector.yaml")
	for _, b := range fenced(string(must(os.ReadFile(filepath.Join(moduleRoot(t), "docs", "tracing.md")))(t))) {
		if b.kind == "yaml" {
			text := strings.ReplaceAll(b.text, "127.0.0.1:4318", address)
			if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
				t.Fatal(err)
			}
		}
	}
	collector := launch(t, exec.Command(tool, "--config", file))
	within(t, time.Minute, "the collector runs",
		func() bool { return strings.Contains(collector.stderr.String(), "Everything is ready") })
	p := start(t, usedSite(t, onSQLite), "--trace-endpoint", "http://"+address)
	newClient(t, p.url).get("/v1/organizations", requestID+"aaaa-bbbb")
	p.stop(t)
	within(t, time.Minute, "the span", func() bool {
		out := collector.stderr.String() + collector.stdout.String()
		return regexp.MustCompile(`(?s)Name +: GET /v1/organizations\n.*Kind +: Server.*` +
			`gatehouse.request_id: Str\(aaaa-bbbb\)`).MatchString(out)
	})
}

// The settings on the page are those of a server, and its collector's configuration works.
func TestTracingPage(t *testing.T) {
	t.Parallel()
	page := string(must(os.ReadFile(filepath.Join(moduleRoot(t), "docs", "tracing.md")))(t)) // with all settings
	col := newCollector(t)
	for _, b := range fenced(page) {
		if b.kind != "toml" {
			continue
		}
		file := filepath.Join(t.TempDir(), "gatehouse.toml")
		text := strings.NewReplacer("http://127.0.0.1:4318", col.URL, `"0.1"`, `"1"`).Replace(b.text)
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		p := start(t, usedSite(t, onSQLite), "--config", file)
		newClient(t, p.url).get("/v1/organizations", requestID+"aaaa-bbbb")
		col.trace(t, "gatehouse.request_id", "aaaa-bbbb")
		metrics := newClient(t, p.url).get("/metrics").body
		for _, name := range regexp.MustCompile("gatehouse_[a-z_]+").FindAllString(page, -1) {
			if !strings.Contains(metrics, "# TYPE "+name+" ") {
				t.Errorf("%s is no metric", name)
			}
		}
		return
	}
	t.Error("the page has no settings")
}
