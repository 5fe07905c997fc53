// SPDX-License-Identifier: Apache-2.0

package secret

import (
	"context"
	"encoding/base64"
	"fmt"
	"runtime"
	"strings"

	"golang.org/x/crypto/argon2"
)

// argon2id with the parameters OWASP recommends first: 19 MiB, 2 passes, 1 lane.
const (
	argonMemory = 19 * 1024 // KiB
	argonPasses = 2
	argonLanes  = 1
	argonSalt   = 16
	argonHash   = 32
)

// Hasher hashes passwords, a bounded number at a time: each takes 19 MiB and
// some 40 ms of a core, so a storm of log-ins must queue rather than pile up.
type Hasher struct{ slots chan struct{} }

// NewHasher makes a Hasher with a slot per core.
func NewHasher() *Hasher { return &Hasher{slots: make(chan struct{}, runtime.GOMAXPROCS(0))} }

// Hash gives the password's argon2id hash in PHC form. It waits for a slot; the
// only error is the context's.
func (h *Hasher) Hash(ctx context.Context, password Secret) (string, error) {
	salt := randomBytes(argonSalt)
	sum, err := h.sum(ctx, password, salt)
	if err != nil {
		return "", err
	}
	b64 := base64.RawStdEncoding
	return fmt.Sprintf("$argon2id$v=%d$m=%d,t=%d,p=%d$%s$%s", argon2.Version, argonMemory, argonPasses, argonLanes,
		b64.EncodeToString(salt), b64.EncodeToString(sum)), nil
}

// Verify tells whether the password fits the hash. With an empty hash (no such
// user) it does the same work and says no. The only error is the context's.
func (h *Hasher) Verify(ctx context.Context, hash string, password Secret) (bool, error) {
	salt, want, ok := parsePHC(hash)
	if !ok {
		salt, want = make([]byte, argonSalt), make([]byte, argonHash)
	}
	sum, err := h.sum(ctx, password, salt)
	if err != nil {
		return false, err
	}
	return Equal(sum, want) && ok, nil
}

func (h *Hasher) sum(ctx context.Context, password Secret, salt []byte) ([]byte, error) {
	select {
	case h.slots <- struct{}{}:
		defer func() { <-h.slots }()
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	return argon2.IDKey([]byte(password.text), salt, argonPasses, argonMemory, argonLanes, argonHash), nil
}

// parsePHC reads the one form Hash writes. Other parameters would mean a hash
// from elsewhere, which is refused rather than computed at whatever cost it asks.
func parsePHC(hash string) (salt, sum []byte, ok bool) {
	head := fmt.Sprintf("$argon2id$v=%d$m=%d,t=%d,p=%d$", argon2.Version, argonMemory, argonPasses, argonLanes)
	rest, found := strings.CutPrefix(hash, head)
	saltText, sumText, cut := strings.Cut(rest, "$")
	if !found || !cut {
		return nil, nil, false
	}
	salt, err1 := base64.RawStdEncoding.DecodeString(saltText)
	sum, err2 := base64.RawStdEncoding.DecodeString(sumText)
	if err1 != nil || err2 != nil || len(salt) != argonSalt || len(sum) != argonHash {
		return nil, nil, false
	}
	return salt, sum, true
}
