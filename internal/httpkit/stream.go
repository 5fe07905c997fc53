// SPDX-License-Identifier: Apache-2.0

package httpkit

import (
	"net/http"
	"time"
)

// maxStreams bounds the requests over HTTP/2, where one connection carries many: there
// may be as many as there may be connections. Class Free has as many of its own, so
// that health and metrics are never blocked.
const maxStreams = 4096

// refusalTimeout is how long a client may take to read that it was refused.
const refusalTimeout = time.Second

// enterStream counts a request over HTTP/2 until leaveStream is called. That is when
// the answer has been sent: until then the request uses memory.
func (g *Gate) enterStream(w http.ResponseWriter, r *http.Request, info *Info, c Class) error {
	if g == nil || r.ProtoMajor < 2 {
		return nil
	}
	info.stream = &g.streams
	if c == Free {
		info.stream = &g.free
	}
	if info.stream.Add(1) > maxStreams {
		info.class, info.Shed = c, true
		_ = http.NewResponseController(w).SetWriteDeadline(time.Now().Add(refusalTimeout)) // net/http supports it
		return shed()
	}
	return nil
}

func (i *Info) leaveStream() {
	if i.stream != nil {
		i.stream.Add(-1)
		i.stream = nil
	}
}

// finish waits until the answer to a request over HTTP/2 has been handed to the network
// or has failed. Without it, net/http does so after the handler has returned.
func finish(w http.ResponseWriter, r *http.Request) {
	if r.ProtoMajor >= 2 {
		_ = http.NewResponseController(w).Flush() // the client has left, or cannot read
	}
}
