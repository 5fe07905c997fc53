// SPDX-License-Identifier: Apache-2.0

package config

import (
	"fmt"
	"net/netip"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestTrustedProxies(t *testing.T) {
	t.Parallel()
	for in, want := range map[string][]string{
		"":                                nil,
		"127.0.0.1":                       {"127.0.0.1/32"},
		"::1":                             {"::1/128"},
		"::ffff:10.0.0.1":                 {"10.0.0.1/32"},
		"10.0.7.0/24, fd00::/8,127.0.0.1": {"10.0.7.0/24", "fd00::/8", "127.0.0.1/32"},
	} {
		c, err := sample{env: map[string]string{envTrustedProxies: in}}.load()
		if err != nil {
			t.Errorf("%q: %v", in, err)
		}
		var got []string
		for _, p := range c.TrustedProxies {
			got = append(got, p.String())
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%q (-want +got):\n%s", in, diff)
		}
		if c.ProxyHeader != ProxyXForwarded {
			t.Errorf("%q: the header is %q", in, c.ProxyHeader)
		}
	}
}

// No faulty entry is left out quietly, and none trusts everybody.
func TestTrustedProxiesErrors(t *testing.T) {
	t.Parallel()
	many := make([]string, maxProxies+1)
	for i := range many {
		many[i] = netip.AddrFrom4([4]byte{10, 0, 0, byte(i)}).String()
	}
	for in, want := range map[string]string{
		"proxy.example.test":    "neither an address nor a network",
		"10.0.0.0/33":           "neither an address nor a network",
		"10.0.0.0/":             "neither an address nor a network",
		"fe80::1%eth0":          "neither an address nor a network",
		"::ffff:10.0.0.0/104":   "neither an address nor a network",
		" ":                     "neither an address nor a network",
		"127.0.0.1,":            "neither an address nor a network",
		"0.0.0.0/0":             "would trust every client",
		"::/0":                  "would trust every client",
		"10.0.7.1/24":           "write 10.0.7.0/24",
		strings.Join(many, ","): "at most 64",
	} {
		c, err := sample{env: map[string]string{envTrustedProxies: in}}.load()
		if err == nil || !strings.Contains(err.Error(), want) || c.TrustedProxies != nil {
			t.Errorf("%q: %v, %v; want %q", in, c.TrustedProxies, err, want)
		}
	}
}

func TestProxyHeader(t *testing.T) {
	t.Parallel()
	for _, header := range []string{ProxyXForwarded, ProxyForwarded, ProxyProtocol} {
		c, err := sample{flags: map[string]string{"proxy-header": header, "trusted-proxies": "127.0.0.1"}}.load()
		if err != nil || c.ProxyHeader != header {
			t.Errorf("%s: %q, %v", header, c.ProxyHeader, err)
		}
	}
	for header, want := range map[string]string{"x-real-ip": "unknown", "": "unknown", "Forwarded": "unknown",
		ProxyForwarded: "without --trusted-proxies", ProxyProtocol: "without --trusted-proxies"} {
		_, err := sample{env: map[string]string{envProxyHeader: header}}.load()
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v, want %q", header, err, want)
		}
	}
}

func TestInternalListen(t *testing.T) {
	t.Parallel()
	c, err := sample{env: map[string]string{envInternalListen: "10.0.0.1:9090"}}.load()
	if err != nil || c.InternalListen != "10.0.0.1:9090" {
		t.Errorf("%q, %v", c.InternalListen, err)
	}
	if _, err := (sample{env: map[string]string{envInternalListen: "9090"}}).load(); err == nil {
		t.Error("a port alone is accepted")
	}
}

// A pod in a namespace with Services called gatehouse and gatehouse-database has these.
func TestKubernetesVariables(t *testing.T) {
	t.Parallel()
	env := map[string]string{}
	for _, service := range []string{"GATEHOUSE", "GATEHOUSE_DATABASE", "GATEHOUSE_TLS"} {
		for name, value := range map[string]string{
			"SERVICE_HOST": "10.0.0.7", "SERVICE_PORT": "80", "SERVICE_PORT_HTTP": "80",
			"SERVICE_PORT_INTERNAL_METRICS": "9090",
			"PORT":                          "tcp://10.0.0.7:80", "PORT_80_TCP": "tcp://10.0.0.7:80",
			"PORT_80_TCP_PROTO": "tcp",
			"PORT_80_TCP_PORT":  "80", "PORT_80_TCP_ADDR": "10.0.0.7", "PORT_53_UDP_ADDR": "10.0.0.7",
		} {
			env[service+"_"+name] = value
		}
	}
	c, err := sample{env: env}.load()
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(fields(defaults()), fields(c)); diff != "" {
		t.Errorf("they changed settings (-want +got):\n%s", diff)
	}
}

// Without the address of a Service these are mistyped settings.
func TestMistypedLikeKubernetes(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"GATEHOUSE_PORT", "GATEHOUSE_SERVICE_PORT", "GATEHOUSE_LISTEN_PORT",
		"GATEHOUSE_SERVICE_HOST",
		"GATEHOUSE_PORT_80_TCP"} {
		_, err := sample{env: map[string]string{name: "8080"}}.load()
		if err == nil || !strings.Contains(err.Error(), fmt.Sprintf("unknown environment variable %q", name)) {
			t.Errorf("%s: %v", name, err)
		}
	}
	// Names that no Service gives are mistyped even if there are those of a Service.
	_, err := sample{env: map[string]string{"GATEHOUSE_SERVICE_HOST": "10.0.0.7", "GATEHOUSE_SERVICE_PORT": "80",
		"GATEHOUSE_PORT_EIGHTY": "1"}}.load()
	if err == nil || !strings.Contains(err.Error(), "GATEHOUSE_PORT_EIGHTY") {
		t.Errorf("GATEHOUSE_PORT_EIGHTY: %v", err)
	}
}
