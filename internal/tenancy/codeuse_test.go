// SPDX-License-Identifier: Apache-2.0

package tenancy

import (
	"context"
	"testing"
)

// ledger counts what is done to a ledger. Its lines have odd numbers: another code has
// those between.
type ledger struct {
	Tx
	lines int64
	folds map[int]int // by how many lines are kept
}

func (l *ledger) InsertCodeUse(context.Context, CodeUse) (int64, error) {
	l.lines++
	return 2*l.lines + 1, nil
}

func (l *ledger) FoldCodeUses(_ context.Context, _ string, keep int) error {
	l.folds[keep]++
	return nil
}

// About one in foldEvery lines folds the ledger, whatever the other codes do. The bounds
// are six standard deviations away.
func TestLedgerIsFolded(t *testing.T) {
	t.Parallel()
	l := &ledger{folds: map[int]int{}}
	const lines, mean = 40 * foldEvery, 40
	for range lines {
		if err := noteUse(context.Background(), l, CodeUse{}); err != nil {
			t.Fatal(err)
		}
	}
	if got := l.folds[keptUses]; l.lines != lines || got < mean-38 || got > mean+38 || len(l.folds) != 1 {
		t.Errorf("%d lines, folded %v, want about %d times", l.lines, l.folds, mean)
	}
}
