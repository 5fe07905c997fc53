// SPDX-License-Identifier: Apache-2.0

package soak

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"time"
)

// certificates are the present one of the servers and the one that follows it. Clients trust both.
type certificates struct {
	folder        string
	trust         *tls.Config
	first, second certificate
}

// certificate signs itself, and has its key with it.
type certificate struct {
	serial    *big.Int
	cert, key []byte // PEM
}

// newCertificates makes both, and writes the first into the folder.
func newCertificates(folder string) (c certificates, err error) {
	pool := x509.NewCertPool()
	c.folder, c.trust = folder, &tls.Config{RootCAs: pool, ServerName: "example.test"}
	for i, one := range []*certificate{&c.first, &c.second} {
		if *one, err = newCertificate(int64(i + 1)); err != nil {
			return c, err
		}
		pool.AppendCertsFromPEM(one.cert)
	}
	return c, c.first.write(folder)
}

func newCertificate(serial int64) (c certificate, err error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return c, err
	}
	now := time.Now()
	template := &x509.Certificate{SerialNumber: big.NewInt(serial), DNSNames: []string{"example.test"},
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, NotBefore: now.Add(-time.Hour),
		NotAfter: now.Add(48 * time.Hour), ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
		IsCA: true, BasicConstraintsValid: true}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		return c, err
	}
	private, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return c, err
	}
	return certificate{template.SerialNumber, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE",
		Bytes: der}),
		pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: private})}, nil
}

func certFile(folder string) string { return filepath.Join(folder, "tls.crt") }
func keyFile(folder string) string  { return filepath.Join(folder, "tls.key") }

// write puts the certificate and its key in place of those that are there.
func (c certificate) write(folder string) error {
	if err := os.WriteFile(certFile(folder), c.cert, 0o600); err != nil {
		return err
	}
	return os.WriteFile(keyFile(folder), c.key, 0o600)
}

// serves reports whether a server shows the certificate to a new connection.
func (c certificate) serves(ctx context.Context, address string, trust *tls.Config) (bool, error) {
	conn, err := (&tls.Dialer{Config: trust}).DialContext(ctx, "tcp", address)
	if err != nil {
		return false, fmt.Errorf("connect to %s: %w", address, err)
	}
	defer conn.Close()
	shown := conn.(*tls.Conn).ConnectionState().PeerCertificates[0]
	return shown.SerialNumber.Cmp(c.serial) == 0, nil
}
