// SPDX-License-Identifier: Apache-2.0

// Package certorder orders TLS certificates from an authority by ACME (RFC 8555), renews them, and
// answers the authority's challenges on the server's own port (TLS-ALPN-01, RFC 8737).
//
// It shows no certificate to clients: it writes a file, and package server reads that as it reads
// the files of --tls-cert. It does not share anything with other replicas.
//
// Floor F3, a worker: of this module it imports datafolder only.
package certorder

import (
	"context"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"encoding/hex"
	"encoding/pem"
	"errors"
	"log/slog"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"golang.org/x/crypto/acme"
)

// When a certificate is ordered.
const (
	renewPart   = 3 // a certificate is renewed in the last third of its life
	firstPause  = 5 * time.Minute
	longestWait = 6 * time.Hour // between two tries, and between two looks at the file
	orderLimit  = 5 * time.Minute
)

// Options are the settings of an Orderer.
type Options struct {
	Folder      string   // of this server, where accounts and certificates are kept
	Domains     []string // of the certificate; the first is its subject
	Directory   string   // URL of the authority
	Email       string   // for the authority; empty: none
	Authorities *x509.CertPool
	Log         *slog.Logger
}

// Orderer is a worker of package server that keeps a certificate fresh.
type Orderer struct {
	o   Options
	dir string // of this authority

	mu         sync.Mutex
	challenges map[string]*tls.Certificate // by domain, while an order runs
}

// New makes an Orderer. Run makes its folder.
func New(o Options) *Orderer {
	return &Orderer{o: o, dir: filepath.Join(o.Folder, folderOf(o.Directory)),
		challenges: map[string]*tls.Certificate{}}
}

// folderOf returns the name of the folder of an authority: accounts and certificates of one are
// nothing to another, such as one for tests.
func folderOf(directory string) string {
	sum := sha256.Sum256([]byte(directory))
	host := ""
	if u, err := url.Parse(directory); err == nil {
		host = u.Hostname()
	}
	return strings.ReplaceAll(host, ":", "_") + "-" + hex.EncodeToString(sum[:4])
}

// File is the path of the file with the key and the certificate. It is not there before the first
// order was fulfilled.
func (o *Orderer) File() string { return filepath.Join(o.dir, "certificate.pem") }

// Challenge returns the certificate that proves to the authority that this server has a domain. It
// is nil for everybody else.
func (o *Orderer) Challenge(hello *tls.ClientHelloInfo) *tls.Certificate {
	if len(hello.SupportedProtos) != 1 || hello.SupportedProtos[0] != acme.ALPNProto {
		return nil
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.challenges[strings.ToLower(strings.TrimSuffix(hello.ServerName, "."))]
}

// Name implements server.Worker.
func (*Orderer) Name() string { return "certificate orders" }

// Run implements server.Worker. An order that fails is logged and tried again.
func (o *Orderer) Run(ctx context.Context) error {
	for failures := 0; ; {
		wait := o.due(time.Now())
		if wait <= 0 {
			err := o.order(ctx)
			switch {
			case ctx.Err() != nil:
				return nil
			case err == nil:
				failures = 0
				continue
			}
			wait = pause(failures, err)
			failures++
			o.o.Log.Error("no TLS certificate was got from the authority: what is there stays, and it is tried again",
				"domains", o.o.Domains, "error", err, "again_at", time.Now().Add(wait).UTC().Truncate(time.Second))
		}
		select {
		case <-ctx.Done():
			return nil
		case <-time.After(min(wait, longestWait)):
		}
	}
}

// pause returns how long to wait after a number of failures before the last one. Authorities allow
// few failures in an hour.
func pause(failures int, err error) time.Duration {
	wait := min(firstPause<<min(failures, 10), longestWait)
	if asked, ok := acme.RateLimit(err); ok {
		return max(wait, asked)
	}
	return wait
}

// due returns when the next order is due. It is zero or less if there is no certificate that can be
// used, or if it is for other domains.
func (o *Orderer) due(now time.Time) time.Duration {
	leaf, err := readLeaf(o.File())
	if err != nil {
		if !errors.Is(err, os.ErrNotExist) {
			o.o.Log.Warn("the TLS certificate from the authority cannot be used: another is ordered", "error", err)
		}
		return 0
	}
	for _, domain := range o.o.Domains {
		if leaf.VerifyHostname(domain) != nil {
			return 0
		}
	}
	renewal := leaf.NotAfter.Add(-leaf.NotAfter.Sub(leaf.NotBefore) / renewPart)
	return renewal.Sub(now)
}

// readLeaf returns the certificate in a file with a key and a chain.
func readLeaf(path string) (*x509.Certificate, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	pair, err := tls.X509KeyPair(text, text)
	if err != nil {
		return nil, err
	}
	return pair.Leaf, nil
}

// block returns a block of PEM.
func block(kind string, der []byte) []byte {
	return pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der})
}
