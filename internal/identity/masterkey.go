// SPDX-License-Identifier: Apache-2.0

package identity

import (
	"bytes"
	"context"
	"errors"
	"slices"
	"time"

	"gatehouse/internal/problem"
	"gatehouse/internal/secret"
	"gatehouse/internal/tenancy"
)

// LearnMasterKeys reads which master keys the database has, and uses the active one. Conflict
// (wrong_master_key) if this server has none of them, (master_key_retired) if it has a retired
// one and the active one cannot be read with it. The server calls it about once a second, so that
// a rotation reaches every replica.
func (s *Service) LearnMasterKeys(ctx context.Context) error {
	rows, err := s.MasterKeys(ctx)
	if err != nil || len(rows) == 0 {
		return err
	}
	return s.learnMasterKeys(rows)
}

// MasterKeys returns the master keys of a database that has had more than one.
func (s *Service) MasterKeys(ctx context.Context) (rows []tenancy.StoredMasterKey, err error) {
	err = s.core.Read(ctx, func(tx tenancy.Reader) (err error) {
		rows, err = tx.MasterKeys(ctx)
		return err
	})
	return rows, err
}

// OpensWith returns nil if a server that has this master key, and no other, can be started on the
// database. It does not look at a database that has had one key only. Errors as LearnMasterKeys.
func (s *Service) OpensWith(ctx context.Context, master []byte) error {
	rows, err := s.MasterKeys(ctx)
	if err != nil || len(rows) == 0 {
		return err
	}
	_, _, err = openMasterKeys(rows, [][]byte{master})
	return err
}

// openMasterKeys returns the keys that a server with these ones has or can read, by name, and the
// names of these ones. Errors as LearnMasterKeys.
func openMasterKeys(rows []tenancy.StoredMasterKey, has [][]byte) (known map[string][]byte, before []string,
	err error) {
	known = map[string][]byte{} // of a dropped one, its key of the audit
	for _, master := range has {
		id, err := secret.MasterKeyID(master)
		if err != nil {
			return nil, nil, problem.As(err)
		}
		known[id], before = master, append(before, id)
	}
	if !slices.ContainsFunc(rows, func(k tenancy.StoredMasterKey) bool { return known[k.ID] != nil }) {
		return nil, nil, problem.New(problem.Conflict, problem.CodeWrongMasterKey)
	}
	for range rows { // each may open one more
		for _, k := range rows {
			under := known[k.SealedBy]
			if under == nil || len(k.Sealed) == 0 || known[k.ID] != nil &&
				k.State != tenancy.MasterKeyDropped {
				continue
			}
			master, err := secret.OpenMasterKey(k.Sealed, sealedAs(k), under)
			if err != nil {
				return nil, nil, problem.As(err)
			}
			known[k.ID] = master
		}
	}
	for _, k := range rows {
		if k.State == tenancy.MasterKeyActive && known[k.ID] == nil {
			return nil, nil, problem.New(problem.Conflict, problem.CodeMasterKeyRetired, k.ID)
		}
	}
	return known, before, nil
}

// sealedAs returns the name under which what is stored of a key is sealed, so that the key of an audit
// is never taken for a master key.
func sealedAs(k tenancy.StoredMasterKey) string {
	if k.State == tenancy.MasterKeyDropped {
		return "audit " + k.ID
	}
	return k.ID
}

// ActiveMasterKey returns the name of the master key that a database has now (secret.MasterKeyID);
// empty if it was never started. It needs no Service. A database whose schema is older than rotations
// has no list of keys (rotates is false).
func ActiveMasterKey(ctx context.Context, store tenancy.Store, rotates bool) (id string, err error) {
	err = store.View(ctx, func(tx tenancy.Reader) error {
		check, err := tx.Setting(ctx, settingMasterKey)
		if errors.Is(err, problem.NotFound) {
			return nil
		}
		if err != nil {
			return err
		}
		id = secret.CheckID(check)
		if !rotates {
			return nil
		}
		active, err := tx.ActiveMasterKeyID(ctx)
		switch {
		case errors.Is(err, problem.NotFound):
			return nil
		case err == nil:
			id = active
		}
		return err
	})
	return id, err
}

