// SPDX-License-Identifier: Apache-2.0

package e2e

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"math/big"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"
)

// TestVendorClientOverTLS: the vendor's client on HTTPS, with an authority of
// one's own that Node was told of; and that it was the authority.
func TestVendorClientOverTLS(t *testing.T) {
	t.Parallel()
	dcuTools(t)
	a := newAuthority(t)
	cert, key := a.issue(t)
	p := launchServer(t, newSite(t, onSQLite), "--tls-cert", cert, "--tls-key", key)
	said := regexp.MustCompile(`(?m)^Gatehouse is ready at (https://\S+)\n`)
	within(t, startLimit, "the server is ready on HTTPS", func() bool {
		if found := said.FindStringSubmatch(p.stdout.String()); found != nil {
			p.url = found[1]
		}
		return p.url != "" || p.ended()
	})
	if p.ended() {
		t.Fatalf("the server did not start: %s", p.stderr.String())
	}
	transport := &http.Transport{TLSClientConfig: &tls.Config{RootCAs: a.pool}}
	t.Cleanup(transport.CloseIdleConnections)
	c := &client{t, p.url, &http.Client{Transport: transport, Timeout: time.Minute}}
	_, application := c.application(c.token(ccadmin, "admin", p.firstPassword()), "shop")

	told := settings{"NODE_EXTRA_CA_CERTS": a.file}
	if code, text := refreshGlobal(t, told.with("CC_APPLICATION_KEY", application), p.url); code != 0 {
		t.Errorf("dcu --refresh global ends with %d:\n%s", code, text)
	}
	if code, _ := refreshGlobal(t, settings{"CC_APPLICATION_KEY": application}, p.url); code == 0 {
		t.Error("the vendor's client trusts an authority it was not told of")
	}
	d := startDCU(t, told, dcuLogin{Node: p.url, Key: application})
	made := d.call(http.StatusOK, dcuCall{Operation: "createOrganization", Body: map[string]string{"name": "Orchard"}})
	issued := d.call(http.StatusOK, dcuCall{Operation: "authorizationCode", Path: []string{made.member("id")}})
	if href := issued.member("links", "0", "href"); !strings.HasPrefix(href, p.url+ccadmin) {
		t.Errorf("the self link is %q", href)
	}
	p.stop(t)
}

// authority issues certificates that only who is told of it trusts.
type authority struct {
	file string // its certificate
	pool *x509.CertPool
	cert *x509.Certificate
	key  *ecdsa.PrivateKey
}

func newAuthority(t testing.TB) authority {
	t.Helper()
	key := must(ecdsa.GenerateKey(elliptic.P256(), rand.Reader))(t)
	template := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "authority of a test"},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign}
	der := must(x509.CreateCertificate(rand.Reader, template, template, key.Public(), key))(t)
	a := authority{filepath.Join(t.TempDir(), "authority.pem"), x509.NewCertPool(), must(x509.ParseCertificate(der))(t), key}
	a.pool.AddCert(a.cert)
	writePEM(t, a.file, "CERTIFICATE", der)
	return a
}

// issue makes a certificate for 127.0.0.1 and gives its file and its key's.
func (a authority) issue(t testing.TB) (certFile, keyFile string) {
	t.Helper()
	key := must(ecdsa.GenerateKey(elliptic.P256(), rand.Reader))(t)
	template := &x509.Certificate{SerialNumber: big.NewInt(2), Subject: pkix.Name{CommonName: "server of a test"},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth}}
	der := must(x509.CreateCertificate(rand.Reader, template, a.cert, key.Public(), a.key))(t)
	dir := t.TempDir()
	certFile, keyFile = filepath.Join(dir, "server.pem"), filepath.Join(dir, "server.key")
	writePEM(t, certFile, "CERTIFICATE", der)
	writePEM(t, keyFile, "PRIVATE KEY", must(x509.MarshalPKCS8PrivateKey(key))(t))
	return certFile, keyFile
}

func writePEM(t testing.TB, path, kind string, der []byte) {
	t.Helper()
	if err := os.WriteFile(path, pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der}), 0o600); err != nil {
		t.Fatal(err)
	}
}
