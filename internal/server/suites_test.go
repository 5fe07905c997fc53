// SPDX-License-Identifier: Apache-2.0

package server

import (
	"crypto/tls"
	"net"
	"os"
	"os/exec"
	"strings"
	"testing"

	"gatehouse/internal/certtest"
)

// With TLS 1.2 the server speaks every suite of Go's that is an AEAD, and no other one.
func TestSuites(t *testing.T) {
	t.Parallel()
	ca := certtest.New(t)
	address := secure(t, load(t, ca.Issue()), 16)
	taken := 0
	for _, suite := range append(tls.CipherSuites(), tls.InsecureCipherSuites()...) {
		if len(suite.SupportedVersions) == 1 && suite.SupportedVersions[0] == tls.VersionTLS13 {
			continue
		}
		config := ca.Client()
		config.MinVersion, config.MaxVersion = tls.VersionTLS12, tls.VersionTLS12
		config.CipherSuites = []uint16{suite.ID}
		err := connect(t, address, config).(*tls.Conn).Handshake()
		// The certificate has a key for ECDSA.
		want := strings.HasPrefix(suite.Name, "TLS_ECDHE_ECDSA_") && !strings.Contains(suite.Name, "_CBC_") &&
			!strings.Contains(suite.Name, "_RC4_")
		if (err == nil) != want {
			t.Errorf("%s: %v", suite.Name, err)
		}
		if err == nil {
			taken++
		}
	}
	if taken != 3 {
		t.Errorf("%d suites are taken, want AES of two lengths and ChaCha20", taken)
	}
}

// OpenSSL is refused with each suite with CBC that it has, and connects with those that it prefers.
func TestSuitesOfOpenSSL(t *testing.T) {
	t.Parallel()
	openssl, err := exec.LookPath("openssl")
	if err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatal("openssl is not installed")
		}
		t.Skip("openssl is not installed")
	}
	ca := certtest.New(t)
	address := secure(t, load(t, ca.Issue()), 16)
	host, _, _ := net.SplitHostPort(address)
	for suites, want := range map[string]bool{
		"ECDHE-ECDSA-AES128-GCM-SHA256": true, "ECDHE-ECDSA-CHACHA20-POLY1305": true, "DEFAULT": true,
		"ECDHE-ECDSA-AES128-SHA": false, "ECDHE-ECDSA-AES256-SHA": false, "ECDHE-ECDSA-AES128-SHA256": false,
		"ECDHE-ECDSA-AES256-SHA384": false, "ECDHE-RSA-AES128-SHA": false, "AES128-SHA": false,
	} {
		c := exec.Command(openssl, "s_client", "-connect", address, "-servername", host, "-tls1_2", "-cipher",
			suites+":@SECLEVEL=0")
		out, err := c.CombinedOutput()
		if (err == nil) != want {
			t.Errorf("%s: %v\n%s", suites, err, out)
		}
		if !want && !strings.Contains(string(out), "handshake failure") {
			t.Errorf("%s: refused in another way:\n%s", suites, out)
		}
	}
}
