// SPDX-License-Identifier: Apache-2.0

package config

import (
	"net/netip"
	"strings"
)

// maxProxies bounds the list: each request is compared with all of it.
const maxProxies = 64

// trustedProxies reads addresses and networks, separated by commas.
func (l *loader) trustedProxies() []netip.Prefix {
	v := l.value(envTrustedProxies)
	if v == "" {
		return nil
	}
	var all []netip.Prefix
	for part := range strings.SplitSeq(v, ",") {
		prefix, wrong := network(strings.TrimSpace(part))
		if wrong != "" {
			l.addError("%s: %q %s", l.source(envTrustedProxies), strings.TrimSpace(part), wrong)
			continue
		}
		all = append(all, prefix)
	}
	if len(all) > maxProxies {
		l.addError("%s has %d networks: at most %d are allowed, so write larger ones", l.source(envTrustedProxies),
			len(all), maxProxies)
	}
	return all
}

// network reads an address or a network. wrong says what is wrong with the text, or is empty.
func network(text string) (prefix netip.Prefix, wrong string) {
	const form = "is neither an address nor a network: write it like 127.0.0.1, 10.0.7.0/24 or fd00::/8"
	if !strings.Contains(text, "/") {
		addr, err := netip.ParseAddr(text)
		if err != nil || addr.Zone() != "" {
			return prefix, form
		}
		addr = addr.Unmap()
		return netip.PrefixFrom(addr, addr.BitLen()), ""
	}
	prefix, err := netip.ParsePrefix(text)
	switch {
	case err != nil || prefix.Addr().Is4In6():
		return prefix, form
	case prefix.Bits() == 0:
		return prefix, "would trust every client: name the networks of your proxies"
	case prefix != prefix.Masked():
		return prefix, "has bits set after its length: write " + prefix.Masked().String() + " for all of it"
	}
	return prefix, ""
}

func (l *loader) proxyHeader() string {
	v := l.value(envProxyHeader)
	switch {
	case v != ProxyXForwarded && v != ProxyForwarded && v != ProxyProtocol:
		l.addError("%s %q is unknown: use %s, %s or %s", l.source(envProxyHeader), v,
			ProxyXForwarded, ProxyForwarded, ProxyProtocol)
	case v != ProxyXForwarded && l.is(envTrustedProxies, ""):
		l.addError("%s is set without %s: name the proxies whose word is to be believed", l.source(envProxyHeader),
			l.source(envTrustedProxies))
	}
	return v
}

func (l *loader) internalListen() string {
	if l.is(envInternalListen, "") {
		return ""
	}
	address, _ := l.address(envInternalListen)
	return address
}

// networks returns a list of networks as users write it.
func networks(prefixes []netip.Prefix) string {
	texts := make([]string, len(prefixes))
	for i, p := range prefixes {
		texts[i] = p.String()
	}
	return strings.Join(texts, ",")
}
