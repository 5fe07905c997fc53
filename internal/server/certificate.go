// SPDX-License-Identifier: Apache-2.0

package server

import (
	"context"
	"crypto/sha256"
	"crypto/tls"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"os"
	"runtime"
	"sync/atomic"
	"time"
)

const (
	// reloadInterval is the time between two reads of the files.
	reloadInterval = time.Second
	// maxCertificateFile is the longest chain, in bytes, that clients accept in a handshake.
	maxCertificateFile = 256 << 10
	// endsSoon is how long before its end the log warns of a certificate. For a
	// certificate with a short life it warns in the last quarter.
	endsSoon = 14 * 24 * time.Hour
	// remindInterval is the time between two such warnings.
	remindInterval = 24 * time.Hour
)

// Certificate is what a server shows its clients in TLS handshakes. While the server
// runs, it reads the files again every second. They are small, and neither their times
// nor their names show reliably that they were replaced.
type Certificate struct {
	certFile, keyFile string
	// ordered says that a worker writes both into one file, which may not be there yet.
	ordered   bool
	challenge func(*tls.ClientHelloInfo) *tls.Certificate // see OrderedCertificate; may be nil
	log       *slog.Logger
	current   atomic.Pointer[pair] // nil: there is none yet

	// Only the goroutine that reads the files uses these.
	loadError  string    // of the last reading; empty: none
	reminder   string    // the last warning about the certificate's end
	remindedAt time.Time // when it was logged
}

// pair is a certificate with its key.
type pair struct {
	tls.Certificate
	digest [sha256.Size]byte // of both files
}

// LoadCertificate reads a certificate with its chain, and its key, both in PEM.
// The error names everything that is wrong with the two files, but never their content
// or the path of the key. Wrong dates and a key that others may read are only logged.
func LoadCertificate(certFile, keyFile string, log *slog.Logger) (*Certificate, error) {
	c := &Certificate{certFile: certFile, keyFile: keyFile, log: log}
	f, err := c.read()
	if err != nil {
		return nil, err
	}
	p, err := f.parse()
	if err != nil {
		return nil, err
	}
	c.use(p, f.keyMode)
	return c, nil
}

// OrderedCertificate is LoadCertificate for a file with a key and a chain that another worker writes.
// While there is none that can be used, handshakes fail. challenge returns the certificate for the
// handshakes by which an authority checks a domain, and nil for all others.
func OrderedCertificate(file string, challenge func(*tls.ClientHelloInfo) *tls.Certificate,
	log *slog.Logger) *Certificate {
	c := &Certificate{certFile: file, keyFile: file, ordered: true, challenge: challenge, log: log}
	c.reload()
	if c.current.Load() == nil {
		log.Warn("there is no TLS certificate yet: handshakes fail until the authority has issued one")
	}
	return c
}

// expiry is the last moment at which clients accept the certificate; zero if there is none.
func (c *Certificate) expiry() time.Time {
	if p := c.current.Load(); p != nil {
		return p.Leaf.NotAfter
	}
	return time.Time{}
}

// Name implements Worker.
func (c *Certificate) Name() string { return "certificate" }

// Run implements Worker: it reads the files every second until the context ends.
func (c *Certificate) Run(ctx context.Context) error {
	tick := time.NewTicker(reloadInterval)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case now := <-tick.C:
			c.reload()
			c.remind(now)
		}
	}
}

// remind logs once a day that the certificate ends soon or has ended, and at once if
// that has changed.
func (c *Certificate) remind(now time.Time) {
	p := c.current.Load()
	if p == nil {
		return
	}
	leaf, reminder, soon := p.Leaf, "", min(endsSoon, p.Leaf.NotAfter.Sub(p.Leaf.NotBefore)/4)
	switch left := leaf.NotAfter.Sub(now); {
	case left < 0:
		reminder = "THE TLS CERTIFICATE HAS EXPIRED: clients will refuse it"
	case left < soon && c.ordered:
		reminder = "the TLS certificate ends soon: the log says why the authority has not issued another"
	case left < soon:
		reminder = "the TLS certificate ends soon: put another in its files"
	}
	if reminder == "" || reminder == c.reminder && now.Sub(c.remindedAt) < remindInterval {
		return
	}
	c.reminder, c.remindedAt = reminder, now
	c.log.Warn(reminder, "not_after", leaf.NotAfter)
}

