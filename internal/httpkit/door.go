// SPDX-License-Identifier: Apache-2.0

package httpkit

import (
	"math"
	"net/http"
	"runtime/debug"
	"slices"
	"strings"
)

// Handler answers a request, or returns an error and lets its door write that. A handler
// that returns an error has written nothing. It runs only if the parameters of the
// address can be read; QueryOf returns them.
type Handler func(w http.ResponseWriter, r *http.Request) error

// Route is one operation: a method on a path pattern of http.ServeMux, without
// the method in it.
type Route struct {
	Method  string
	Pattern string
	Name    string // the operation, as logs and metrics call it
	Handler Handler
	Class   Class  // which share of the server it takes
	Limits  Limits // what one request may take; the zero value: DefaultLimits
}

// Door is a set of routes that speak one wire.
type Door struct {
	Name     string
	Roots    []string // the paths under which this door answers everything, unknown paths too; "/" is all paths
	Paths    []string // single paths that this door answers, without those below them
	Routes   []Route
	FoldPath bool // accepts paths in any letter case; patterns must be lower case then
	// WriteError answers with the error in this door's wire.
	WriteError func(w http.ResponseWriter, r *http.Request, err error)
}

// Owns reports whether the door answers the path, and how closely: of several doors the
// one with the greatest rank does. A longer root ranks above a shorter one, and a path of
// the door's own above all roots. Letter case makes no difference; a door whose paths
// have one letter case answers other spellings itself, with 404.
func (d *Door) Owns(path string) (rank int, owns bool) {
	for _, own := range d.Paths {
		if strings.EqualFold(path, own) {
			return math.MaxInt, true
		}
	}
	for _, root := range d.Roots {
		if isUnder(path, strings.TrimSuffix(root, "/")) {
			rank, owns = max(rank, len(root)), true
		}
	}
	return rank, owns
}

// isUnder reports whether a path is the root or continues it after a slash.
func isUnder(path, root string) bool {
	if len(path) < len(root) || len(path) > len(root) && path[len(root)] != '/' {
		return false
	}
	head := path[:len(root)]
	return head == root || strings.EqualFold(head, root)
}

// Handler returns a handler for the door's routes. A known path with another method gets
// 405 with Allow, and an unknown path gets 404, both in the door's wire. The handler of
// GET also answers HEAD. CleanPaths must run before it.
func (d *Door) Handler() http.Handler { return d.Gated(nil) }

// Gated is Handler with a gate in front of it. A request is handled when its whole body
// has arrived and the gate has a slot for it. A refusal is answered in the door's wire.
func (d *Door) Gated(gate *Gate) http.Handler {
	mux := http.NewServeMux()
	byPattern := map[string][]Route{}
	for _, route := range d.Routes {
		if route.Limits.MaxBody > bodyBudget {
			panic("httpkit: the bodies of " + route.Name + " do not fit into memory")
		}
		byPattern[route.Pattern] = append(byPattern[route.Pattern], route)
	}
	for pattern, routes := range byPattern {
		mux.Handle(pattern, d.methods(gate, routes))
	}
	mux.Handle("/",
		d.serve(gate, Route{Name: "unknown", Handler: func(http.ResponseWriter,
			*http.Request) error {
			return notFound()
		}}))
	if !d.FoldPath {
		return mux
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { mux.ServeHTTP(w, foldPath(r)) })
}

func (d *Door) methods(gate *Gate, routes []Route) http.Handler {
	handlers := map[string]http.Handler{}
	var allow []string
	for _, route := range routes {
		route.Handler = readable(route.Handler)
		handlers[route.Method] = d.serve(gate, route)
		allow = append(allow, route.Method)
		if route.Method == http.MethodGet {
			handlers[http.MethodHead] = handlers[http.MethodGet]
			allow = append(allow, http.MethodHead)
		}
	}
	slices.Sort(allow)
	list := strings.Join(allow, ", ")
	refuse := d.serve(gate, Route{Name: "wrong_method", Handler: func(w http.ResponseWriter,
		r *http.Request) error {
		w.Header().Set("Allow", list)
		return refusal(http.StatusMethodNotAllowed, codeMethodNotAllowed, list)
	}})
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if h, ok := handlers[r.Method]; ok {
			h.ServeHTTP(w, r)
			return
		}
		refuse.ServeHTTP(w, r)
	})
}

// serve runs the handler of a route. The door writes its error or panic, and Info takes
// it to the log, once.
func (d *Door) serve(gate *Gate, route Route) http.Handler {
	limits := route.Limits.complete()
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		info := InfoOf(r)
		info.Door, info.Route, info.gate, info.maxBody = d.Name, route.Name, gate, limits.MaxBody
		info.beginSpan(r, d.Name, route)
		defer info.leave() // also when the handler aborts
		limits.apply(w)
		r, cancel := limits.limitAnswer(r)
		defer cancel()
		err := checkFraming(w, r)
		if err == nil {
			err = gate.enterStream(w, r, info, route.Class)
		}
		if err == nil {
			err = admit(w, r, route, info)
		}
		if rec, ok := w.(*recorder); ok && err == nil {
			err = rec.sendHeld(gate)
		}
		if err != nil {
			d.WriteError(w, r, err)
			info.err = err
		}
	})
}

// admit reads the body before it waits for a slot, so that no slow client occupies one.
// Errors of the body are left to the handler's own call of ReadBody.
func admit(w http.ResponseWriter, r *http.Request, route Route, info *Info) error {
	if info.gate != nil && r.ContentLength != 0 {
		release, err := info.gate.reserve(r, info.maxBody)
		if err != nil {
			info.class, info.Shed = route.Class, true
			return err
		}
		defer release()
		reading := info.span.Child("read the body")
		_, _ = ReadBody(w, r) // ReadBody returns its error again to a handler that needs the body
		reading.End()
	}
	if err := info.gate.enter(r.Context(), info, route.Class); err != nil {
		return err
	}
	return protect(route.Handler, w, r)
}

func protect(h Handler, w http.ResponseWriter, r *http.Request) (err error) {
	defer func() {
		if v := recover(); v != nil {
			if v == http.ErrAbortHandler {
				panic(v)
			}
			err = &panicError{value: v, stack: debug.Stack()}
		}
	}()
	return h(w, r)
}
