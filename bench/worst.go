// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"text/tabwriter"
	"time"

	"gatehouse/bench/host"
	"gatehouse/bench/load"
	"gatehouse/bench/report"
)

// worstTurns is how often each request is sent, each time after a change, so that no total or
// page of the time before helps.
const worstTurns = 3

// sample is what one request cost.
type sample struct {
	cpu    time.Duration // of the server and of its connections to the database
	bytes  float64       // that the server allocated
	status int
	ask    string
}

// worst asks for the worst lists that were found, one at a time, and measures what each
// request costs in processor time and in allocated bytes.
func (s *stage) worst(ctx context.Context) error {
	if err := s.access.logIn(ctx, s); err != nil {
		return err
	}
	if err := s.weighMetrics(ctx); err != nil {
		return err
	}
	usage, err := host.NewUsage(ctx, s.server, s.site.Database)
	if err != nil {
		return err
	}
	var all []sample
	for _, list := range s.worstLists() {
		s.clock.step("%s, %d organizations: worst lists, %s", s.engine, s.size, list.name)
		var samples []sample
		for _, ask := range list.asks {
			for range worstTurns {
				two, err := s.askWorst(ctx, usage, ask, list.header)
				if err != nil {
					return fmt.Errorf("%s: %w", list.name, err)
				}
				samples = append(samples, two...)
			}
		}
		s.tellWorst(list.name, samples)
		all = append(all, samples...)
	}
	s.tellWorst("all", all)
	return s.writeSamples(all)
}

// askWorst changes each table, asks for a page, and for the next one if there is one.
func (s *stage) askWorst(ctx context.Context, usage *host.Usage, ask, header string) ([]sample, error) {
	if err := s.changeLists(ctx); err != nil {
		return nil, err
	}
	first, cursor, err := s.measureOne(ctx, usage, ask, header)
	if err != nil || cursor == "" {
		return []sample{first}, err
	}
	next, _, err := s.measureOne(ctx, usage, ask+"&cursor="+url.QueryEscape(cursor), header)
	return []sample{first, next}, err
}

// changeLists changes an organization and a request.
func (s *stage) changeLists(ctx context.Context) error {
	id := s.data.Active[1]
	for path, member := range map[string]string{"/organizations/" + orID(id): "description",
		fmt.Sprint("/organization-requests/", s.data.New[1]): "requesterComments"} {
		body := fmt.Sprintf(`{%q:"%d"}`, member, time.Now().UnixNano())
		if err := s.call(ctx, "PATCH", v1+path, body, nil, jsonType, bearer(s.access.native)); err != nil {
			return err
		}
	}
	return nil
}

// measureOne sends a request. The answer is a list, or a refusal because it looks at too many
// rows. It returns the cursor of the next page.
func (s *stage) measureOne(ctx context.Context, usage *host.Usage, ask, header string) (one sample,
	cursor string, err error) {
	x := load.NewExchange("GET", ask, "", func(r *load.Response) error {
		refused := bytes.Contains(r.Body, []byte("too_many")) || bytes.Contains(r.Body, []byte("too many rows"))
		if r.Status == http.StatusOK || r.Status == http.StatusBadRequest && refused {
			return nil
		}
		return fmt.Errorf("status %d: %.200s", r.Status, r.Body)
	}, header)
	allocated, err := s.server.Allocated(ctx)
	if err != nil {
		return one, "", err
	}
	before := usage.CPU()
	res, err := load.Once(ctx, s.server.Address, x)
	if err != nil {
		return one, "", err
	}
	one = sample{cpu: usage.CPU() - before, status: res.Status, ask: ask}
	var next struct{ NextCursor string }
	if strings.HasPrefix(ask, v1) && res.Status == http.StatusOK {
		if err := json.Unmarshal(res.Body, &next); err != nil {
			return one, "", err
		}
	}
	after, err := s.server.Allocated(ctx)
	one.bytes = max(0, after-allocated-s.overhead)
	return one, next.NextCursor, err
}

// tellWorst adds what the requests for a list cost.
func (s *stage) tellWorst(list string, samples []sample) {
	slices.SortFunc(samples, func(a, b sample) int { return int(a.cpu - b.cpu) })
	refused, most := 0, 0.0
	for _, one := range samples {
		if one.status != http.StatusOK {
			refused++
		}
		most = max(most, one.bytes)
	}
	p99, longest := samples[(len(samples)*99+99)/100-1], samples[len(samples)-1]
	s.fact(report.FactWorst+list, milliseconds(p99.cpu), "ms of CPU",
		fmt.Sprintf("p99 of %d requests, %d of them refused; the longest %.0f ms: %.120s", len(samples), refused,
			milliseconds(longest.cpu), longest.ask))
	s.fact(report.FactWorstBytes+list, most/1e6, "MB", "the most that one request allocated")
}

func milliseconds(d time.Duration) float64 { return d.Seconds() * 1000 }

// writeSamples writes what each request cost into the folder of the report, the most expensive
// first.
func (s *stage) writeSamples(samples []sample) error {
	if err := os.MkdirAll(s.o.out, 0o755); err != nil {
		return err
	}
	var b bytes.Buffer
	t := tabwriter.NewWriter(&b, 0, 0, 2, ' ', 0)
	for _, one := range slices.Backward(samples) {
		fmt.Fprintf(t, "%.2f ms\t%.3f MB\t%d\t%.300s\n", milliseconds(one.cpu), one.bytes/1e6, one.status,
			one.ask)
	}
	if err := t.Flush(); err != nil {
		return err
	}
	name := fmt.Sprintf("worst-%s-%d.txt", s.engine, s.size)
	return os.WriteFile(filepath.Join(s.o.out, name), b.Bytes(), 0o644)
}