// reload uses the certificate in the files if it is a new and complete one. Otherwise the
// old one stays. A certificate and its key are often written one after the other, so a
// pair that does not match is logged once and tried again.
func (c *Certificate) reload() {
	f, err := c.read()
	if err == nil {
		if now := c.current.Load(); now != nil && f.digest == now.digest {
			c.loadError = ""
			return
		}
		var p *pair
		if p, err = f.parse(); err == nil {
			c.use(p, f.keyMode)
			c.loadError = ""
			return
		}
	}
	if c.ordered && errors.Is(err, fs.ErrNotExist) {
		return // it was not issued yet
	}
	if text := err.Error(); text != c.loadError {
		c.loadError = text
		c.log.Warn("the TLS files cannot be used, the former certificate stays", "error", text, "not_after",
			c.expiry())
	}
}

// use makes this the certificate of all further handshakes.
func (c *Certificate) use(p *pair, keyMode fs.FileMode) {
	c.current.Store(p)
	sum := sha256.Sum256(p.Leaf.Raw)
	attrs := []any{"sha256", hex.EncodeToString(sum[:]), "not_before", p.Leaf.NotBefore, "not_after",
		p.Leaf.NotAfter}
	c.log.Info("TLS certificate", attrs...)
	now := time.Now()
	if now.Before(p.Leaf.NotBefore) {
		c.log.Warn("THE TLS CERTIFICATE IS NOT VALID YET: clients will refuse it", attrs...)
	}
	c.reminder = ""
	c.remind(now)
	if keyMode&0o007 != 0 && runtime.GOOS != "windows" { // Windows has no such bits
		c.log.Warn("OTHER USERS OF THIS MACHINE MAY READ OR CHANGE THE TLS KEY: chmod o= its file", "mode",
			keyMode.String())
	}
}

// pem is the content of the two files.
type pem struct {
	cert, key []byte
	keyMode   fs.FileMode
	digest    [sha256.Size]byte // of both
	ordered   bool              // both are one file, which this server wrote
}

func (c *Certificate) read() (f pem, err error) {
	if c.ordered {
		text, mode, err := readRegular(c.certFile)
		if err != nil {
			return pem{}, fmt.Errorf("%s cannot be read: %w", c.certFile, err)
		}
		return pem{cert: text, key: text, keyMode: mode, digest: sha256.Sum256(text), ordered: true}, nil
	}
	cert, _, certErr := readRegular(c.certFile)
	key, mode, keyErr := readRegular(c.keyFile)
	if certErr != nil {
		certErr = fmt.Errorf("--tls-cert names %q, which cannot be read (%w): give the path of a PEM file that "+
			"the server may read", c.certFile, certErr)
	}
	if keyErr != nil {
		keyErr = fmt.Errorf("--tls-key names a file that cannot be read (%w): give the path of a PEM file that "+
			"the server may read", keyErr)
	}
	if err := errors.Join(certErr, keyErr); err != nil {
		return pem{}, err
	}
	certSum, keySum := sha256.Sum256(cert), sha256.Sum256(key)
	return pem{cert: cert, key: key, keyMode: mode, digest: sha256.Sum256(append(certSum[:], keySum[:]...))}, nil
}

func (f pem) parse() (*pair, error) {
	certificate, err := tls.X509KeyPair(f.cert, f.key)
	if err != nil && f.ordered {
		return nil, fmt.Errorf("the certificate from the authority cannot be used: %w", err)
	}
	if err != nil {
		return nil, fmt.Errorf("the certificate of --tls-cert cannot be used with the key of --tls-key: %w", err)
	}
	return &pair{certificate, f.digest}, nil
}

// readRegular reads a small file. Its error does not contain the path. It opens only
// regular files: opening a pipe would wait for a writer.
func readRegular(path string) (content []byte, mode fs.FileMode, err error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, 0, cause(err)
	}
	if !info.Mode().IsRegular() {
		return nil, 0, errors.New("it is not a regular file")
	}
	f, err := os.Open(path)
	if err != nil {
		return nil, 0, cause(err)
	}
	content, err = io.ReadAll(io.LimitReader(f, maxCertificateFile+1))
	if err = errors.Join(cause(err), f.Close()); err != nil {
		return nil, 0, err
	}
	if len(content) > maxCertificateFile {
		return nil, 0, errors.New("it is too large")
	}
	return content, info.Mode(), nil
}

// cause returns the error without the path.
func cause(err error) error {
	var pathErr *fs.PathError
	if errors.As(err, &pathErr) {
		return pathErr.Err
	}
	return err
}
