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
	"time"

	"github.com/spf13/cobra"

	"gatehouse/internal/agefile"
	"gatehouse/internal/config"
	"gatehouse/internal/datafolder"
	"gatehouse/internal/sqlite"
	"gatehouse/internal/tenancy"
)

// The commands of PostgreSQL's own tools. The URL comes from the environment, as this program
// has it, so that no password is on a command line.
const (
	dumpCommand    = `pg_dump --format=custom --no-owner --file=FILE "$GATEHOUSE_DATABASE"`
	restoreCommand = `pg_restore --exit-on-error --single-transaction --no-owner --dbname="$GATEHOUSE_DATABASE" FILE`
)

// backupFlags are the flags of backup.
type backupFlags struct {
	recipients, recipientFiles []string
	overwrite                  bool
}

func newBackup(environ []string) *cobra.Command {
	var f backupFlags
	cmd := &cobra.Command{Use: "backup FILE",
		Short: "Copy the SQLite database to FILE, or to standard output with -; the server may be running",
		Args:  cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			c, err := load(cmd, environ)
			if err != nil {
				return err
			}
			if c.Database != "" {
				return fmt.Errorf("PostgreSQL is backed up with its own tool, which copies the database as it is at one " +
					"moment while servers run:\n\n    " + dumpCommand + "\n\nThe master key is not in it: store a copy of " +
					"that elsewhere")
			}
			recipients, err := agefile.ParseRecipients(f.recipients, f.recipientFiles)
			if err != nil {
				return err
			}
			return backup(cmd, c, args[0], recipients, f.overwrite)
		}}
	cmd.Flags().StringArrayVar(&f.recipients, "recipient", nil,
		"public `key` of age (age1…) to encrypt to; may be given several times")
	cmd.Flags().StringArrayVar(&f.recipientFiles, "recipients-file", nil,
		"`file` with public keys of age, one in a line")
	cmd.Flags().BoolVar(&f.overwrite, "overwrite", false,
		"replace FILE if it exists, once the backup is complete")
	addOptions(cmd, environ)
	return cmd
}

// backup makes, verifies and delivers one copy.
func backup(cmd *cobra.Command, c config.Config, target string, recipients agefile.Recipients,
	overwrite bool) (err error) {
	ctx, toStdout := cmd.Context(), target == "-"
	if err := checkTarget(c, target); err != nil {
		return err
	}
	if _, err := os.Lstat(target); !toStdout && err == nil && !overwrite {
		return fmt.Errorf("%s exists: name another file, or give --overwrite", target)
	}
	_, db, err := joinServices(ctx, c)
	if db != nil {
		defer func() { err = errors.Join(err, db.Close()) }()
	}
	if err != nil {
		return err
	}
	// A copy that will be encrypted is only where the database itself is.
	dir := c.Data
	if !toStdout && !recipients.Any() {
		dir = filepath.Dir(target)
	}
	temp, err := datafolder.NewTemp(dir)
	if err != nil {
		return fmt.Errorf("make a temporary folder: %w", datafolder.Explain(dir, err))
	}
	defer func() { err = errors.Join(err, temp.Remove()) }()
	file := temp.Path("backup.db")
	stderr := cmd.ErrOrStderr()
	err = db.(*sqlite.Store).Export(ctx, file, func(done, total int64) {
		fmt.Fprintf(stderr, "copied about %d of %d MB\n", done>>20, total>>20)
	})
	if err != nil {
		return fmt.Errorf("copy the database: %w", cause(err))
	}
	sum, err := verifyWithProgress(ctx, c, file, "the copy", stderr)
	if err != nil {
		return fmt.Errorf("the copy is not good, and was removed: %w", err)
	}
	if err := deliver(cmd.OutOrStdout(), file, target, recipients, overwrite); err != nil {
		return err
	}
	fmt.Fprintf(stderr, "The backup is complete and was verified: %s.\n%s", sum, keyAdvice(c, sum.key))
	return nil
}

// checkTarget refuses a target that is no name of a file, or that a server uses: --overwrite would
// put a backup in the place of the key, or of a database that a server has open.
func checkTarget(c config.Config, target string) error {
	if target == "" {
		return errors.New("FILE is empty: name the file to make, or give - for standard output")
	}
	base := filepath.Base(target)
	own := base == datafolder.LockName || strings.HasPrefix(base, filepath.Base(c.MasterKeyPath()))
	for _, suffix := range []string{"", "-wal", "-shm", "-journal"} {
		own = own || base == filepath.Base(c.SQLitePath())+suffix
	}
	if own && sameFile(filepath.Dir(target), c.Data) {
		return fmt.Errorf("%s is a file of the server itself: name another one for the backup", target)
	}
	return nil
}

// sameFile reports whether two paths lead to one file or folder that exists.
func sameFile(a, b string) bool {
	first, err := os.Stat(a)
	if err != nil {
		return false
	}
	second, err := os.Stat(b)
	return err == nil && os.SameFile(first, second)
}

