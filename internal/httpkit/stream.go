// SPDX-License-Identifier: Apache-2.0

package httpkit

import (
	"net/http"
	"time"
)

// mostStreams is how many requests there may be over HTTP/2, where a connection
// carries many: as many as there may be connections. What is Free has as many
// of its own, so that health and metrics are not kept out.
const mostStreams = 4096

// refusalTimeout is how long a client may take to read that it was refused.
const refusalTimeout = time.Second

// enterStream counts a request over HTTP/2 from here until leaveStream, which is
// when the client has been sent the answer: before that it takes memory.
func (g *Gate) enterStream(w http.ResponseWriter, r *http.Request, info *Info, c Class) error {
	if g == nil || r.ProtoMajor < 2 {
		return nil
	}
	info.stream = &g.streams
	if c == Free {
		info.stream = &g.free
	}
	if info.stream.Add(1) > mostStreams {
		info.class, info.Shed = c, true
		_ = http.NewResponseController(w).SetWriteDeadline(time.Now().Add(refusalTimeout)) // net/http has it
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

// finish waits until the answer to a request over HTTP/2 is with the network,
// or will never be: left to itself, net/http does so after the handler.
func finish(w http.ResponseWriter, r *http.Request) {
	if r.ProtoMajor >= 2 {
		_ = http.NewResponseController(w).Flush() // the client has left, or cannot read
	}
}