func (s *Service) learnMasterKeys(rows []tenancy.StoredMasterKey) error {
	s.learning.Lock()
	defer s.learning.Unlock()
	known, before, err := openMasterKeys(rows, s.keys.Masters())
	if err != nil {
		return err
	}
	var ids []string // the active one first, then from the newest to the oldest
	var audits [][]byte
	for _, k := range slices.Backward(rows) {
		switch {
		case k.State == tenancy.MasterKeyDropped:
			if known[k.ID] != nil {
				audits = append(audits, known[k.ID])
			}
		case k.State == tenancy.MasterKeyActive:
			ids = slices.Insert(ids, 0, k.ID)
		case known[k.ID] != nil:
			ids = append(ids, k.ID)
		}
	}
	s.keys.UseAudit(audits...) // before the master keys, so that an audit is never without one
	if slices.Equal(ids, before) {
		return nil
	}
	var masters [][]byte
	for _, id := range ids {
		masters = append(masters, known[id])
	}
	if err := s.keys.Use(masters[0], masters[1:]...); err != nil {
		return problem.As(err)
	}
	return nil
}

// rotating returns the key of a rotation that has begun and was not finished.
func rotating(rows []tenancy.StoredMasterKey) (tenancy.StoredMasterKey, bool) {
	for _, k := range rows {
		if k.State == tenancy.MasterKeyNext || k.State == tenancy.MasterKeyActive && opened(rows, k) {
			return k, true
		}
	}
	return tenancy.StoredMasterKey{}, false
}

// opened reports whether a key is sealed under a retired one, which ends with FinishMasterKey.
func opened(rows []tenancy.StoredMasterKey, k tenancy.StoredMasterKey) bool {
	return len(k.Sealed) > 0 && slices.ContainsFunc(rows, func(by tenancy.StoredMasterKey) bool {
		return by.ID == k.SealedBy && by.State == tenancy.MasterKeyRetired
	})
}

// PrepareMasterKey makes a master key known to every replica, as the next one, and returns it. If a
// rotation has begun, it returns the key of that one and changes nothing.
func (s *Service) PrepareMasterKey(ctx context.Context, master []byte) (k tenancy.StoredMasterKey,
	next []byte,
	err error) {
	if err := s.LearnMasterKeys(ctx); err != nil {
		return k, nil, err
	}
	err = s.core.Update(ctx, func(tx tenancy.Tx) error {
		rows, err := tx.MasterKeys(ctx)
		if err != nil {
			return err
		}
		if begun, is := rotating(rows); is {
			k = begun
			return nil
		}
		k, err = s.insertMasterKeys(ctx, tx, rows, master)
		return err
	})
	if err == nil {
		err = s.LearnMasterKeys(ctx)
	}
	if err != nil {
		return tenancy.StoredMasterKey{}, nil, err
	}
	for _, known := range s.keys.Masters() {
		if id, err := secret.MasterKeyID(known); err == nil && id == k.ID {
			return k, known, nil
		}
	}
	return tenancy.StoredMasterKey{}, nil, problem.New(problem.Conflict, problem.CodeWrongMasterKey)
}

// insertMasterKeys stores the active and the next key, each sealed under the other.
func (s *Service) insertMasterKeys(ctx context.Context, tx tenancy.Tx, rows []tenancy.StoredMasterKey,
	master []byte) (next tenancy.StoredMasterKey, err error) {
	now, active := s.core.Now(), s.keys.Masters()[0]
	old, next := tenancy.StoredMasterKey{CreatedAt: now, State: tenancy.MasterKeyActive},
		tenancy.StoredMasterKey{CreatedAt: now.Add(1e6), State: tenancy.MasterKeyNext}
	var errs [4]error
	old.ID, errs[0] = secret.MasterKeyID(active)
	next.ID, errs[1] = secret.MasterKeyID(master)
	old.Sealed, errs[2] = secret.SealMasterKey(active, master)
	next.Sealed, errs[3] = secret.SealMasterKey(master, active)
	if err := errors.Join(errs[:]...); err != nil {
		return next, problem.As(err)
	}
	old.SealedBy, next.SealedBy = next.ID, old.ID
	store := tx.InsertMasterKey
	if len(rows) == 0 {
		if old.CreatedAt, err = firstStart(ctx, tx, now); err != nil {
			return next, err
		}
	}
	for _, row := range rows {
		if row.ID == old.ID {
			old.CreatedAt, store = row.CreatedAt, tx.UpdateMasterKey
		}
	}
	if err := store(ctx, old); err != nil {
		return next, err
	}
	if err := tx.InsertMasterKey(ctx, next); err != nil {
		return next, err
	}
	return next, s.recordKey(ctx, tx, "master_key.prepare", next.ID)
}

// FirstMasterKeySince returns since when a database has its master key, if it has had no other.
func (s *Service) FirstMasterKeySince(ctx context.Context) (since time.Time, err error) {
	err = s.core.Read(ctx, func(tx tenancy.Reader) (err error) {
		since, err = firstStart(ctx, tx, s.core.Now())
		return err
	})
	return since, err
}

