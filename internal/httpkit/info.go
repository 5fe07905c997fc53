// SPDX-License-Identifier: Apache-2.0

package httpkit

import (
	"context"
	"encoding/binary"
	"encoding/hex"
	"math/rand/v2"
	"net"
	"net/http"
	"net/url"
	"strings"
	"sync/atomic"
)

// Info is what is known of a request besides what the client said. It travels
// in the request's context; handlers may fill in Caller.
type Info struct {
	RequestID string
	Address   string // the client's IP address, from the connection
	Door      string
	Route     string // the operation's name, never the path: a path may hold anything
	Caller    string // for the access log: "operator:<id>"
	Shed      bool   // refused by the gate

	err error // what the handler returned, for the log

	gate   *Gate
	class  Class         // where the request is counted
	slot   *share        // the share whose slot it occupies; nil: none
	stream *atomic.Int64 // where it is counted over HTTP/2; nil: nowhere

	body  *body       // what ReadBody gives, when it was read before
	query *url.Values // what QueryOf returns, when it was read before
}

type body struct {
	content []byte
	err     error
}

// Class returns the class the request was last counted in.
func (i *Info) Class() Class { return i.class }

type infoKey struct{}

// InfoOf returns the request's Info; an empty one outside Observe.
func InfoOf(r *http.Request) *Info {
	if info, ok := r.Context().Value(infoKey{}).(*Info); ok {
		return info
	}
	return &Info{}
}

// withInfo returns the request with an Info and a deadline. The caller calls cancel when
// the request has been answered.
func withInfo(r *http.Request) (_ *http.Request, info *Info, cancel context.CancelFunc) {
	info = &Info{RequestID: requestID(r.Header.Get("X-Request-Id")), Address: address(r.RemoteAddr)}
	ctx, cancel := context.WithTimeout(r.Context(), answerTimeout)
	return r.WithContext(context.WithValue(ctx, infoKey{}, info)), info, cancel
}

// requestID keeps a caller's id, so that lines of several systems can be put
// together, if it is of hex digits and hyphens, as UUIDs and trace ids are; no
// code or password of ours is. Else it makes one, which need not be a secret.
func requestID(given string) string {
	const allowed = "0123456789abcdefABCDEF-"
	if n := len(given); n >= 8 && n <= 64 && strings.Trim(given, allowed) == "" {
		return given
	}
	var b [12]byte
	binary.LittleEndian.PutUint64(b[:], rand.Uint64())
	binary.LittleEndian.PutUint32(b[8:], rand.Uint32())
	return hex.EncodeToString(b[:])
}

// address is the connection's other end. No header is believed: there is no
// list of proxies to trust.
func address(remote string) string {
	host, _, err := net.SplitHostPort(remote)
	if err != nil {
		return remote
	}
	return host
}
