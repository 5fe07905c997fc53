// SPDX-License-Identifier: Apache-2.0

package main

import (
	"errors"
	"os"
	"path/filepath"
	"regexp"
	"strings"

	"gatehouse/internal/cli"
)

// targetForms is what a target looks like.
const targetForms = "a target is a URL, postgres://USER@HOST:5432/DATABASE, or a data folder if the settings name " +
	"PostgreSQL"

// setTarget takes the place to move to, which must suit the engine of the source. It opens nothing. Its
// errors do not repeat the place, which may have a password.
func (m *moving) setTarget(to string) (err error) {
	m.other = m.config
	m.other.NewDatabase = true // its folder may have the key already
	isURL := strings.HasPrefix(to, "postgres://") || strings.HasPrefix(to, "postgresql://")
	switch {
	case strings.ContainsAny(to, "\r\n"):
		return cli.Usage("it has more than one line: %s", targetForms)
	case isURL && m.config.Database != "":
		return errors.New("both are PostgreSQL: copy the database with pg_dump and pg_restore, see docs/backup.md")
	case isURL:
		m.other.Database, m.place = to, withoutPassword(to)
		return nil
	case !isFolder(to):
		return cli.Usage("it is neither a URL of PostgreSQL nor a folder: %s", targetForms)
	case m.config.Database == "":
		return errors.New("both are SQLite: use gatehouse backup and gatehouse restore. To move to PostgreSQL give a " +
			"URL, postgres://USER@HOST:5432/DATABASE")
	}
	m.other.Database, m.other.Data = "", to
	m.place, err = filepath.Abs(to)
	return err
}

// isFolder reports whether a text may be meant as a folder: it is one, or there is nothing yet, and it is
// not another form of a connection to a database.
func isFolder(text string) bool {
	if info, err := os.Stat(text); err == nil {
		return info.IsDir()
	}
	scheme := regexp.MustCompile(`^\w[\w+.-]+:`) // a volume of Windows is one letter
	keyword := regexp.MustCompile(`^\s*\w+\s*=`)
	return !scheme.MatchString(text) && !keyword.MatchString(text)
}

// targetError is an error of the target. Without its side nobody knows which database is meant.
type targetError struct{ err error }

// ofTarget returns an error that names the target; nil stays nil.
func ofTarget(err error) error {
	if err == nil {
		return nil
	}
	return &targetError{err}
}

func (e *targetError) Error() string { return "the target: " + explain(e.err) }
func (e *targetError) Unwrap() error { return e.err }

// withoutPassword returns where a URL of PostgreSQL leads: hosts and database. With several hosts
// it is none that net/url reads.
func withoutPassword(text string) string {
	scheme, rest, _ := strings.Cut(text, "://")
	rest, _, _ = strings.Cut(rest, "?")
	hosts, database, _ := strings.Cut(rest, "/")
	hosts = hosts[strings.LastIndex(hosts, "@")+1:]
	return scheme + "://" + hosts + "/" + database
}
