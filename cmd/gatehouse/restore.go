// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"github.com/spf13/cobra"

	"gatehouse/internal/agefile"
	"gatehouse/internal/config"
	"gatehouse/internal/datafolder"
)

// restoreFlags are the flags of restore.
type restoreFlags struct {
	identities      []string
	replace, dryRun bool
}

func newRestore(environ []string) *cobra.Command {
	var f restoreFlags
	cmd := &cobra.Command{Use: "restore FILE",
		Short: "Put a backup into the data folder, from FILE or from standard input with -; no server may be running",
		Args:  cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			c, err := load(cmd, environ)
			if err != nil {
				return err
			}
			if c.Database != "" {
				return fmt.Errorf("PostgreSQL is restored with its own tool, into an empty database while no server " +
					"runs:\n\n    " + restoreCommand)
			}
			return restore(cmd, c, args[0], f)
		}}
	cmd.Flags().StringArrayVar(&f.identities, "identity", nil,
		"`file` with secret keys of age, for an encrypted backup; may be given several times")
	cmd.Flags().BoolVar(&f.replace, "replace", false,
		"replace the database that is there; it is kept under another name")
	cmd.Flags().BoolVar(&f.dryRun, "dry-run", false, "verify the backup, and change nothing")
	addOptions(cmd, environ)
	return cmd
}

// restore verifies a backup in the data folder, and then makes it the database in one step.
func restore(cmd *cobra.Command, c config.Config, source string, f restoreFlags) (err error) {
	if source == "" {
		return errors.New("FILE is empty: name a backup, or give - for standard input")
	}
	if source != "-" && sameFile(source, c.SQLitePath()) { // without gatehouse.db-wal it is an older state
		return fmt.Errorf("%s is the database that is there, and no backup. To check it, run gatehouse doctor",
			source)
	}
	if f.dryRun {
		return restoreLocked(cmd, c, source, f) // a server may be running
	}
	lock, err := lockFolder(c)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, lock.Release()) }()
	if err := finishRestore(c, func(string) error { return nil }); err != nil {
		return err
	}
	if info, err := os.Stat(c.SQLitePath()); err == nil && info.Size() > 0 && !f.replace {
		return fmt.Errorf("%s exists: give --replace to replace it; it is kept under another name", c.SQLitePath())
	}
	return restoreLocked(cmd, c, source, f)
}

func restoreLocked(cmd *cobra.Command, c config.Config, source string, f restoreFlags) (err error) {
	temp, err := datafolder.NewTemp(c.Data)
	if err != nil {
		return fmt.Errorf("make a temporary folder: %w", datafolder.Explain(c.Data, err))
	}
	defer func() { err = errors.Join(err, temp.Remove()) }()
	file := temp.Path("restored.db")
	stderr := cmd.ErrOrStderr()
	err = saying(stillEvery, func(time.Duration) {
		if info, err := os.Stat(file); err == nil {
			fmt.Fprintf(stderr, "read %d MB of the backup\n", info.Size()>>20)
		}
	}, func() error { return readBackup(cmd.InOrStdin(), source, f.identities, file) })
	if err != nil {
		return err
	}
	sum, err := verifyWithProgress(cmd.Context(), c, file, "the backup", stderr)
	if err != nil {
		return fmt.Errorf("%s is not restored: %w", named(source), err)
	}
	out := cmd.OutOrStdout()
	if f.dryRun {
		_, err = fmt.Fprintf(out, "The backup is good: %s. It needs the master key %s, which is there.\n", sum,
			sum.key)
		return err
	}
	if err := commitRestore(c, file); err != nil {
		return err
	}
	_, err = fmt.Fprintf(out, "Restored %s: %s.\n", c.SQLitePath(), sum)
	return err
}

func named(source string) string {
	if source == "-" {
		return "the backup"
	}
	return source
}

// readBackup copies a backup to a file, decrypted.
func readBackup(stdin io.Reader, source string, identities []string, file string) (err error) {
	from := stdin
	if source != "-" {
		opened, err := os.Open(source)
		if err != nil {
			return err
		}
		defer func() { err = errors.Join(err, opened.Close()) }()
		from = opened
	}
	content, encrypted, err := agefile.Open(from, identities)
	if errors.Is(err, agefile.ErrIdentityNeeded) {
		return fmt.Errorf("%s: %w: name the file with the secret key with --identity", named(source), err)
	}
	if err != nil {
		return fmt.Errorf("decrypt %s: %w", named(source), err)
	}
	err = writeFile(file, func(to io.Writer) error { _, err := io.Copy(to, content); return err })
	if err != nil && encrypted {
		return fmt.Errorf("decrypt %s: %w", named(source), err)
	}
	if err != nil {
		return fmt.Errorf("read %s: %w", named(source), err)
	}
	return recogniseBackup(file, named(source))
}

// recogniseBackup looks at the first bytes.
func recogniseBackup(file, name string) (err error) {
	f, err := os.Open(file)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	start := make([]byte, 16)
	n, err := io.ReadFull(f, start)
	switch {
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
	case err != nil:
		return err
	}
	switch {
	case bytes.HasPrefix(start, []byte("SQLite format 3\x00")):
		return nil
	case bytes.HasPrefix(start, []byte("PGDMP")):
		return fmt.Errorf("%s is a dump of PostgreSQL. Restore it into PostgreSQL:\n\n    %s", name, restoreCommand)
	case n == 0:
		return fmt.Errorf("%s is empty", name)
	}
	return fmt.Errorf("%s is no backup of this program", name)
}

// restoredPath is where a verified database is until it has its name. A file there is complete,
// and means that the restore counts: whatever happens then, the next start finishes it.
func restoredPath(c config.Config) string { return c.SQLitePath() + ".restored" }

// commitRestore makes a file the database.
func commitRestore(c config.Config, file string) error {
	if err := datafolder.Place(file, restoredPath(c), true); err != nil {
		return err
	}
	return finishRestore(c, func(string) error { return nil })
}

// finishRestore moves the database that is there, and its log, to another name, and gives the
// restored one its name. It does nothing if none is waiting. The caller has the folder's lock.
// It may be interrupted between any two steps and run again. step is called before each, and
// may interrupt it.
func finishRestore(c config.Config, step func(name string) error) error {
	info, err := os.Lstat(restoredPath(c))
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	old := c.SQLitePath() + ".replaced." +
		info.ModTime().UTC().Format("20060102T150405.000Z") // the same each time
	move := func(from, to string) error {
		if err := step(filepath.Base(from)); err != nil {
			return err
		}
		if err := os.Rename(from, to); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
		return datafolder.SyncDir(c.Data)
	}
	// The log first: a database that is opened without its log is older, and one that is opened
	// with the log of another is spoiled.
	for _, suffix := range []string{"-wal", ""} {
		if err := move(c.SQLitePath()+suffix, old+suffix); err != nil {
			return fmt.Errorf("put the old database aside: %w", err)
		}
	}
	if err := os.Remove(c.SQLitePath() + "-shm"); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	if err := move(restoredPath(c), c.SQLitePath()); err != nil {
		return fmt.Errorf("name the restored database: %w", err)
	}
	return nil
}
