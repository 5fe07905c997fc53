// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"gatehouse/internal/move"
	"gatehouse/internal/problem"
	"gatehouse/internal/tenancy"
)

// movedAt is between the place and the time in the mark of a source.
const movedAt = " at "

// forget removes the mark of a source.
func (m *moving) forget(ctx context.Context) error {
	moved, err := m.mover.Source.Mark(ctx, move.MovedTo)
	if err != nil {
		return err
	}
	if moved == "" {
		if err := refuseMoved(ctx, m.source); err != nil { // a part
			return err
		}
		return errors.New("this database was not moved: there is nothing to forget")
	}
	if err := m.mover.Source.SetMark(ctx, move.MovedTo, ""); err != nil {
		return err
	}
	_, err = fmt.Fprintf(m.out, "Servers may use this database again, as it was when it was moved to %s.\n"+
		"Stop the servers there for good: what was done there since is not here.\n", moved)
	return err
}

// checkSource returns an error if the source has the mark of a move to another place, or of a part.
func (m *moving) checkSource(ctx context.Context) error {
	moved, err := m.mover.Source.Mark(ctx, move.MovedTo)
	if err != nil {
		return err
	}
	if moved != "" && placeOf(moved) != m.place {
		return fmt.Errorf("it was moved already, to %s. See docs/operate.md for the way back", moved)
	}
	moving, err := m.mover.Source.Mark(ctx, move.MovingFrom)
	if err == nil && moving != "" {
		err = errors.New(partOfMove)
	}
	return err
}

// placeOf returns the place in the mark of a source.
func placeOf(moved string) string { return moved[:max(strings.LastIndex(moved, movedAt), 0)] }

// partOfMove is said of a database that has the mark of an unfinished move.
const partOfMove = "this database is a part of a move that was not finished. Run the same gatehouse migrate --to " +
	"again, with the settings of the database that it came from, to finish it. If it is not wanted any more, delete " +
	"this database"

// refuseMoved returns an error if the database was moved, or is a part of a move.
func refuseMoved(ctx context.Context, db store) error {
	moved, err := readMark(ctx, db, move.MovedTo)
	if err != nil {
		return err
	}
	if moved != "" {
		return fmt.Errorf("this database was moved to %s. Use it there; the way back is in docs/operate.md", moved)
	}
	moving, err := readMark(ctx, db, move.MovingFrom)
	if err == nil && moving != "" {
		err = errors.New(partOfMove)
	}
	return err
}

func readMark(ctx context.Context, db store, name string) (string, error) {
	var value []byte
	err := db.Read(ctx, func(tx tenancy.Reader) (err error) {
		value, err = tx.Setting(ctx, name)
		return err
	})
	if errors.Is(err, problem.NotFound) {
		return "", nil
	}
	return string(value), err
}
