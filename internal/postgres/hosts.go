// SPDX-License-Identifier: Apache-2.0

package postgres

import (
	"net"
	"slices"
	"strconv"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
)

// hostsOf returns the servers of a URL, each with the ways to connect to it.
func hostsOf(config *pgx.ConnConfig) (hosts [][]*pgconn.FallbackConfig) {
	first := &pgconn.FallbackConfig{Host: config.Host, Port: config.Port, TLSConfig: config.TLSConfig}
	for _, one := range append([]*pgconn.FallbackConfig{first}, config.Fallbacks...) {
		i := slices.IndexFunc(hosts, func(h []*pgconn.FallbackConfig) bool {
			return hostName(h[0]) == hostName(one)
		})
		if i < 0 {
			hosts = append(hosts, nil)
			i = len(hosts) - 1
		}
		hosts[i] = append(hosts[i], one)
	}
	return hosts
}

// setHosts lets connections try these ways, in order.
func setHosts(config *pgx.ConnConfig, ways []*pgconn.FallbackConfig) {
	config.Host, config.Port, config.TLSConfig = ways[0].Host, ways[0].Port, ways[0].TLSConfig
	config.Fallbacks = ways[1:]
}

func hostName(h *pgconn.FallbackConfig) string {
	return net.JoinHostPort(h.Host, strconv.Itoa(int(h.Port)))
}
