// SPDX-License-Identifier: Apache-2.0

package occ_test

import (
	"log/slog"
	"testing"
	"time"

	"gatehouse/internal/dialect/occ"
	"gatehouse/internal/httpkit"
)

// A door without its service panics on every call: that is a 500 in this
// wire's form, and the next call is answered too.
func TestPanicIsAnAnswer(t *testing.T) {
	t.Parallel()
	c := &client{handler: httpkit.Observe(httpkit.CleanPaths(occ.Door(nil).Handler()), slog.New(slog.DiscardHandler), func(httpkit.Info, string, int, time.Duration) {})}
	for range 2 {
		a := c.do(t, "POST", admin+"/login", "x", "grant_type=client_credentials", formType)
		wantError(t, "panic", a, 500, "500")
		if a.text("error") != "server_error" {
			t.Errorf("got %s", a.body)
		}
	}
	wantError(t, "panic while authenticating", c.do(t, "GET", admin+"/organizations", "x", ""), 500, "100019")
}
