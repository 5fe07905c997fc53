// SPDX-License-Identifier: Apache-2.0

// Package config turns flags, environment variables and secret files into one
// checked struct.
//
// It is not a framework and reads nothing by itself: the caller hands in the
// flags the user set, the environment and a way to read files, so that tests
// can replace each of them. It opens no database, makes no folder and mints no
// key; it only says whether the settings make sense together.
//
// Floor F0, a leaf: it imports the standard library only.
package config

import (
	"errors"
	"log/slog"
	"path/filepath"
)

// Config is what the server was told. Load is the only way to get one that has
// been checked. It prints, logs and marshals with its secrets masked; that
// holds for the Config itself and wherever fmt may call its methods, so do not
// hide one in an unexported field of a struct that is printed.
type Config struct {
	Listen         string // host:port
	ProfileListen  string // host:port on loopback, for profiles; empty: none
	TLSCert        string // file of the certificate and its chain, PEM; empty: plain HTTP
	TLSKey         string // file of the certificate's key, PEM; empty exactly when TLSCert is
	Data           string // folder
	Database       string // empty: SQLite in Data; else a postgres:// or postgresql:// URL
	LogLevel       slog.Level
	PublicRequests bool   // anyone may submit an organization request
	CustomIDs      bool   // callers may choose the ids of organizations they make
	RateLimits     bool   // false only on a loopback address
	AdminPassword  string // first password of the operator admin; empty when not given
	MasterKey      []byte // 32 bytes; nil when not given
}

// SQLitePath is where the embedded database lives when Database is empty.
func (c Config) SQLitePath() string { return filepath.Join(c.Data, "gatehouse.db") }

// MasterKeyPath is where the server keeps the key it makes when none is given.
func (c Config) MasterKeyPath() string { return filepath.Join(c.Data, "master.key") }

// Load merges the settings, the first of these that has a value winning: the
// flags the user set (by name, without dashes), environ ("KEY=value" as from
// os.Environ), the default. Secrets have no flag, since command lines are
// public to every user of a machine; they come from KEY or from the file that
// KEY_FILE names, read with readFile.
//
// All faults are reported at once, one line each, saying what to do; with any
// fault the Config is zero. No fault ever holds a secret, a database URL or
// the name of a secret's file. The files of TLS are not opened: they may be
// replaced at this moment, and only a server needs them.
func Load(flags map[string]string, environ []string, readFile func(string) ([]byte, error)) (Config, error) {
	l := &loader{flags: flags, env: gatehouseEnv(environ), readFile: readFile}
	l.checkNames()

	var c Config
	var host string
	c.Listen, host = l.address(envListen)
	c.ProfileListen = l.profileListen()
	c.TLSCert, c.TLSKey = l.tlsFiles()
	c.Data = l.data()
	c.Database = l.database()
	c.LogLevel = l.logLevel()
	c.PublicRequests = l.onOff(envPublicRequests)
	c.CustomIDs = l.onOff(envCustomIDs)
	c.RateLimits = l.onOff(envRateLimits)
	c.AdminPassword = l.adminPassword()
	c.MasterKey = l.masterKey()

	// A listen address that could not be read has its own fault already.
	if !c.RateLimits && l.was(envRateLimits, "off") && c.Listen != "" && !isLoopback(host) {
		l.fault("%s is off while listening on %q: off is for tests and benchmarks, so listen on 127.0.0.1 or leave it on",
			l.source(envRateLimits), c.Listen)
	}
	if len(l.faults) > 0 {
		return Config{}, errors.Join(l.faults...)
	}
	return c, nil
}
