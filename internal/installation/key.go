// SPDX-License-Identifier: Apache-2.0

package installation

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"runtime"

	"gatehouse/client"
)

// The kinds of keys.
const (
	Ed25519 = "ed25519"
	P256    = "p256"
)

// newKey makes a key pair of a kind.
func newKey(kind string) (crypto.Signer, error) {
	switch kind {
	case Ed25519:
		_, key, err := ed25519.GenerateKey(rand.Reader)
		return key, err
	case P256:
		return ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	}
	return nil, fmt.Errorf("there is no kind of key %q: use %s or %s", kind, Ed25519, P256)
}

// key returns the key of the folder. One that is not there is made and is durable.
func (f *Folder) key(kind string) (crypto.Signer, error) {
	content, err := f.readKeyFile()
	if err == nil {
		return f.parseKey(content)
	}
	if !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	key, err := newKey(kind)
	if err != nil {
		return nil, err
	}
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return nil, err
	}
	return key, f.place(keyFile, pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der}))
}

// readKey returns the key of an enrolled installation, which must be there.
func (f *Folder) readKey() (crypto.Signer, error) {
	content, err := f.readKeyFile()
	switch {
	case errors.Is(err, errKeyRead):
		return nil, err
	case err != nil:
		return nil,
			fmt.Errorf("the key of this client cannot be read: %w. Bring it back from a backup, or remove %s "+
				"and enrol again", err, f.path)
	}
	return f.parseKey(content)
}

// errKeyRead says that the key may be known to others.
var errKeyRead = errors.New("other users may read the key of this client")

// readKeyFile reads the file of the key, which nobody else may read.
func (f *Folder) readKeyFile() ([]byte, error) {
	info, err := os.Stat(f.KeyFile())
	if err != nil {
		return nil, err
	}
	if mode := info.Mode(); mode.IsRegular() && mode.Perm()&0o077 != 0 && runtime.GOOS != "windows" {
		return nil, fmt.Errorf("%w: run chmod 600 on %s, and enrol this machine again if somebody may have read it",
			errKeyRead, f.KeyFile())
	}
	return os.ReadFile(f.KeyFile())
}

func (f *Folder) parseKey(content []byte) (crypto.Signer, error) {
	block, _ := pem.Decode(content)
	if block != nil {
		if key, err := x509.ParsePKCS8PrivateKey(block.Bytes); err == nil {
			if signer, ok := key.(crypto.Signer); ok {
				if _, err := client.PublicKey(signer.Public()); err == nil {
					return signer, nil
				}
			}
		}
	}
	return nil, fmt.Errorf("%s is no private key of Ed25519 or P-256 in PEM: it was changed by something else",
		f.KeyFile())
}
