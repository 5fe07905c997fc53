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

const (
	argonLanes = 1
	argonSalt  = 16
	argonHash  = 32
)

// cost is what one argon2id hash takes.
type cost struct {
	memory uint32 // KiB
	passes uint32
}

// fullCost returns the cost that OWASP recommends first: 19 MiB, 2 passes, 1 lane.
func fullCost() cost { return cost{memory: 19 * 1024, passes: 2} }

// Hasher hashes passwords, a bounded number at a time. Each hash takes 19 MiB and
// some 40 ms of a core, so a storm of log-ins must queue, and leave the other
// cores to the other requests.
type Hasher struct {
	cost  cost
	slots chan struct{}
}

const (
	maxSlots     = 8 // on machines with many cores
	coresPerSlot = 4
)

// NewHasher returns a Hasher with a slot for every four cores, from one to eight.
func NewHasher() *Hasher { return newHasher(runtime.GOMAXPROCS(0)) }

// NewCheapHasher returns a Hasher that protects no password. It is for tests, which
// would otherwise spend most of their time on hashing. A Hasher of the one kind
// refuses the hashes of the other kind. The floors test refuses its use in the product.
func NewCheapHasher() *Hasher {
	h := NewHasher()
	h.cost = cost{memory: 8, passes: 1}
	return h
}

func newHasher(cores int) *Hasher {
	return &Hasher{cost: fullCost(), slots: make(chan struct{}, max(1, min(cores/coresPerSlot, maxSlots)))}
}

// Take waits for a slot, which Verify needs; release returns it. The only
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
	b64 := base64.RawStdEncoding
	return h.cost.head() + b64.EncodeToString(salt) + "$" + b64.EncodeToString(h.cost.sum(password, salt)), nil
}

// Verify reports whether the password fits the hash. With an empty hash (no such
// user) it does the same work and returns false. The caller has taken a slot.
func (h *Hasher) Verify(hash string, password Secret) bool {
	salt, want, ok := h.cost.parsePHC(hash)
	if !ok {
		salt, want = make([]byte, argonSalt), make([]byte, argonHash)
	}
	return Equal(h.cost.sum(password, salt), want) && ok
}

func (c cost) sum(password Secret, salt []byte) []byte {
	return argon2.IDKey([]byte(password.text), salt, c.passes, c.memory, argonLanes, argonHash)
}

// head returns how each hash of this cost begins.
func (c cost) head() string {
	return fmt.Sprintf("$argon2id$v=%d$m=%d,t=%d,p=%d$", argon2.Version, c.memory, c.passes, argonLanes)
}

// parsePHC reads the one form Hash writes. Other parameters would mean a hash
// from elsewhere, which is refused rather than computed at whatever cost it asks.
func (c cost) parsePHC(hash string) (salt, sum []byte, ok bool) {
	rest, found := strings.CutPrefix(hash, c.head())
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
