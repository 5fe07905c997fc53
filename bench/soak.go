// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"gatehouse/bench/host"
	"gatehouse/bench/report"
	"gatehouse/bench/soak"
)

// soakAll soaks each engine in turn. PostgreSQL is left out, and that is said, if it is not installed.
func soakAll(ctx context.Context, o options, out io.Writer) (err error) {
	work, err := workFolder(o)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(work)) }()
	for _, engine := range o.engines {
		if err := soakEngine(ctx, o, engine, filepath.Join(work, engine), out); err != nil {
			return fmt.Errorf("soak on %s: %w", engine, err)
		}
	}
	return nil
}

func soakEngine(ctx context.Context, o options, engine, folder string, out io.Writer) (err error) {
	so := soak.Options{Binary: o.binary, Folder: folder, Duration: o.soak, Rate: o.soakRate, Out: out}
	if engine == report.Postgres {
		db, err := host.StartPostgres()
		if err != nil {
			_, err = fmt.Fprintf(out, "PostgreSQL was left out: %v\n", err)
			return err
		}
		defer func() { err = errors.Join(err, db.Stop()) }()
		so.Postgres = db
	}
	if err := os.MkdirAll(folder, 0o700); err != nil {
		return err
	}
	if _, err := fmt.Fprintf(out, "%s:\n", engine); err != nil {
		return err
	}
	return soak.Run(ctx, so)
}
