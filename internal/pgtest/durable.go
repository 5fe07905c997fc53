// SPDX-License-Identifier: Apache-2.0

package pgtest

import "path/filepath"

// Durable is a PostgreSQL for a program that is no test but measures one: it
// lives until Stop, or until the program ends.
type Durable struct{ cluster *cluster }

// StartDurable starts a new one with further settings, "name=value"; those win
// over what tests use, such as fsync=off. The error says so when PostgreSQL is
// not installed.
func StartDurable(settings ...string) (*Durable, error) {
	bin, err := binDir(debianBins)
	if err != nil {
		return nil, err
	}
	c, err := newCluster(bin, "", settings...)
	if err != nil {
		return nil, err
	}
	return &Durable{c}, nil
}

// Tool is the path of a program of the server's version, such as pg_dump.
func (s *Durable) Tool(name string) string { return filepath.Join(s.cluster.bin, name) }

// URL is the address of one of its databases; "postgres" is always there.
func (s *Durable) URL(database string) string { return s.cluster.url(database) }

// Stop ends the server and deletes all its data. It may run twice.
func (s *Durable) Stop() error { return s.cluster.remove() }
