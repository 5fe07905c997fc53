// SPDX-License-Identifier: Apache-2.0

package secret

import (
	"context"
	"encoding/base64"
	"fmt"
	"runtime"
	"strings"
	"sync"
	"time"

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
// some 40 ms of a core, so a storm of log-ins must queue rather than pile up. And
// it rests in between, so that in the long run hashing takes a quarter of the
// machine at most. Who comes alone does not notice: the rest is before the next.
type Hasher struct {
	slots chan struct{}
	pause float64 // seconds until the next work, for each second of work

	mu     sync.Mutex
	resume time.Time     // before it no work begins
	cost   time.Duration // the least that a hash has taken: what it takes of a core's time
}

const (
	maxSlots  = 8 // on machines with many cores
	slotShare = 4 // slots work for one part in so many of all cores' time
)

// NewHasher makes a Hasher with a slot for every two cores, from one to eight.
func NewHasher() *Hasher { return newHasher(runtime.GOMAXPROCS(0)) }

func newHasher(cores int) *Hasher {
	return &Hasher{slots: make(chan struct{}, max(1, min(cores/2, maxSlots))), pause: slotShare / float64(cores)}
}

// Take waits for a slot, which Verify needs; release gives it back. The only
// error is the context's.
func (h *Hasher) Take(ctx context.Context) (release func(), err error) {
	select {
	case h.slots <- struct{}{}:
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	if err := h.wait(ctx); err != nil {
		<-h.slots
		return nil, err
	}
	return func() { <-h.slots }, nil
}

// wait waits until there has been rest enough.
func (h *Hasher) wait(ctx context.Context) error {
	h.mu.Lock()
	left := time.Until(h.resume)
	h.mu.Unlock()
	if left <= 0 {
		return nil
	}
	timer := time.NewTimer(left)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// worked puts the next work off, counted from when this one began: for work of
// one slot on two cores, as long again as it took. All hashes are the same work,
// so what one took longer than another it waited for a core.
func (h *Hasher) worked(begun time.Time) {
	took := time.Since(begun)
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.cost == 0 || took < h.cost {
		h.cost = took
	}
	if h.resume.Before(begun) {
		h.resume = begun
	}
	h.resume = h.resume.Add(time.Duration(float64(h.cost) * h.pause))
}

// Verify is VerifyPassword, with a slot taken.
func (h *Hasher) Verify(hash string, password Secret) bool {
	defer h.worked(time.Now())
	return VerifyPassword(hash, password)
}

// Hash gives the password's argon2id hash in PHC form. It waits for a slot; the
// only error is the context's.
func (h *Hasher) Hash(ctx context.Context, password Secret) (string, error) {
	release, err := h.Take(ctx)
	if err != nil {
		return "", err
	}
	defer release()
	defer h.worked(time.Now())
	salt := randomBytes(argonSalt)
	sum := sumOf(password, salt)
	b64 := base64.RawStdEncoding
	return fmt.Sprintf("$argon2id$v=%d$m=%d,t=%d,p=%d$%s$%s", argon2.Version, argonMemory, argonPasses, argonLanes,
		b64.EncodeToString(salt), b64.EncodeToString(sum)), nil
}

// VerifyPassword tells whether the password fits the hash. With an empty hash (no
// such user) it does the same work and says no. Servers call it by Hasher.Verify.
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
