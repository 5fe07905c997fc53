// SPDX-License-Identifier: Apache-2.0

package config

import (
	"net"
	"net/netip"
	"strconv"
	"strings"
)

// noHost reports whether a host looks like an address and is none, such as 256.1.1.1. No name of a host
// consists of digits and dots, or has a colon.
func noHost(host string) bool {
	_, err := netip.ParseAddr(host)
	return err != nil && host != "" && (strings.Contains(host, ":") || strings.Trim(host, "0123456789.") == "")
}

// checkListeners adds an error for each two listeners that cannot be open at once.
func (l *loader) checkListeners(c Config) {
	all := []struct{ env, address string }{{envListen, c.Listen}, {envInternalListen, c.InternalListen},
		{envProfileListen, c.ProfileListen}}
	for i, second := range all {
		for _, first := range all[:i] {
			if overlap(first.address, second.address) {
				l.addError("%s %q and %s %q are the same address: give each a port of its own", l.source(first.env),
					first.address, l.source(second.env), second.address)
			}
		}
	}
}

// overlap reports whether two addresses, which address accepted or which are empty, have the same port
// and the same host, or one of them all hosts. Each port 0 is another one.
func overlap(a, b string) bool {
	hostA, portA, errA := net.SplitHostPort(a)
	hostB, portB, errB := net.SplitHostPort(b)
	if errA != nil || errB != nil {
		return false
	}
	numberA, errA := strconv.ParseUint(portA, 10, 16)
	numberB, errB := strconv.ParseUint(portB, 10, 16)
	if errA != nil || errB != nil || numberA != numberB || numberA == 0 {
		return false
	}
	hostA, hostB = plainHost(hostA), plainHost(hostB)
	return hostA == hostB || hostA == "" || hostB == ""
}

// plainHost returns one text for each host; it is empty for all addresses of the machine.
func plainHost(host string) string {
	addr, err := netip.ParseAddr(host)
	switch {
	case err != nil:
		return strings.ToLower(host)
	case addr.Unmap().IsUnspecified():
		return ""
	}
	return addr.Unmap().String()
}
