// SPDX-License-Identifier: Apache-2.0

package e2e

import (
	"encoding/json"
	"fmt"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"
)

const openMetrics = "Accept: application/openmetrics-text; version=1.0.0"

// The buckets of a latency name a trace that fell into them, if traces are sent; without traces
// the metrics have their former format, whatever is asked for.
func TestExemplars(t *testing.T) {
	t.Parallel()
	col := newCollector(t)
	p := start(t, usedSite(t, onSQLite), "--trace-endpoint", col.URL)
	c := newClient(t, p.url)
	c.get("/v1/organizations", requestID+"aaaa-bbbb")
	id := col.trace(t, "gatehouse.request_id", "aaaa-bbbb").id()
	metrics := c.get("/metrics", openMetrics).body
	want := regexp.MustCompile(`(?m)^gatehouse_http_request_duration_seconds_bucket\{door="api",route="listOrganizations",` +
		`le="[^"]+"\} 1 # \{trace_id="` + id + `"\} [0-9.e-]+ [0-9.e+]+$`)
	if !want.MatchString(metrics) || !strings.HasSuffix(metrics, "# EOF\n") {
		t.Errorf("no bucket has the trace %s:\n%s", id, regexp.MustCompile("(?m)^.*trace_id.*").FindAllString(metrics, -1))
	}
	if plain := c.get("/metrics").body; strings.Contains(plain, "trace_id") || strings.Contains(plain, "# EOF") {
		t.Error("a reader of the former format gets another")
	}
	off := newClient(t, start(t, usedSite(t, onSQLite)).url).get("/metrics", openMetrics).body
	if strings.Contains(off, "# EOF") || !strings.Contains(off, `le="1"`) {
		t.Error("without traces the names of buckets change")
	}
}

// Debian's Prometheus reads exemplars and finds a trace by the operation that was slow.
func TestPrometheusExemplars(t *testing.T) {
	t.Parallel()
	tool, err := exec.LookPath("prometheus")
	if err != nil {
		missing(t, "no prometheus: ", err)
	}
	col := newCollector(t)
	p := start(t, usedSite(t, onSQLite), "--trace-endpoint", col.URL)
	newClient(t, p.url).get("/v1/organizations", requestID+"aaaa-bbbb")
	id := col.trace(t, "gatehouse.request_id", "aaaa-bbbb").id()

	dir := t.TempDir()
	config := filepath.Join(dir, "prometheus.yml")
	text := "scrape_configs:\n  - job_name: gatehouse\n    scrape_interval: 1s\n    static_configs:\n" +
		"      - targets: ['" + strings.TrimPrefix(p.url, "http://") + "']\n"
	if err := os.WriteFile(config, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	address := fmt.Sprintf("127.0.0.1:%d", freePort(t))
	launch(t, exec.Command(tool, "--config.file="+config, "--storage.tsdb.path="+filepath.Join(dir, "data"),
		"--web.listen-address="+address, "--enable-feature=exemplar-storage"))
	prometheus := newClient(t, "http://"+address)
	query := url.Values{"query": {`gatehouse_http_request_duration_seconds_bucket{route="listOrganizations"}`},
		"start": {fmt.Sprint(time.Now().Add(-time.Hour).Unix())},
		"end":   {fmt.Sprint(time.Now().Add(time.Hour).Unix())}}
	within(t, time.Minute, "Prometheus has the trace", func() bool {
		a, err := prometheus.try("GET", "/api/v1/query_exemplars?"+query.Encode(), nil)
		var answer struct {
			Data []struct {
				Exemplars []struct{ Labels map[string]string }
			}
		}
		return err == nil && json.Unmarshal([]byte(a.body), &answer) == nil && len(answer.Data) > 0 &&
			slices.ContainsFunc(answer.Data[0].Exemplars, func(e struct{ Labels map[string]string }) bool {
				return e.Labels["trace_id"] == id
			})
	})
}
