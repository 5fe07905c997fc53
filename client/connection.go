// SPDX-License-Identifier: Apache-2.0

package client

import (
	"context"
	"crypto/tls"
	"errors"
	"net/http/httptrace"
	"net/url"
	"strings"
	"sync/atomic"
)

// watch returns a context that notes whether a request may have reached the server: that is so once
// it has a connection.
func watch(ctx context.Context) (context.Context, *atomic.Bool) {
	var sent atomic.Bool
	return httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{
		GotConn: func(httptrace.GotConnInfo) { sent.Store(true) }}), &sent
}

// connectionError says why no answer came. The error of an ended context is the context's.
func (c *Client) connectionError(ctx context.Context, err error, sent bool) error {
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	if u, ok := errors.AsType[*url.Error](err); ok { // it repeats the method and the address
		err = u.Err
	}
	e := &ConnectionError{Server: c.server, Err: err}
	_, certificate := errors.AsType[*tls.CertificateVerificationError](err)
	_, plain := errors.AsType[tls.RecordHeaderError](err)
	switch {
	case certificate || plain || strings.Contains(err.Error(), "HTTP response to HTTPS client"):
		// trying again does not help
	case sent:
		e.kind = ErrLost
	default:
		e.kind = ErrUnavailable
	}
	return e
}
