// SPDX-License-Identifier: Apache-2.0

package certorder

import (
	"bytes"
	"context"
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"fmt"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"slices"

	"golang.org/x/crypto/acme"

	"gatehouse/internal/datafolder"
)

// order gets a certificate with a new key, and writes both.
func (o *Orderer) order(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, orderLimit)
	defer cancel()
	if err := os.MkdirAll(o.dir, 0o700); err != nil {
		return fmt.Errorf("make the folder of certificates: %w", datafolder.Explain(o.dir, err))
	}
	client, err := o.client(ctx)
	if err != nil {
		return err
	}
	order, err := client.AuthorizeOrder(ctx, acme.DomainIDs(o.o.Domains...))
	if err != nil {
		return fmt.Errorf("order: %w", err)
	}
	defer o.forget()
	for _, at := range order.AuthzURLs {
		if err := o.prove(ctx, client, at); err != nil {
			return err
		}
	}
	if order, err = client.WaitOrder(ctx, order.URI); err != nil {
		return fmt.Errorf("wait for the order: %w", err)
	}
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return fmt.Errorf("make a key: %w", err)
	}
	request, err := x509.CreateCertificateRequest(rand.Reader, &x509.CertificateRequest{
		Subject: pkix.Name{CommonName: o.o.Domains[0]}, DNSNames: o.o.Domains}, key)
	if err != nil {
		return fmt.Errorf("make the request: %w", err)
	}
	chain, _, err := client.CreateCertFromOrder(ctx, order, request, true)
	if err != nil {
		return fmt.Errorf("get the certificate: %w", err)
	}
	return o.store(key, chain)
}

// client returns a client of the authority with an account, which it makes if there is none.
func (o *Orderer) client(ctx context.Context) (*acme.Client, error) {
	key, err := o.accountKey()
	if err != nil {
		return nil, err
	}
	transport := http.DefaultTransport.(*http.Transport).Clone()
	transport.TLSClientConfig = &tls.Config{RootCAs: o.o.Authorities, MinVersion: tls.VersionTLS12}
	client := &acme.Client{Key: key, DirectoryURL: o.o.Directory, UserAgent: "gatehouse",
		HTTPClient: &http.Client{Transport: transport}}
	account := &acme.Account{}
	if o.o.Email != "" {
		account.Contact = []string{"mailto:" + o.o.Email}
	}
	// The settings said that the terms are accepted.
	_, err = client.Register(ctx, account, acme.AcceptTOS)
	if err != nil && !errors.Is(err, acme.ErrAccountAlreadyExists) {
		return nil, fmt.Errorf("register with the authority: %w", err)
	}
	return client, nil
}

// prove has the authority see that this server has a domain.
func (o *Orderer) prove(ctx context.Context, client *acme.Client, at string) error {
	authorization, err := client.GetAuthorization(ctx, at)
	if err != nil {
		return fmt.Errorf("read an authorization: %w", err)
	}
	domain := authorization.Identifier.Value
	if authorization.Status == acme.StatusValid {
		return nil
	}
	i := slices.IndexFunc(authorization.Challenges,
		func(c *acme.Challenge) bool { return c.Type == "tls-alpn-01" })
	if i < 0 {
		return fmt.Errorf("the authority does not offer tls-alpn-01 for %s", domain)
	}
	challenge := authorization.Challenges[i]
	certificate, err := client.TLSALPN01ChallengeCert(challenge.Token, domain)
	if err != nil {
		return fmt.Errorf("answer the challenge for %s: %w", domain, err)
	}
	o.mu.Lock()
	o.challenges[domain] = &certificate
	o.mu.Unlock()
	if _, err := client.Accept(ctx, challenge); err != nil {
		return fmt.Errorf("begin the challenge for %s: %w", domain, err)
	}
	if _, err := client.WaitAuthorization(ctx, authorization.URI); err != nil {
		return fmt.Errorf("the authority does not find this server at port 443 of %s: %w", domain, err)
	}
	return nil
}

// forget forgets the answers to challenges.
func (o *Orderer) forget() {
	o.mu.Lock()
	defer o.mu.Unlock()
	clear(o.challenges)
}

// accountKey returns the key of the account, and makes it first if there is none.
func (o *Orderer) accountKey() (crypto.Signer, error) {
	path := filepath.Join(o.dir, "account.key")
	text, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
		if err != nil {
			return nil, fmt.Errorf("make the account's key: %w", err)
		}
		der, err := x509.MarshalPKCS8PrivateKey(key)
		if err != nil {
			return nil, fmt.Errorf("make the account's key: %w", err)
		}
		if err := datafolder.WriteNew(path, block("PRIVATE KEY", der)); err != nil {
			return nil, fmt.Errorf("write the account's key: %w", datafolder.Explain(path, err))
		}
		text, err = os.ReadFile(path) // another process may have been first
		if err != nil {
			return nil, fmt.Errorf("read the account's key: %w", err)
		}
	} else if err != nil {
		return nil, fmt.Errorf("read the account's key: %w", err)
	}
	decoded, _ := pem.Decode(text)
	if decoded == nil {
		return nil, fmt.Errorf("%s has no key: put it back, or remove it to register anew", path)
	}
	key, err := x509.ParsePKCS8PrivateKey(decoded.Bytes)
	if err != nil {
		return nil, fmt.Errorf("%s has no key: put it back, or remove it to register anew", path)
	}
	return key.(crypto.Signer), nil
}

// store checks and writes the key and the chain to one file, so that both are replaced at once.
func (o *Orderer) store(key *ecdsa.PrivateKey, chain [][]byte) (err error) {
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return fmt.Errorf("encode the key: %w", err)
	}
	var text bytes.Buffer
	text.Write(block("PRIVATE KEY", der))
	for _, certificate := range chain {
		text.Write(block("CERTIFICATE", certificate))
	}
	if _, err := tls.X509KeyPair(text.Bytes(), text.Bytes()); err != nil {
		return fmt.Errorf("the authority sent something else than the certificate: %w", err)
	}
	temp, err := datafolder.NewTemp(o.dir)
	if err != nil {
		return fmt.Errorf("write the certificate: %w", err)
	}
	defer func() { err = errors.Join(err, temp.Remove()) }()
	name := temp.Path("certificate")
	if err := os.WriteFile(name, text.Bytes(), 0o600); err != nil {
		return fmt.Errorf("write the certificate: %w", datafolder.Explain(name, err))
	}
	if err := errors.Join(datafolder.SyncFile(name), datafolder.Place(name, o.File(), true)); err != nil {
		return fmt.Errorf("write the certificate: %w", datafolder.Explain(o.File(), err))
	}
	return nil
}
