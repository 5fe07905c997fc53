// SPDX-License-Identifier: Apache-2.0

package server_test

import (
	"context"
	"net/http"
	"strings"
	"testing"
)

// HEAD of any address has the status of GET. It leaves no event in any audit, even if
// GET shows a code.
func TestHeadLeavesNoEvent(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	current := w.newCopy(t)
	events := func() int64 {
		report, err := current.VerifyAudits(context.Background())
		if err != nil || report.Err() != nil {
			t.Fatal(err, report.Err())
		}
		return report.Events
	}
	revealed := 0
	for _, door := range doors(current.Services) {
		for _, route := range door.Routes {
			if route.Method != http.MethodGet {
				continue
			}
			head := route
			head.Method = http.MethodHead
			for _, target := range targets(door.Name, route) {
				for _, party := range []string{"none", "administrator", "auditor", "tenant administrator", "application",
					"access token"} {
					w.current = current
					before := events()
					want, _, _ := strings.Cut(w.ask(t, door.Name, route, target, party), " ")
					between := events()
					got, _, _ := strings.Cut(w.ask(t, door.Name, head, target, party), " ")
					if after := events(); after != between || got != want {
						t.Errorf("HEAD %s, %s, as %s: %s with %d events; GET: %s", route.Pattern, target, party, got,
							after-between, want)
					}
					if between > before {
						revealed++
					}
				}
			}
		}
	}
	if revealed < 4 {
		t.Errorf("only %d answers to GET were reveals", revealed)
	}
}
