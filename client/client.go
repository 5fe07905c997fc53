// SPDX-License-Identifier: Apache-2.0

package client

import (
	"crypto/tls"
	"errors"
	"fmt"
	"net/http"
	"net/netip"
	"net/url"
	"strings"
	"time"
)

// Client is a client of one server. Make one with New and use it for all requests: it keeps
// connections and the access token.
type Client struct {
	Organizations Organizations
	Requests      Requests
	AuthCodes     AuthCodes
	Clients       Clients
	Applications  Applications
	Operators     Operators
	Audit         Audit

	server    string // without a slash at its end
	http      *http.Client
	retry     Retry
	userAgent string
	tokens    *tokens // nil: there are no credentials
}

// Option is a choice for New.
type Option func(*settings) error

// settings are what the options choose.
type settings struct {
	http      *http.Client
	tls       *tls.Config
	retry     Retry
	userAgent string
	insecure  bool
	source    func(*Client) TokenSource
}

// New makes a client of the server at an address such as https://gatehouse.example.test. It sends
// nothing yet. Plain http is for loopback only, unless AllowPlainHTTP is among the options.
func New(server string, options ...Option) (*Client, error) {
	s := settings{retry: DefaultRetry(), userAgent: "gatehouse-client"}
	for _, option := range options {
		if err := option(&s); err != nil {
			return nil, err
		}
	}
	server, err := checkServer(server, s.insecure)
	if err != nil {
		return nil, err
	}
	if s.http == nil {
		s.http = newHTTP(s.tls)
	}
	follow := *s.http
	follow.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	c := &Client{server: server, http: &follow, retry: s.retry, userAgent: s.userAgent}
	if s.source != nil {
		c.tokens = &tokens{source: s.source(c)}
	}
	c.Organizations, c.Requests, c.AuthCodes = Organizations{c}, Requests{c}, AuthCodes{c}
	c.Clients, c.Applications, c.Operators, c.Audit = Clients{c}, Applications{c}, Operators{c}, Audit{c}
	return c, nil
}

// Server returns the address of the server.
func (c *Client) Server() string { return c.server }

// String returns the address of the server: a client has secrets, which are not printed.
func (c *Client) String() string { return "client of " + c.server }

// GoString is String.
func (c *Client) GoString() string { return c.String() }

// WithHTTPClient has requests sent by another http.Client, such as one with a proxy. Redirects are
// not followed: a secret would go where nobody meant it to go.
func WithHTTPClient(h *http.Client) Option {
	return func(s *settings) error {
		if h == nil {
			return errors.New("the http.Client is nil")
		}
		s.http = h
		return nil
	}
}

// WithTLS has connections made with a configuration, such as one with the certificates of a private
// authority. It does nothing together with WithHTTPClient.
func WithTLS(config *tls.Config) Option {
	return func(s *settings) error {
		s.tls = config
		return nil
	}
}

// WithRetry chooses how often and how long requests are sent again.
func WithRetry(r Retry) Option {
	return func(s *settings) error {
		s.retry = r
		return nil
	}
}

// WithUserAgent names the program to the server.
func WithUserAgent(name string) Option {
	return func(s *settings) error {
		s.userAgent = name
		return nil
	}
}

// AllowPlainHTTP lets everybody on the way to the server read secrets and tokens: it allows http
// for servers that are not on loopback.
func AllowPlainHTTP() Option {
	return func(s *settings) error {
		s.insecure = true
		return nil
	}
}

// newHTTP returns an http.Client with limits for each phase.
func newHTTP(config *tls.Config) *http.Client {
	transport := &http.Transport{Proxy: http.ProxyFromEnvironment, TLSClientConfig: config,
		ForceAttemptHTTP2: true, MaxIdleConnsPerHost: 16, IdleConnTimeout: 30 * time.Second,
		TLSHandshakeTimeout: 10 * time.Second}
	return &http.Client{Transport: transport}
}

// checkServer returns the address without a slash at its end, or says what is wrong with it. The
// error does not have the address: it may have a password in it.
func checkServer(server string, insecure bool) (string, error) {
	u, err := url.Parse(server)
	switch {
	case err != nil || u.Host == "" || u.Hostname() == "" || u.Opaque != "":
		return "", fmt.Errorf("the address of the server must be like https://gatehouse.example.test")
	case u.User != nil:
		return "", errors.New("the address of the server has a user in it; give credentials separately")
	case u.RawQuery != "" || u.Fragment != "" || u.ForceQuery:
		return "", errors.New("the address of the server has a query or a fragment; leave it out")
	case u.Scheme == "http" && !insecure && !isLoopback(u.Hostname()):
		return "", errors.New("the address of the server begins with http://, so anyone on the way could read " +
			"secrets; use https:// (http is for loopback)")
	case u.Scheme != "https" && u.Scheme != "http":
		return "", errors.New("the address of the server must begin with https://")
	}
	u.Path, u.RawPath = strings.TrimRight(u.Path, "/"), ""
	return u.String(), nil
}

// isLoopback reports whether a host is this machine by its name or its address.
func isLoopback(host string) bool {
	address, err := netip.ParseAddr(host)
	return strings.EqualFold(host, "localhost") || err == nil && address.Unmap().IsLoopback()
}