// firstStart returns the time of the first event; now, if there is none yet.
func firstStart(ctx context.Context, tx tenancy.Reader, now time.Time) (time.Time, error) {
	events, err := tx.AuditEvents(ctx, tenancy.RootID, 0, 1)
	if err != nil || len(events) == 0 {
		return now, err
	}
	return events[0].At, nil
}

func (s *Service) recordKey(ctx context.Context, tx tenancy.Tx, action, id string) error {
	return s.core.Record(ctx, tx, tenancy.System("command-line"), s.core.Now(),
		tenancy.Change{Organization: tenancy.RootID, Action: action, Target: id})
}

// ActivateMasterKey makes the next master key the active one, if there is a next one. Every replica
// must know it by then.
func (s *Service) ActivateMasterKey(ctx context.Context) error {
	err := s.core.Update(ctx, func(tx tenancy.Tx) error {
		rows, err := tx.MasterKeys(ctx)
		if err != nil {
			return err
		}
		i := slices.IndexFunc(rows,
			func(k tenancy.StoredMasterKey) bool { return k.State == tenancy.MasterKeyNext })
		if i < 0 {
			return nil
		}
		for _, k := range rows {
			if k.State == tenancy.MasterKeyActive {
				k.State, k.RetiredAt = tenancy.MasterKeyRetired, s.core.Now()
				if err := tx.UpdateMasterKey(ctx, k); err != nil {
					return err
				}
			}
		}
		rows[i].State = tenancy.MasterKeyActive
		if err := tx.UpdateMasterKey(ctx, rows[i]); err != nil {
			return err
		}
		return s.recordKey(ctx, tx, "master_key.activate", rows[i].ID)
	})
	if err != nil {
		return err
	}
	return s.LearnMasterKeys(ctx)
}

// FinishMasterKey ends a rotation: from then on a retired master key opens the database no longer.
// Every server must be started with the active key by then. Twice is fine.
func (s *Service) FinishMasterKey(ctx context.Context) error {
	return s.core.Update(ctx, func(tx tenancy.Tx) error {
		rows, err := tx.MasterKeys(ctx)
		if err != nil {
			return err
		}
		k, begun := rotating(rows)
		if !begun || k.State != tenancy.MasterKeyActive {
			return nil
		}
		k.Sealed, k.SealedBy = nil, ""
		if err := tx.UpdateMasterKey(ctx, k); err != nil {
			return err
		}
		return s.recordKey(ctx, tx, "master_key.finish", k.ID)
	})
}

// Resealed counts what a Reseal did.
type Resealed struct {
	Done   int // values that are under the active key now
	Broken int // values that no key opens
}

const resealBatch = 100

// Reseal puts every value that is sealed under another master key under the active one, a batch in
// each transaction. It can be interrupted anywhere and run again.
func (s *Service) Reseal(ctx context.Context) (r Resealed, err error) {
	for _, c := range tenancy.SealedColumns() {
		var after *tenancy.SealedValue
		for {
			var values []tenancy.SealedValue
			err := s.core.Read(ctx, func(tx tenancy.Reader) (err error) {
				values, err = tx.SealedValues(ctx, c, after, resealBatch)
				return err
			})
			if err != nil {
				return r, err
			}
			done, broken, err := s.resealBatch(ctx, c, values)
			if err != nil {
				return r, err
			}
			r.Done, r.Broken = r.Done+done, r.Broken+broken
			if len(values) < resealBatch {
				break
			}
			after = &values[len(values)-1]
		}
	}
	return r, nil
}

func (s *Service) resealBatch(ctx context.Context, c tenancy.SealedColumn,
	values []tenancy.SealedValue) (done,
	broken int, err error) {
	var changed [][2]tenancy.SealedValue
	for _, v := range values {
		next, opened := s.core.Resealed(c, v)
		switch {
		case !opened:
			broken++
		case !bytes.Equal(next.Sealed, v.Sealed):
			changed = append(changed, [2]tenancy.SealedValue{v, next})
		}
	}
	if len(changed) == 0 {
		return 0, broken, nil
	}
	err = s.core.Update(ctx, func(tx tenancy.Tx) error {
		done = 0
		for _, pair := range changed {
			replaced, err := tx.ReplaceSealed(ctx, c, pair[0], pair[1])
			if err != nil {
				return err
			}
			if replaced {
				done++
			}
		}
		return nil
	})
	return done, broken, err
}
