// SPDX-License-Identifier: Apache-2.0

package console

import (
	"net/http"
	"sync"

	"gatehouse/internal/httpkit"
	"gatehouse/internal/identity"
	"gatehouse/internal/tenancy"
)

// Root is the root of all pages, without a slash at its end.
const Root = "/console"

// console is what the handlers share.
type console struct {
	tenancy  *tenancy.Service
	identity *identity.Service
	pages    func() (pages, error) // parsed at the first request, because that takes longer than a start may
	version  string                // name and version of the program, for people who are signed in
	local    *http.ServeMux        // knows the paths of pages: see localPath
	origins  *http.CrossOriginProtection
}

// handler answers a page or a form. A handler that returns an error has written nothing, and the
// error becomes a page.
type handler func(x *exchange) error

// page is one route of the console.
type page struct {
	name   string // in logs and metrics
	method string
	path   string // below Root, or below / if the page is public
	handle handler
	open   bool // for people who are not signed in, too
	public bool
	class  httpkit.Class
}

// pattern returns the whole path.
func (p page) pattern() string {
	if p.public {
		return p.path
	}
	return Root + p.path
}

// Door returns the console over the use cases. The version of the program stands at the foot of
// each page, and only people who are signed in see it.
func Door(t *tenancy.Service, i *identity.Service, version string) *httpkit.Door {
	assets := readAssets()
	c := &console{tenancy: t, identity: i, version: "Gatehouse " + version, local: http.NewServeMux(),
		origins: http.NewCrossOriginProtection(),
		pages:   sync.OnceValues(func() (pages, error) { return parsePages(assets) })}
	door := &httpkit.Door{Name: "console", Roots: []string{Root, pathJoin}, WriteError: c.writeError}
	for _, p := range append(c.joinRoutes(), c.routes()...) {
		door.Routes = append(door.Routes, httpkit.Route{Method: p.method, Pattern: p.pattern(), Name: p.name,
			Handler: c.answer(p), Class: p.class})
		if p.method == http.MethodGet {
			c.local.HandleFunc(p.pattern(), http.NotFound)
		}
	}
	door.Routes = append(door.Routes, staticRoutes(assets)...)
	return door
}

// answer finds out who sends the request and runs the handler of the page.
func (c *console) answer(p page) httpkit.Handler {
	return func(w http.ResponseWriter, r *http.Request) error {
		x, err := c.newExchange(w, r)
		if err == nil {
			err = x.admit(p)
		}
		if err == nil {
			err = p.handle(x)
		}
		if err != nil {
			return x.failed(err)
		}
		return nil
	}
}
