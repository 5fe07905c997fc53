// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"strings"

	"gatehouse/internal/config"
	"gatehouse/internal/httpkit"
)

// listeners are the sockets of a server. Only public is never nil.
type listeners struct{ public, internal, profiles net.Listener }

// listen opens the listeners that the settings ask for, or none of them.
func listen(ctx context.Context, c config.Config) (listeners, error) {
	var l listeners
	for _, one := range []struct {
		listener *net.Listener
		address  string
		purpose  string
	}{
		{&l.public, c.Listen, ""},
		{&l.internal, c.InternalListen, " for health and metrics"},
		{&l.profiles, c.ProfileListen, " for profiles"},
	} {
		if one.address == "" {
			continue
		}
		opened, err := new(net.ListenConfig).Listen(ctx, "tcp", one.address)
		if err != nil {
			return listeners{}, errors.Join(fmt.Errorf("listen on %s%s: %w", one.address, one.purpose, err), l.close())
		}
		*one.listener = opened
	}
	return l, nil
}

func (l listeners) close() error {
	var errs []error
	for _, listener := range []net.Listener{l.public, l.internal, l.profiles} {
		if listener != nil {
			errs = append(errs, listener.Close())
		}
	}
	return errors.Join(errs...)
}

// proxies returns whose word about clients the server believes.
func proxies(c config.Config, log *slog.Logger) httpkit.Proxies {
	by := map[string]httpkit.ForwardedBy{config.ProxyXForwarded: httpkit.ByXForwarded,
		config.ProxyForwarded: httpkit.ByForwarded, config.ProxyProtocol: httpkit.ByProxyProtocol}
	parents := map[string]httpkit.Parents{config.TraceParentsOff: httpkit.ParentsOfNobody,
		config.TraceParentsProxies: httpkit.ParentsOfProxies, config.TraceParentsAll: httpkit.ParentsOfAll}
	scheme, host, _ := strings.Cut(c.PublicURL, "://")
	return httpkit.Proxies{Trusted: c.TrustedProxies, By: by[c.ProxyHeader],
		Parents: parents[c.Trace.Parents], PublicScheme: scheme,
		PublicHost: host, Log: log}
}
