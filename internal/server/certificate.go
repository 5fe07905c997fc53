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
	// reloadInterval is how often the files are looked at.
	reloadInterval = time.Second
	// maxCertificateFile is what a client takes of a chain in a handshake, in bytes.
	maxCertificateFile = 256 << 10
	// endsSoon is when the log begins to say that a certificate ends, unless it is
	// one of a short life: then it is the last quarter of that.
	endsSoon = 14 * 24 * time.Hour
	// remindInterval is how often it says so.
	remindInterval = 24 * time.Hour
)

// Certificate is what a server shows its clients in TLS handshakes. A server
// that has one reads its files again every second while it runs: they are small,
// and neither times nor names tell reliably that something was replaced.
type Certificate struct {
	certFile, keyFile string
	log               *slog.Logger
	current           atomic.Pointer[pair]

	// The rest is of the one goroutine that reads the files.
	fault    string    // when they were last read
	reminder string    // what the log was last told of the certificate's end
	reminded time.Time // when
}

// pair is a certificate with its key.
type pair struct {
	tls.Certificate
	digest [sha256.Size]byte // of both files
}

// LoadCertificate reads a certificate with its chain, and its key, both in PEM.
// The error tells all that is wrong with the two files, never what is in them
// nor where the key is. Wrong dates and a key that others may read are for the log.
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

// expiry is the last moment at which clients take the certificate.
func (c *Certificate) expiry() time.Time { return c.current.Load().Leaf.NotAfter }

// watch looks at the files until the context ends.
func (c *Certificate) watch(ctx context.Context) {
	tick := time.NewTicker(reloadInterval)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case now := <-tick.C:
			c.reload()
			c.remind(now)
		}
	}
}

// remind tells the log once a day that the certificate ends soon or has ended,
// and at once when that has changed.
func (c *Certificate) remind(now time.Time) {
	leaf, reminder := c.current.Load().Leaf, ""
	switch left := leaf.NotAfter.Sub(now); {
	case left < 0:
		reminder = "THE TLS CERTIFICATE HAS EXPIRED: clients will refuse it"
	case left < min(endsSoon, leaf.NotAfter.Sub(leaf.NotBefore)/4):
		reminder = "the TLS certificate ends soon: put another in its files"
	}
	if reminder == "" || reminder == c.reminder && now.Sub(c.reminded) < remindInterval {
		return
	}
	c.reminder, c.reminded = reminder, now
	c.log.Warn(reminder, "not_after", leaf.NotAfter)
}

// reload takes what is in the files if it is another certificate that is whole;
// else the former one stays. A certificate and its key are often written one
// after the other, so what does not fit is told once and looked at again.
func (c *Certificate) reload() {
	f, err := c.read()
	if err == nil {
		if f.digest == c.current.Load().digest {
			c.fault = ""
			return
		}
		var p *pair
		if p, err = f.parse(); err == nil {
			c.use(p, f.keyMode)
			c.fault = ""
			return
		}
	}
	if text := err.Error(); text != c.fault {
		c.fault = text
		c.log.Warn("the TLS files cannot be used, the former certificate stays", "error", text, "not_after", c.expiry())
	}
}

// use shows the certificate from the next handshake on.
func (c *Certificate) use(p *pair, keyMode fs.FileMode) {
	c.current.Store(p)
	sum := sha256.Sum256(p.Leaf.Raw)
	attrs := []any{"sha256", hex.EncodeToString(sum[:]), "not_before", p.Leaf.NotBefore, "not_after", p.Leaf.NotAfter}
	c.log.Info("TLS certificate", attrs...)
	now := time.Now()
	if now.Before(p.Leaf.NotBefore) {
		c.log.Warn("THE TLS CERTIFICATE IS NOT VALID YET: clients will refuse it", attrs...)
	}
	c.reminder = ""
	c.remind(now)
	if keyMode&0o007 != 0 && runtime.GOOS != "windows" { // which has no such bits
		c.log.Warn("OTHER USERS OF THIS MACHINE MAY READ OR CHANGE THE TLS KEY: chmod o= its file", "mode", keyMode.String())
	}
}

// pem is what is in the two files.
type pem struct {
	cert, key []byte
	keyMode   fs.FileMode
	digest    [sha256.Size]byte // of both
}

func (c *Certificate) read() (f pem, err error) {
	cert, _, certErr := readRegular(c.certFile)
	key, mode, keyErr := readRegular(c.keyFile)
	if certErr != nil {
		certErr = fmt.Errorf("--tls-cert names %q, which cannot be read (%w): give the path of a PEM file that the server may read", c.certFile, certErr)
	}
	if keyErr != nil {
		keyErr = fmt.Errorf("--tls-key names a file that cannot be read (%w): give the path of a PEM file that the server may read", keyErr)
	}
	if err := errors.Join(certErr, keyErr); err != nil {
		return pem{}, err
	}
	certSum, keySum := sha256.Sum256(cert), sha256.Sum256(key)
	return pem{cert, key, mode, sha256.Sum256(append(certSum[:], keySum[:]...))}, nil
}

func (f pem) parse() (*pair, error) {
	certificate, err := tls.X509KeyPair(f.cert, f.key)
	if err != nil {
		return nil, fmt.Errorf("the certificate of --tls-cert cannot be used with the key of --tls-key: %w", err)
	}
	return &pair{certificate, f.digest}, nil
}

// readRegular reads a small file. The error does not tell its name. What is no
// file is not opened: that would wait for who writes into a pipe.
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

// cause is the error without the path.
func cause(err error) error {
	var pathErr *fs.PathError
	if errors.As(err, &pathErr) {
		return pathErr.Err
	}
	return err
}
