// SPDX-License-Identifier: Apache-2.0

package tenancy

import (
	"context"
	"encoding/hex"
	"sync/atomic"
	"time"

	"gatehouse/internal/secret"
)

// Texts of imported codes may be short enough to be guessed, from many addresses at once. So wrong ones
// are counted in the store, for all addresses and replicas together. While there were too many, no weak
// code lets anybody in. Codes of this server, and imported ones that are not weak, do not care.
const (
	freeGuesses = 60
	forgiveOne  = 10 * time.Second // takes one guess back
)

// presented is the text of a code as somebody presents it.
type presented struct {
	text     secret.Secret
	imported bool // the text is in the form of other systems
}

// presentedCode reads a text. ErrMalformed if no code has it: it is mistyped, or it is in the form of
// other systems while this server has no code from any.
func (s *Service) presentedCode(ctx context.Context, text string) (presented, error) {
	own, err := secret.ParseAuthCode(text)
	if err == nil {
		return presented{text: own}, nil
	}
	other, err := secret.ParseImportedCode(text)
	if err != nil {
		return presented{}, secret.ErrMalformed
	}
	if has, err := s.hasImported(ctx); err != nil || !has {
		if err == nil {
			err = secret.ErrMalformed
		}
		return presented{}, err
	}
	return presented{text: other, imported: true}, nil
}

// importedMemory remembers whether the server has imported codes. They are never removed, so only the
// answer that there are none is read again.
type importedMemory struct {
	any    atomic.Bool
	readAt atomic.Pointer[time.Time]
}

func (m *importedMemory) found() { m.any.Store(true) }

// hasImported reports whether there is an imported code. One that another replica imported is seen
// within rememberCode.
func (s *Service) hasImported(ctx context.Context) (bool, error) {
	now := s.core.Clock()
	if s.imported.any.Load() {
		return true, nil
	}
	if at := s.imported.readAt.Load(); at != nil && now.Sub(*at) < rememberCode {
		return false, nil
	}
	var has bool
	err := s.core.Read(ctx, func(tx Reader) (err error) {
		has, err = tx.HasImportedAuthCodes(ctx)
		return err
	})
	if err != nil {
		return false, err
	}
	s.imported.readAt.Store(&now)
	if has {
		s.imported.found()
	}
	return has, nil
}

// guess is an attempt with a text that may be a guess. The zero value is one that is not counted.
type guess struct {
	counted Attempt
	over    bool // there were too many wrong ones
	at      time.Time
}

// lockGuess locks the count of wrong texts, so that attempts made at once cannot slip through together.
// It comes before every other lock of the transaction. A Service without limits counts nothing.
func (s *Service) lockGuess(ctx context.Context, tx Tx, p presented, now time.Time) (guess, error) {
	if !p.imported || s.refusals == nil {
		return guess{}, nil
	}
	a, err := tx.LockAttempt(ctx, s.guessSubject())
	if err != nil {
		return guess{}, err
	}
	back := int(min(now.Sub(a.UpdatedAt)/forgiveOne, time.Duration(a.Failures)))
	a.Failures -= max(back, 0)
	a.UpdatedAt = a.UpdatedAt.Add(time.Duration(max(back, 0)) * forgiveOne)
	if a.Failures == 0 {
		a.UpdatedAt = now
	}
	return guess{counted: a, over: a.Failures >= freeGuesses, at: now}, nil
}

// guessSubject is the one subject of all of them.
func (s *Service) guessSubject() string {
	return hex.EncodeToString(s.core.keys.MAC(secret.ForAttempt, "imported codes"))
}

// allows returns Exhausted for a weak code, and for a text that no code has, while there were too many
// wrong ones. To both the answer is the same.
func (g guess) allows(known, weak bool) error {
	if g.over && (!known || weak) {
		return TooMany(g.counted.UpdatedAt.Add(forgiveOne).Sub(g.at))
	}
	return nil
}

// wrong counts an attempt that was refused. A text that is not weak is no guess.
func (g guess) wrong(ctx context.Context, tx Tx, known, weak bool) error {
	if g.counted.Subject == "" || known && !weak {
		return nil
	}
	g.counted.Failures++
	return tx.PutAttempt(ctx, g.counted)
}
