// SPDX-License-Identifier: Apache-2.0

package tenancy

import (
	"bytes"
	"context"
	"encoding/gob"
	"fmt"
	"slices"
	"time"

	"gatehouse/internal/problem"
	"gatehouse/internal/secret"
)

// Repeat is what a caller says so that it may send a request again whose answer was lost:
// a key of its own choice, which names the request.
type Repeat struct {
	Key     secret.Secret      // opens the answer again, so it is as secret as that
	Request secret.Fingerprint // of everything that makes it this request
}

// part returns the caller with a name of its own for a part of the request. The door's keys
// have no NUL.
func (c Caller) part(name string) Caller {
	if c.Repeat != nil {
		c.Repeat = &Repeat{Key: secret.Of(c.Repeat.Key.Reveal() + "\x00" + name), Request: c.Repeat.Request}
	}
	return c
}

// StoredAnswer is the result of a request that may be repeated, as engines keep it.
type StoredAnswer struct {
	Digest    []byte // keyed, of the caller and the Repeat's Key
	Request   []byte // keyed, of the Repeat's Request
	Sealed    []byte // under the master key, the Repeat's Key and its Request; empty: there is no answer
	CreatedAt time.Time
}

const (
	answersKept = 24 * time.Hour
	maxAnswer   = 256 << 10 // bytes; bodies are bounded, and so are results
	pruneBatch  = 16
)

// good reports whether the answer is still given at this time.
func (a StoredAnswer) good(now time.Time) bool {
	return len(a.Sealed) > 0 && now.Before(a.CreatedAt.Add(answersKept))
}

// Once runs fn in one transaction, as Core.Change does, and returns its result. If the
// caller named the request (see Repeat), the result is stored in the same transaction,
// and for 24 hours the same request of the same caller gets it again, and nothing is done
// a second time. While the first one runs, the second waits. A request that fails leaves
// nothing, so that it can be repeated. Conflict (idempotency_key_reused) if the caller
// named another request so before.
//
// What depends on the time is checked by fn, since before it could refuse the second
// request only. T is encoded with gob: its exported fields come back, but a pointer to a
// zero value comes back as nil.
func Once[T any](ctx context.Context, c *Core, caller Caller, fn func(tx Tx) (T, error)) (T, error) {
	now := c.Now()
	var result T
	err := c.Change(ctx, caller, func(tx Tx) (err error) {
		result, err = once(ctx, c, tx, c.answerTo(caller.Repeat, caller.owner(), now), func() (T, bool, error) {
			result, err := fn(tx)
			return result, true, err
		})
		return err
	})
	if err != nil {
		var none T
		return none, err
	}
	return result, nil
}

// owner returns whose keys a caller may use again. Nobody is known by its address.
func (c Caller) owner() string {
	if c.Kind == AnonymousCaller {
		return c.Ref() + c.Origin.Address
	}
	return c.Ref() + " " + c.Organization.String()
}

// answer is one that a request may have. The zero value is that of a request without a name.
type answer struct {
	StoredAnswer                // as it will be stored
	others       []StoredAnswer // as it may be stored under other master keys: digest and request
	with         secret.Secret  // seals it
}

func (c *Core) answerTo(r *Repeat, owner string, now time.Time) answer {
	if r == nil {
		return answer{}
	}
	key, request := r.Key.Reveal(), string(r.Request[:])
	digests, requests := c.keys.MACs(secret.ForAnswer, "key", owner, key),
		c.keys.MACs(secret.ForAnswer, "request", request)
	a := answer{with: secret.Of(key + request),
		StoredAnswer: StoredAnswer{CreatedAt: now, Digest: digests[0], Request: requests[0]}}
	for i := 1; i < min(len(digests), len(requests)); i++ {
		a.others = append(a.others, StoredAnswer{Digest: digests[i], Request: requests[i]})
	}
	return a
}

// once is Once within a transaction. fn also says whether its result is to be given again.
func once[T any](ctx context.Context, c *Core, tx Tx, a answer, fn func() (T, bool, error)) (result T,
	err error) {
	if a.Digest == nil {
		result, _, err = fn()
		return result, err
	}
	for _, as := range a.stored() {
		former, err := tx.LockAnswer(ctx, as.Digest)
		switch {
		case err != nil:
			return result, err
		case former.good(a.CreatedAt) && !secret.Equal(former.Request, as.Request):
			return result, problem.New(problem.Conflict, problem.CodeIdempotencyKeyReused)
		case former.good(a.CreatedAt):
			return openAnswer[T](c, former, a.with)
		}
	}
	result, again, err := fn()
	switch {
	case err != nil:
		return result, err
	case !again:
		return result, tx.DeleteAnswer(ctx, a.Digest)
	}
	if a.Sealed, err = c.sealAnswer(result, a); err != nil {
		return result, err
	}
	if err := tx.PutAnswer(ctx, a.StoredAnswer); err != nil {
		return result, err
	}
	return result, tx.PruneAnswers(ctx, a.CreatedAt.Add(-answersKept), pruneBatch)
}

// stored returns the answer as it may be stored, in an order that is the same for all replicas,
// so that they wait for each other.
func (a answer) stored() []StoredAnswer {
	all := append(slices.Clone(a.others), a.StoredAnswer)
	slices.SortFunc(all, func(a, b StoredAnswer) int { return bytes.Compare(a.Digest, b.Digest) })
	return all
}

func (c *Core) sealAnswer(result any, a answer) ([]byte, error) {
	var b bytes.Buffer
	if err := gob.NewEncoder(&b).Encode(result); err != nil {
		return nil, fmt.Errorf("encode answer: %w", err)
	}
	if b.Len() > maxAnswer {
		return nil, fmt.Errorf("the answer has %d bytes", b.Len())
	}
	return c.keys.SealWith(secret.ForAnswer, a.with, secret.Of(b.String()), string(a.Digest)), nil
}

func openAnswer[T any](c *Core, a StoredAnswer, with secret.Secret) (result T, err error) {
	text, err := c.keys.OpenWith(secret.ForAnswer, with, a.Sealed, string(a.Digest))
	if err != nil {
		return result, err
	}
	if err := gob.NewDecoder(bytes.NewBufferString(text.Reveal())).Decode(&result); err != nil {
		return result, fmt.Errorf("decode answer: %w", err)
	}
	return result, nil
}