// copySummary is what a copy of a database has.
type copySummary struct {
	version int64
	key     string // name of its master key
	audit   tenancy.AuditReport
	old     bool // its schema is older than this program's, so its audit was not verified
}

func (s copySummary) String() string {
	if s.old {
		return fmt.Sprintf("schema %d, which the next start brings up to date; its audit can be verified then",
			s.version)
	}
	return fmt.Sprintf("schema %d, %d events in %d chains, %s", s.version, s.audit.Events, s.audit.Chains,
		newest(s.audit.Newest))
}

func keyAdvice(c config.Config, key string) string {
	place := c.MasterKeyPath()
	if c.MasterKey != nil {
		place = "GATEHOUSE_MASTER_KEY"
	}
	return fmt.Sprintf("It is of no use without the master key %s, which is not in it. Store a copy of %s elsewhere.\n",
		key, place)
}

// stillEvery is how often something that takes long says so.
const stillEvery = 5 * time.Second

// verifyWithProgress is verifyCopy, which takes as long as the file is large, and says so.
func verifyWithProgress(ctx context.Context, c config.Config, path, what string,
	w io.Writer) (sum copySummary,
	err error) {
	var size int64
	if info, err := os.Stat(path); err == nil {
		size = info.Size()
	}
	fmt.Fprintf(w, "verifying %s, %d MB\n", what, size>>20)
	err = saying(stillEvery, func(took time.Duration) {
		fmt.Fprintf(w, "still verifying, for %s\n", took.Round(time.Second))
	}, func() error {
		sum, err = verifyCopy(ctx, c, path)
		return err
	})
	return sum, err
}

// saying runs fn, and calls say each time that so much time has passed.
func saying(every time.Duration, say func(took time.Duration), fn func() error) error {
	begun, ticker, done := time.Now(), time.NewTicker(every), make(chan error, 1)
	defer ticker.Stop()
	go func() { done <- fn() }()
	for {
		select {
		case err := <-done:
			return err
		case <-ticker.C:
			say(time.Since(begun))
		}
	}
}

// verifyCopy opens a copy that nobody else uses and checks everything: that the key fits, the
// schema, every row, index and reference, and the audit. It leaves a single file.
func verifyCopy(ctx context.Context, c config.Config, path string) (sum copySummary, err error) {
	db, err := sqlite.Open(ctx, path)
	if err != nil {
		return sum, cause(err)
	}
	defer func() { err = errors.Join(err, db.Detach()) }()
	if err := db.FullCheck(ctx); err != nil {
		return sum, cause(err)
	}
	current, known, err := db.Versions(ctx)
	switch {
	case err != nil:
		return sum, cause(err)
	case current == 0:
		return sum, errors.New("it is a database without tables")
	case current > known:
		return sum, fmt.Errorf("it was made by a newer version of this program (schema %d, this one knows %d)",
			current, known)
	}
	sum.version, sum.old = current, current < known
	if sum.key, err = checkKey(ctx, c, db, ageOf(current, known)); err != nil || sum.old {
		return sum, err
	}
	s, err := newServices(c, db)
	if err == nil {
		err = s.identity.LearnMasterKeys(ctx)
	}
	if err != nil {
		return sum, err
	}
	if sum.audit, err = s.tenancy.VerifyAudits(ctx); err != nil {
		return sum, err
	}
	return sum, brokenChains(sum.audit)
}

// deliver gives the file its name, or writes it to stdout, encrypted if there are recipients.
func deliver(stdout io.Writer, file, target string, recipients agefile.Recipients,
	overwrite bool) (err error) {
	write := func(to io.Writer) error { return copyFile(to, file, recipients) }
	if target == "-" {
		return write(stdout)
	}
	if recipients.Any() {
		temp, err := datafolder.NewTemp(filepath.Dir(target))
		if err != nil {
			return fmt.Errorf("make a temporary folder: %w", datafolder.Explain(filepath.Dir(target), err))
		}
		defer func() { err = errors.Join(err, temp.Remove()) }()
		sealed := temp.Path("backup.age")
		if err := writeFile(sealed, write); err != nil {
			return fmt.Errorf("encrypt the backup: %w", err)
		}
		file = sealed
	}
	err = datafolder.Place(file, target, overwrite)
	if errors.Is(err, fs.ErrExist) {
		return fmt.Errorf("%s exists: name another file, or give --overwrite", target)
	}
	return err
}

func copyFile(to io.Writer, file string, recipients agefile.Recipients) (err error) {
	from, err := os.Open(file)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, from.Close()) }()
	if recipients.Any() {
		return recipients.Encrypt(to, from)
	}
	_, err = io.Copy(to, from)
	return err
}

// writeFile makes a file that only its owner can read, and makes its content durable.
func writeFile(path string, write func(io.Writer) error) error {
	file, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	return errors.Join(write(file), file.Sync(), file.Close())
}
