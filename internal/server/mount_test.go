// SPDX-License-Identifier: Apache-2.0

package server

import (
	"context"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"gatehouse/internal/httpkit"
)

// Each path belongs to the door that owns it most closely, whatever the order of the
// doors, and a path that is unknown there is answered by that door.
func TestDoorsOwnPaths(t *testing.T) {
	t.Parallel()
	door := func(name string, roots, paths []string, known ...string) *httpkit.Door {
		d := &httpkit.Door{Name: name, Roots: roots, Paths: paths, FoldPath: name == "wire",
			WriteError: func(w http.ResponseWriter, _ *http.Request, err error) {
				_ = text(w, err.(*httpkit.Error).Status, "unknown to "+name)
			}}
		for _, pattern := range known {
			d.Routes = append(d.Routes, httpkit.Route{Method: http.MethodGet, Pattern: pattern, Name: "x",
				Handler: func(w http.ResponseWriter, _ *http.Request) error { return text(w, http.StatusOK, name) }})
		}
		return d
	}
	console := door("console", []string{"/", "/wire/help"}, []string{"/join", "/api/docs"}, "/{$}", "/join",
		"/api/docs", "/wire/help/x")
	api := door("api", []string{"/api", "/join/api"}, nil, "/api/x", "/join/api")
	wire := door("wire", []string{"/Wire", "/wire2"}, nil, "/wire/x", "/wire/join")
	for _, doors := range [][]*httpkit.Door{{console, api, wire}, {wire, api, console}} {
		s := New(Options{Doors: doors, Ready: func(context.Context) error { return nil },
			Log: slog.New(slog.DiscardHandler)})
		for path, want := range map[string]string{
			"/": "console", "/nothing": "unknown to console", "/join": "console", "/JOIN": "unknown to console",
			"/join/x": "unknown to console", "/join/api": "api",
			"/joiner": "unknown to console", "/api": "unknown to api", "/api/x": "api",
			"/api/nothing": "unknown to api", "/apix": "unknown to console",
			"/api/docs": "console", "/API/docs": "unknown to console", "/api/docs/x": "unknown to api",
			"/wire/x": "wire", "/WIRE/X": "wire", "/wire/nothing": "unknown to wire",
			"/wire2": "unknown to wire", "/wire/join": "wire", "/wire/help": "unknown to console",
			"/wire/help/x": "console", "/wire/helper": "unknown to wire",
			"/livez": "ok", "/livez/x": "unknown to console",
		} {
			w := httptest.NewRecorder()
			s.Handler().ServeHTTP(w, httptest.NewRequest(http.MethodGet, "http://example.test"+path, nil))
			if got := strings.TrimSpace(w.Body.String()); got != want {
				t.Errorf("%s: got %q, want %q", path, got, want)
			}
		}
	}
}
