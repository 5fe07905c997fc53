// SPDX-License-Identifier: Apache-2.0

package httpkit

import (
	"context"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"strings"
	"sync/atomic"
)

// Connection is what connects a client to the server, as the client sees it.
type Connection struct {
	Address string // the client's IP address
	Scheme  string // http or https
	Host    string // host[:port] by which the client reached the server; empty if it named none

	parent string // the header traceparent, if it is believed
}

// BaseURL returns the address by which the client reached the server, such as
// https://gatehouse.example.test. It is empty if the client named no host (HTTP/1.0).
func (c Connection) BaseURL() string {
	if c.Host == "" || c.Host[0] == ':' { // a port alone
		return ""
	}
	return c.Scheme + "://" + c.Host
}

// ForwardedBy says how proxies tell the server about the client. Only what is chosen is
// read: a proxy that sets one header usually passes on the others as the client sent them.
type ForwardedBy string

const (
	// ByXForwarded is X-Forwarded-For, X-Forwarded-Proto and X-Forwarded-Host.
	ByXForwarded ForwardedBy = "x-forwarded"
	// ByForwarded is the header Forwarded of RFC 7239.
	ByForwarded ForwardedBy = "forwarded"
	// ByProxyProtocol is the PROXY protocol, in front of the first request of a connection.
	// The listener reads it; no header is read.
	ByProxyProtocol ForwardedBy = "proxy-protocol"
)

// Proxies says whose word about clients is believed. The zero value believes nobody's.
type Proxies struct {
	Trusted []netip.Prefix // addresses of proxies whose word is believed
	By      ForwardedBy
	// PublicScheme and PublicHost replace what requests say about the server's address, if set.
	PublicScheme, PublicHost string
	Parents                  Parents
	Log                      *slog.Logger // told once if another address sends such headers; may be nil
}

// Trusts reports whether an address is one of a trusted proxy.
func (p Proxies) Trusts(address netip.Addr) bool {
	address = address.Unmap().WithZone("")
	for _, prefix := range p.Trusted {
		if prefix.Contains(address) {
			return true
		}
	}
	return false
}

// Handler returns a handler that finds the Connection of each request for InfoOf. Observe must
// run behind it. Without it, the Connection is that of the socket.
func (p Proxies) Handler(next http.Handler) http.Handler {
	var warned atomic.Bool
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		trusted := p.trustsPeer(r)
		if !trusted && p.Log != nil && speaksOfClient(r.Header) && !warned.Swap(true) {
			p.Log.Warn("a header about the client was ignored, because it came from an address that is not in "+
				"--trusted-proxies; this is logged once", "address", address(r.RemoteAddr))
		}
		if trusted || p.PublicHost != "" || p.Parents == ParentsOfAll {
			r = r.WithContext(context.WithValue(r.Context(), connectionKey{}, p.connection(r, trusted)))
		}
		next.ServeHTTP(w, r)
	})
}

// trustsPeer reports whether the other end of the socket is a trusted proxy.
func (p Proxies) trustsPeer(r *http.Request) bool {
	if len(p.Trusted) == 0 {
		return false
	}
	peer, err := netip.ParseAddr(address(r.RemoteAddr))
	return err == nil && p.Trusts(peer)
}

// speaksOfClient reports whether a request has a header by which a proxy tells about its client.
func speaksOfClient(h http.Header) bool {
	return len(h["X-Forwarded-For"]) > 0 || len(h["Forwarded"]) > 0
}

type connectionKey struct{}

// connectionOf returns what Handler found, or else what the socket says.
func connectionOf(r *http.Request) Connection {
	if c, ok := r.Context().Value(connectionKey{}).(Connection); ok {
		return c
	}
	return socketConnection(r)
}

func socketConnection(r *http.Request) Connection {
	c := Connection{Address: address(r.RemoteAddr), Scheme: "http", Host: r.Host}
	if r.TLS != nil {
		c.Scheme = "https"
	}
	return c
}

// connection returns what the client sees. Headers count only if trusted is set.
func (p Proxies) connection(r *http.Request, trusted bool) Connection {
	c := socketConnection(r)
	if hops := p.hops(r.Header); trusted && len(hops) > 0 {
		c = p.follow(c, hops)
	}
	if p.PublicHost != "" {
		c.Scheme, c.Host = p.PublicScheme, p.PublicHost
	}
	c.parent = p.parent(r, trusted)
	return c
}

// hop is what one proxy said about whoever connected to it. Each part may be empty.
type hop struct{ client, scheme, host string }

// hops returns what the proxies said, the nearest last.
func (p Proxies) hops(h http.Header) []hop {
	switch p.By {
	case ByForwarded:
		return forwardedHops(strings.Join(h.Values("Forwarded"), ","))
	case ByXForwarded:
		return xForwardedHops(h)
	}
	return nil
}

// follow goes back from proxy to proxy, as long as they are trusted: the client is the
// first that is none. If a proxy did not say who connected to it, or not in a form that can
// be read, that proxy is taken for the client, since what is left of it may be invented.
// The scheme and the host are those that the nearest proxy saw.
func (p Proxies) follow(c Connection, hops []hop) Connection {
	nearest := hops[len(hops)-1]
	if nearest.scheme == "http" || nearest.scheme == "https" {
		c.Scheme = nearest.scheme
	}
	if isHost(nearest.host) {
		c.Host = nearest.host
	}
	for i := len(hops) - 1; i >= 0; i-- {
		client, ok := parseNode(hops[i].client)
		if !ok {
			break
		}
		c.Address = client.String()
		if !p.Trusts(client) {
			break
		}
	}
	return c
}

// xForwardedHops reads X-Forwarded-For; -Proto and -Host belong to the nearest proxy.
func xForwardedHops(h http.Header) []hop {
	var hops []hop
	if clients := strings.Join(h.Values("X-Forwarded-For"), ","); clients != "" {
		for client := range strings.SplitSeq(clients, ",") {
			hops = append(hops, hop{client: strings.TrimSpace(client)})
		}
	}
	scheme, host := lastElement(h.Values("X-Forwarded-Proto")), lastElement(h.Values("X-Forwarded-Host"))
	if scheme == "" && host == "" {
		return hops
	}
	if len(hops) == 0 {
		hops = []hop{{}}
	}
	nearest := &hops[len(hops)-1]
	nearest.scheme, nearest.host = strings.ToLower(scheme), host
	return hops
}

// lastElement returns the last element of a list that may be spread over several headers.
func lastElement(values []string) string {
	if len(values) == 0 {
		return ""
	}
	last := values[len(values)-1]
	return strings.TrimSpace(last[strings.LastIndexByte(last, ',')+1:])
}

// parseNode reads the address of a client: an IP address with or without a port, with
// brackets around IPv6 if it has a port or comes from Forwarded.
func parseNode(text string) (netip.Addr, bool) {
	if host, _, err := net.SplitHostPort(text); err == nil {
		text = host
	} else if strings.HasPrefix(text, "[") && strings.HasSuffix(text, "]") {
		text = text[1 : len(text)-1]
	}
	addr, err := netip.ParseAddr(text)
	return addr.Unmap().WithZone(""), err == nil
}

// isHost reports whether a text can be the host and port of an address.
func isHost(text string) bool {
	const signs = ".-_:[]"
	if text == "" || len(text) > 255 {
		return false
	}
	return !strings.ContainsFunc(text, func(c rune) bool {
		return (c < 'a' || c > 'z') && (c < 'A' || c > 'Z') && (c < '0' || c > '9') &&
			!strings.ContainsRune(signs, c)
	})
}
