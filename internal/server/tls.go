// SPDX-License-Identifier: Apache-2.0

package server

import (
	"bytes"
	"crypto/tls"
	"errors"
	"io"
	"net"
	"net/http"
	"strings"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"gatehouse/internal/httpkit"
)

// tlsConfig uses the current certificate for each handshake. A client that resumes a
// session sees no certificate, so sessions end with the certificate under which they
// began: an operator who replaced it wants clients to see the new one.
func (c *Certificate) tlsConfig() *tls.Config {
	config := &tls.Config{
		MinVersion:   tls.VersionTLS12,
		CipherSuites: authenticatedSuites(),
		GetCertificate: func(*tls.ClientHelloInfo) (*tls.Certificate, error) {
			if p := c.current.Load(); p != nil {
				return &p.Certificate, nil
			}
			return nil, errors.New("there is no certificate yet")
		},
	}
	if c.challenge != nil {
		config.GetConfigForClient = func(hello *tls.ClientHelloInfo) (*tls.Config, error) {
			proof := c.challenge(hello)
			if proof == nil {
				return nil, nil // as everybody else
			}
			return &tls.Config{MinVersion: tls.VersionTLS12, Certificates: []tls.Certificate{*proof},
				NextProtos: hello.SupportedProtos}, nil
		}
	}
	config.WrapSession = func(state tls.ConnectionState, session *tls.SessionState) ([]byte, error) {
		digest := c.current.Load().digest
		session.Extra = append(session.Extra, digest[:])
		return config.EncryptTicket(state, session)
	}
	config.UnwrapSession = func(identity []byte, state tls.ConnectionState) (*tls.SessionState, error) {
		session, err := config.DecryptTicket(identity, state)
		if err != nil || session == nil {
			return nil, err
		}
		digest := c.current.Load().digest
		for _, extra := range session.Extra {
			if bytes.Equal(extra, digest[:]) {
				return session, nil
			}
		}
		return nil, nil // not an error: the client gets a whole handshake
	}
	return config
}

// authenticatedSuites returns the suites for TLS 1.2: those of crypto/tls that are AEADs.
// Without this list there are suites with CBC and SHA-1 as well, which RFC 9325, section
// 4.2, advises against. Every client that speaks TLS 1.2 with ephemeral keys has one of
// these. TLS 1.3 has no others.
func authenticatedSuites() (ids []uint16) {
	for _, suite := range tls.CipherSuites() {
		if strings.Contains(suite.Name, "_GCM_") || strings.Contains(suite.Name, "_CHACHA20_POLY1305") {
			ids = append(ids, suite.ID)
		}
	}
	return ids
}

// http2Config bounds what one connection may use, close to the bounds without HTTP/2: a
// window holds one body of the largest size, and httpkit bounds the streams of all
// connections together.
func http2Config() *http.HTTP2Config {
	return &http.HTTP2Config{
		MaxConcurrentStreams:          100, // fewer are advised against, RFC 9113 section 6.5.2
		MaxReceiveBufferPerConnection: httpkit.MaxBody,
		MaxReceiveBufferPerStream:     httpkit.MaxBody,
	}
}

// expiryGauge lets monitoring warn of a certificate that nobody renews.
func expiryGauge(c *Certificate) prometheus.Collector {
	return prometheus.NewGaugeFunc(prometheus.GaugeOpts{
		Name: "gatehouse_tls_certificate_expiry_timestamp_seconds",
		Help: "When the certificate that is shown expires, in Unix time; 0 if there is none yet.",
	}, func() float64 { return float64(max(0, c.expiry().Unix())) })
}

// serve serves on the listener, over TLS if there is a certificate.
func (s *Server) serve(listener net.Listener) error {
	if s.o.Certificate == nil {
		return s.http.Serve(countedListener{listener})
	}
	return s.http.ServeTLS(belowTLS{listener}, "", "")
}

// countedListener lets httpkit see headers that net/http removes.
type countedListener struct{ net.Listener }

// Accept implements net.Listener.
func (l countedListener) Accept() (net.Conn, error) {
	c, err := l.Listener.Accept()
	if err != nil {
		return nil, err
	}
	return httpkit.CountLengths(c), nil
}

// belowTLS mends what crypto/tls and net/http do to connections of hostile or
// mistaken clients.
type belowTLS struct{ net.Listener }

// Accept implements net.Listener.
func (l belowTLS) Accept() (net.Conn, error) {
	c, err := l.Listener.Accept()
	if err != nil {
		return nil, err
	}
	return &rawConn{c}, nil
}

// rawConn is what TLS records go over.
type rawConn struct{ net.Conn }

const (
	tlsGoodbye  = 5 * time.Second        // crypto/tls's, for its last word on a connection
	longGoodbye = 5 * time.Millisecond   // ours
	linger      = 500 * time.Millisecond // as net/http has it for plain HTTP
)

// SetWriteDeadline implements net.Conn. When it is closed, a TLS connection waits
// for its client to make room for the goodbye; net/http closes many, one by one,
// while everybody waits, so clients that do not read could halt the server. The
// goodbye is tried, not waited for. net/http's own deadlines are further off. Without
// this, closing one such connection took 5.0 s (TestGoodbyeIsShort).
func (c *rawConn) SetWriteDeadline(t time.Time) error {
	if left := time.Until(t); left > longGoodbye && left <= tlsGoodbye {
		t = time.Now().Add(longGoodbye)
	}
	return c.Conn.SetWriteDeadline(t)
}

// Write implements net.Conn. To who speaks plain HTTP, net/http answers in plain
// HTTP and closes, which breaks the connection before the client has read that if
// more of its request is on the way. So that is read first, up to a bound.
func (c *rawConn) Write(b []byte) (int, error) {
	n, err := c.Conn.Write(b)
	// no record begins so
	if half, ok := c.Conn.(interface{ CloseWrite() error }); ok && err == nil &&
		bytes.HasPrefix(b, []byte("HTTP/")) {
		_ = half.CloseWrite()
		_ = c.SetReadDeadline(time.Now().Add(linger))
		_, _ = io.CopyN(io.Discard, c.Conn, maxHeader+httpkit.MaxBody) // the connection is closed in any case
	}
	return n, err
}
