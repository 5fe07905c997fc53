// SPDX-License-Identifier: Apache-2.0

package httpkit

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"net"
	"net/http"
	"strings"
)

// Info is what is known of a request besides what the client said. It travels
// in the request's context; handlers may fill in Caller.
type Info struct {
	RequestID string
	Address   string // the client's IP address, from the connection
	Door      string
	Route     string // the operation's name, never the path: a path may hold anything
	Caller    string // for the access log: "operator:<id>"

	err error // what the handler returned, for the log
}

type infoKey struct{}

// InfoOf gives the request's Info; an empty one outside Observe.
func InfoOf(r *http.Request) *Info {
	if info, ok := r.Context().Value(infoKey{}).(*Info); ok {
		return info
	}
	return &Info{}
}

func withInfo(r *http.Request) (*http.Request, *Info) {
	info := &Info{RequestID: requestID(r.Header.Get("X-Request-Id")), Address: address(r.RemoteAddr)}
	return r.WithContext(context.WithValue(r.Context(), infoKey{}, info)), info
}

// requestID keeps a caller's id, so that lines of several systems can be put
// together, if it is of hex digits and hyphens, as UUIDs and trace ids are; no
// code or password of ours is. Else it makes one.
func requestID(given string) string {
	const allowed = "0123456789abcdefABCDEF-"
	if n := len(given); n >= 8 && n <= 64 && strings.Trim(given, allowed) == "" {
		return given
	}
	b := make([]byte, 12)
	_, _ = rand.Read(b)
	return hex.EncodeToString(b)
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
