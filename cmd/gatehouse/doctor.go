// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"gatehouse/internal/config"
	"gatehouse/internal/datafolder"
	"gatehouse/internal/move"
	"gatehouse/internal/sqlite"
)

func newDoctor(environ []string) *cobra.Command {
	cmd := &cobra.Command{Use: "doctor",
		Short: "Check the data folder, the database, the key and the audit; exit 1 on a fault; the server may be running",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			c, err := load(cmd, environ)
			if err != nil {
				return err
			}
			d := &doctor{c: c, out: cmd.OutOrStdout()}
			d.run(cmd.Context())
			if d.faults > 0 {
				return fmt.Errorf("%d faults were found", d.faults)
			}
			return d.err
		}}
	addOptions(cmd, environ)
	return cmd
}

// doctor prints one line for each check.
type doctor struct {
	c      config.Config
	out    io.Writer
	faults int
	err    error // of writing
}

func (d *doctor) say(mark, subject, format string, args ...any) {
	if mark == "FAULT" {
		d.faults++
	}
	text := strings.ReplaceAll(fmt.Sprintf(format, args...), "\n", "; ")
	_, err := fmt.Fprintf(d.out, "%-5s  %-11s  %s\n", mark, subject, text)
	d.err = errors.Join(d.err, err)
}

func (d *doctor) run(ctx context.Context) {
	if err := refuseFileAsFolder(d.c.Data); d.c.Database == "" && err != nil {
		d.say("FAULT", "folder", "%v", err)
		return
	}
	if d.c.Database == "" {
		d.folder()
		d.disk()
	}
	if d.c.MasterKey == nil {
		d.permissions(keyFileSubject, d.c.MasterKeyPath())
	}
	if _, err := os.Stat(d.c.SQLitePath()); d.c.Database == "" && err != nil {
		d.say("FAULT", "database", "%v. Restore a backup, or name the right folder with --data", err)
		return
	}
	db, err := openStore(ctx, d.c)
	if err != nil {
		d.say("FAULT", "database", "%v", err)
		return
	}
	defer func() { d.err = errors.Join(d.err, db.Close()) }()
	d.database(ctx, db)
}

// folder looks at the data folder and the files that should not be there.
func (d *doctor) folder() {
	d.permissions("folder", d.c.Data)
	d.permissions("database", d.c.SQLitePath())
	if _, err := os.Lstat(restoredPath(d.c)); err == nil {
		d.say("FAULT", "restore", "a restore was cut short; start the server: that finishes it")
	}
	for _, path := range datafolder.Left(d.c.Data) {
		d.say("warn", "leftover", "%s was left behind by a killed command; the next backup removes it", path)
	}
	for _, pattern := range []string{".schema-*", ".replaced.*Z"} {
		found, _ := filepath.Glob(d.c.SQLitePath() + pattern) // only a bad pattern is an error
		for _, path := range found {
			d.say("ok", "old copy", "%s; delete it when you do not need it any more", path)
		}
	}
	lock, err := datafolder.Acquire(d.c.Data)
	switch {
	case errors.Is(err, datafolder.ErrInUse):
		d.say("ok", "server", "%v", err)
	case err != nil:
		d.say("FAULT", "server", "%v", err)
	default:
		d.say("ok", "server", "none is running on this folder")
		d.err = errors.Join(d.err, lock.Release())
	}
}

// keyFileSubject is of the line about the file; "master key" is of the one about the key in it.
const keyFileSubject = "key file"

// permissions wants a file or folder that only its owner can use.
func (d *doctor) permissions(subject, path string) {
	info, err := os.Stat(path)
	if err != nil {
		if !errors.Is(err, fs.ErrNotExist) || subject == keyFileSubject {
			d.say("FAULT", subject, "%v", err)
		}
		return
	}
	if mode := info.Mode().Perm(); mode&0o077 != 0 {
		mark := "FAULT"
		if info.IsDir() {
			mark = "warn" // volumes may need a group; the files count
		}
		d.say(mark, subject, "others can use %s (mode %04o); run chmod go= %s", path, mode, path)
		return
	}
	d.say("ok", subject, "%s, for its owner only", path)
}

// disk wants room for a backup and a migration, which need a copy of the database.
func (d *doctor) disk() {
	free, known := datafolder.Free(d.c.Data)
	if !known {
		return
	}
	var size uint64
	for _, suffix := range []string{"", "-wal"} {
		if info, err := os.Stat(d.c.SQLitePath() + suffix); err == nil {
			size += uint64(info.Size())
		}
	}
	const reserve = 64 << 20
	mark, advice := "ok", ""
	switch {
	case free < 1<<20:
		mark, advice = "FAULT", "; make room: nothing can be written soon"
	case free < size+reserve:
		mark, advice = "warn", "; that is little: a migration and a backup copy the database"
	}
	d.say(mark, "disk", "%d MB are free, the database has %d MB%s", free>>20, size>>20, advice)
}

func (d *doctor) database(ctx context.Context, db store) {
	if err := db.Ready(ctx); err != nil {
		d.say("FAULT", "schema", "%s", explain(err))
		return
	}
	d.say("ok", "schema", "it is the one that this program needs")
	d.moved(ctx, db)
	if s, ok := db.(*sqlite.Store); ok {
		if err := s.FullCheck(ctx); err != nil {
			d.say("FAULT", "integrity", "%v", cause(err))
			return
		}
		d.say("ok", "integrity", "every row, index and reference is sound")
	}
	name, err := checkKey(ctx, d.c, db, schemaOfToday)
	if err != nil {
		d.say("FAULT", "master key", "the database: %v", err)
		return
	}
	d.say("ok", "master key", "%s, which the database has", name)
	d.audit(ctx, db)
}

// moved looks for the marks of a move.
func (d *doctor) moved(ctx context.Context, db store) {
	moved, err := readMark(ctx, db, move.MovedTo)
	if err == nil && moved != "" {
		d.say("warn", "moved", "no server starts on it: it was moved to %s", moved)
	}
	moving, other := readMark(ctx, db, move.MovingFrom)
	if err := errors.Join(err, other); err != nil {
		d.say("FAULT", "moved", "%s", explain(err))
	}
	if moving != "" {
		d.say("FAULT", "moved", "it is a part of a move; run the same gatehouse migrate --to again, to finish it")
	}
}

func (d *doctor) audit(ctx context.Context, db store) {
	s, err := newServices(d.c, db)
	if err == nil {
		err = s.identity.LearnMasterKeys(ctx)
	}
	if err != nil {
		d.say("FAULT", "audit", "%v", err)
		return
	}
	sum, err := s.tenancy.VerifyAudits(ctx)
	if err == nil {
		err = brokenChains(sum)
	}
	if err != nil {
		d.say("FAULT", "audit", "%s", explain(err))
		return
	}
	d.say("ok", "audit", "unbroken: %d events in %d chains, %s", sum.Events, sum.Chains, newest(sum.Newest))
}
