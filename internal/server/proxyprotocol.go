// SPDX-License-Identifier: Apache-2.0

package server

import (
	"errors"
	"log/slog"
	"net"
	"net/netip"
	"sync/atomic"

	"github.com/pires/go-proxyproto"

	"gatehouse/internal/httpkit"
)

// behindProxies returns a listener that reads the PROXY protocol on connections of trusted
// proxies, if they speak it. A connection of theirs without it is closed. On other
// connections nothing is read, so that such a header is a request that makes no sense.
func (s *Server) behindProxies(l net.Listener) net.Listener {
	if s.o.Proxies.By != httpkit.ByProxyProtocol {
		return l
	}
	policy := func(o proxyproto.ConnPolicyOptions) (proxyproto.Policy, error) {
		address, err := netip.ParseAddrPort(o.Upstream.String())
		if err != nil || !s.behind.Load().proxies.Trusts(address.Addr()) {
			return proxyproto.SKIP, nil
		}
		return proxyproto.REQUIRE, nil
	}
	return &proxiedListener{log: s.o.Log, Listener: &proxyproto.Listener{Listener: l, ConnPolicy: policy,
		ValidateHeader: onlyTCP, ReadHeaderTimeout: headerTimeout}}
}

// onlyTCP refuses a header about a client that is not on the Internet.
func onlyTCP(h *proxyproto.Header) error {
	if _, ok := h.SourceAddr.(*net.TCPAddr); h.SourceAddr != nil && !ok {
		return errors.New("the PROXY protocol names a client without an IP address")
	}
	return nil
}

// proxiedListener logs the first connection of a trusted proxy that does not speak the PROXY
// protocol, since the proxy's own log says only that the connection was closed.
type proxiedListener struct {
	net.Listener
	log    *slog.Logger
	warned atomic.Bool
}

// Accept implements net.Listener.
func (l *proxiedListener) Accept() (net.Conn, error) {
	c, err := l.Listener.Accept()
	if err != nil {
		return nil, err
	}
	if proxied, ok := c.(*proxyproto.Conn); ok {
		return &proxiedConn{proxied, l}, nil
	}
	return c, nil
}

type proxiedConn struct {
	*proxyproto.Conn
	listener *proxiedListener
}

// Read implements net.Conn.
func (c *proxiedConn) Read(p []byte) (int, error) {
	n, err := c.Conn.Read(p)
	if errors.Is(err, proxyproto.ErrNoProxyProtocol) && !c.listener.warned.Swap(true) {
		c.listener.log.Warn("a trusted proxy does not speak the PROXY protocol, so its connection was closed; "+
			"this is logged once", "address", c.Raw().RemoteAddr().String())
	}
	return n, err
}

// CloseWrite is what net/http calls to end an answer to a client that is still sending.
func (c *proxiedConn) CloseWrite() error {
	if half, ok := c.Raw().(interface{ CloseWrite() error }); ok {
		return half.CloseWrite()
	}
	return nil
}
