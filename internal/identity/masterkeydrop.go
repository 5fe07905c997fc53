// SPDX-License-Identifier: Apache-2.0

package identity

import (
	"context"
	"slices"
	"strconv"
	"time"

	"gatehouse/internal/problem"
	"gatehouse/internal/secret"
	"gatehouse/internal/tenancy"
)

// learnLimit is in how much time after an activation every server uses the new master key.
const learnLimit = 10 * time.Second

// MadeUnder is how many secrets of a kind may have been made under a master key.
type MadeUnder struct {
	Kind  tenancy.SecretKind
	Count int64
}

// DropMasterKey lets a retired master key, named by its id, verify the audit and nothing else. The
// secrets that were made under it end then, on other servers within two seconds. It returns how many
// there may be, and if there are any, it drops the key only with endThem. What is sealed must be
// under another key: see Reseal. NotFound; Conflict (master_key_not_retired) for a key that is in
// use, (master_key_rotating) during a rotation. Twice is fine.
func (s *Service) DropMasterKey(ctx context.Context, id string, endThem bool) (made []MadeUnder, dropped bool,
	err error) {
	if err := s.LearnMasterKeys(ctx); err != nil {
		return nil, false, err
	}
	now := s.core.Now()
	err = s.core.Update(ctx, func(tx tenancy.Tx) (err error) {
		made, dropped = nil, false
		rows, err := tx.MasterKeys(ctx)
		if err != nil {
			return err
		}
		i := slices.IndexFunc(rows, func(k tenancy.StoredMasterKey) bool { return k.ID == id })
		if dropped, err = droppable(rows, i); err != nil || dropped {
			return err
		}
		if made, err = madeUnder(ctx, tx, rows, i, now); err != nil || len(made) > 0 && !endThem {
			return err
		}
		dropped = true
		return s.drop(ctx, tx, rows, rows[i], made)
	})
	if err == nil && dropped {
		err = s.LearnMasterKeys(ctx)
	}
	return made, dropped, err
}

// droppable returns an error if a key cannot be dropped, and reports whether it was dropped before.
func droppable(rows []tenancy.StoredMasterKey, i int) (already bool, err error) {
	switch _, begun := rotating(rows); {
	case i < 0:
		return false, problem.RowNotFound()
	case rows[i].State == tenancy.MasterKeyDropped:
		return true, nil
	case begun:
		return false, problem.New(problem.Conflict, problem.CodeMasterKeyRotating)
	case rows[i].State != tenancy.MasterKeyRetired:
		return false, problem.New(problem.Conflict, problem.CodeMasterKeyNotRetired)
	}
	return false, nil
}

// madeUnder counts the secrets of the time in which a key was in use.
func madeUnder(ctx context.Context, tx tenancy.Reader, rows []tenancy.StoredMasterKey, i int,
	now time.Time) (made []MadeUnder, err error) {
	r := tenancy.SecretRange{To: rows[i].RetiredAt.Add(learnLimit), Now: now}
	for _, k := range rows {
		if k.RetiredAt.Before(rows[i].RetiredAt) && k.RetiredAt.After(r.From) {
			r.From = k.RetiredAt
		}
	}
	if r.From.IsZero() {
		r.From = time.UnixMilli(0)
	}
	for _, kind := range tenancy.SecretKinds() {
		n, err := tx.CountSecrets(ctx, kind, r)
		if err != nil {
			return nil, err
		}
		if n > 0 {
			made = append(made, MadeUnder{kind, n})
		}
	}
	return made, nil
}

// drop stores what verifies the audit in place of a key. Keys that were sealed under it are sealed
// under the active one first: otherwise nobody could read them any more.
func (s *Service) drop(ctx context.Context, tx tenancy.Tx, rows []tenancy.StoredMasterKey,
	key tenancy.StoredMasterKey, made []MadeUnder) error {
	known, _, err := openMasterKeys(rows, s.keys.Masters())
	if err != nil {
		return err
	}
	active := slices.IndexFunc(rows,
		func(k tenancy.StoredMasterKey) bool { return k.State == tenancy.MasterKeyActive })
	under := known[rows[active].ID]
	store := func(k tenancy.StoredMasterKey, content []byte) error {
		sealed, err := secret.SealMasterKeyAs(content, sealedAs(k), under)
		if err != nil {
			return problem.As(err)
		}
		k.Sealed, k.SealedBy = sealed, rows[active].ID
		return tx.UpdateMasterKey(ctx, k)
	}
	for _, k := range rows {
		if k.SealedBy == key.ID && known[k.ID] != nil {
			if err := store(k, known[k.ID]); err != nil {
				return err
			}
		}
	}
	if known[key.ID] == nil {
		return problem.New(problem.Conflict, problem.CodeMasterKeyRetired, key.ID)
	}
	audit, err := secret.AuditKey(known[key.ID])
	if err != nil {
		return problem.As(err)
	}
	key.State = tenancy.MasterKeyDropped
	if err := store(key, audit); err != nil {
		return err
	}
	detail := map[string]string{}
	for _, m := range made {
		detail[string(m.Kind)] = strconv.FormatInt(m.Count, 10)
	}
	return s.core.Record(ctx, tx, tenancy.System("command-line"), s.core.Now(), tenancy.Change{
		Organization: tenancy.RootID, Action: "master_key.drop", Target: key.ID, Detail: detail})
}
