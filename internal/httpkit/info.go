// SPDX-License-Identifier: Apache-2.0

package httpkit

import (
	"encoding/binary"
	"encoding/hex"
	"math/rand/v2"
	"net"
	"net/http"
	"net/url"
	"strings"
	"sync/atomic"
	"time"

	"gatehouse/internal/span"
)

// Info has facts about a request that the client did not send. It is in the context of
// the request. Handlers may set Caller.
type Info struct {
	Connection
	RequestID string
	Door      string
	Route     string // the operation's name, never the path: a path may hold anything
	Caller    string // for the access log: "operator:<id>"
	Shed      bool   // refused by the gate

	start  time.Time
	tracer span.Tracer // nil: requests are not recorded
	span   *span.Span  // nil: this one is not recorded
	err    error       // what the handler returned, for the log
	fault  bool        // err is ours, whatever the status says

	gate   *Gate
	class  Class         // where the request is counted
	slot   *share        // the share whose slot it occupies; nil: none
	stream *atomic.Int64 // the counter that includes it over HTTP/2; nil: none

	maxBody int64       // the cap of the route on the body
	body    *body       // the result of ReadBody, if it was called before
	query   *url.Values // the result of QueryOf, if the query was read before
}

type body struct {
	content []byte
	err     error
}

// Fault takes an error to the log although the request is answered with success, because
// only a part of it failed. Of several, it takes the first.
func (i *Info) Fault(err error) {
	if !i.fault {
		i.err, i.fault = err, true
	}
}

// Class returns the class the request was last counted in.
func (i *Info) Class() Class { return i.class }

type infoKey struct{}

// InfoOf returns the Info of a request. Outside Observe it is empty.
func InfoOf(r *http.Request) *Info {
	if info, ok := r.Context().Value(infoKey{}).(*Info); ok {
		return info
	}
	return &Info{maxBody: MaxBody}
}

// withInfo returns the request with an Info and with the time limit of most routes. The
// caller calls end when the request is answered.
func withInfo(r *http.Request, start time.Time) (_ *http.Request, _ *Info, end func()) {
	c := &requestContext{Context: r.Context(), deadline: start.Add(DefaultLimits().AnswerTimeout),
		info: Info{Connection: connectionOf(r), RequestID: requestID(r.Header.Get("X-Request-Id")),
			maxBody: MaxBody, start: start}}
	return r.WithContext(c), &c.info, c.end
}

// requestID returns the id that the caller sent, so that the logs of several systems can
// be combined. It does so only for hex digits and hyphens, as in UUIDs and trace ids,
// because no code or password has that form. Otherwise it makes an id, which is no secret.
func requestID(sent string) string {
	const allowed = "0123456789abcdefABCDEF-"
	if n := len(sent); n >= 8 && n <= 64 && strings.Trim(sent, allowed) == "" {
		return sent
	}
	var b [12]byte
	binary.LittleEndian.PutUint64(b[:], rand.Uint64())
	binary.LittleEndian.PutUint32(b[8:], rand.Uint32())
	return hex.EncodeToString(b[:])
}

// address returns the IP address of the other end of a connection.
func address(remote string) string {
	host, _, err := net.SplitHostPort(remote)
	if err != nil {
		return remote
	}
	return host
}
