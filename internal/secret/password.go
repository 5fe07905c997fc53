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

// Hasher hashes passwords, a bounded number at a time. Each hash takes 19 MiB and
// some 40 ms of a core, so a storm of log-ins must queue, and leave the other
// cores to the other requests.
type Hasher struct{ slots chan struct{} }

const (
	maxSlots     = 8 // on machines with many cores
	coresPerSlot = 4
)

// NewHasher returns a Hasher with a slot for every four cores, from one to eight.
func NewHasher() *Hasher { return newHasher(runtime.GOMAXPROCS(0)) }

func newHasher(cores int) *Hasher {
	return &Hasher{make(chan struct{}, max(1, min(cores/coresPerSlot, maxSlots)))}
}

// Take waits for a slot, which VerifyPassword needs; release returns it. The only
// error is the context's.
func (h *Hasher) Take(ctx context.Context) (release func(), err error) {
	select {
	case h.slots <- struct{}{}:
		return func() { <-h.slots }, nil
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// Hash returns the password's argon2id hash in PHC form. It waits for a slot; the
// only error is the context's.
func (h *Hasher) Hash(ctx context.Context, password Secret) (string, error) {
	release, err := h.Take(ctx)
	if err != nil {
		return "", err
	}
	defer release()
	salt := randomBytes(argonSalt)
	sum := sumOf(password, salt)
	b64 := base64.RawStdEncoding
	return fmt.Sprintf("$argon2id$v=%d$m=%d,t=%d,p=%d$%s$%s", argon2.Version, argonMemory, argonPasses, argonLanes,
		b64.EncodeToString(salt), b64.EncodeToString(sum)), nil
}

// VerifyPassword reports whether the password fits the hash. With an empty hash (no
// such user) it does the same work and returns false. Servers take a slot first.
func VerifyPassword(hash string, password Secret) bool {
	salt, want, ok := parsePHC(hash)
	if !ok {
		salt, want = make([]byte, argonSalt), make([]byte, argonHash)
	}
	return Equal(sumOf(password, salt), want) && ok
}

func sumOf(password Secret, salt []byte) []byte {
	return argon2.IDKey([]byte(password.text), salt, argonPasses, argonMemory, argonLanes, argonHash)
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
