// SPDX-License-Identifier: Apache-2.0

// Package config turns flags, environment variables and secret files into one
// checked struct.
//
// It is not a framework and reads nothing by itself. The caller passes the flags
// that the user set, the environment and a function that reads files, so that
// tests can replace each of them. It opens no database, creates no folder and mints
// no key. It only checks whether the settings make sense together.
//
// Floor F0, a leaf: besides the standard library it imports a reader of TOML.
package config

import (
	"errors"
	"log/slog"
	"net/netip"
	"path/filepath"
	"time"
)

// Config has the settings of the server. Only Load returns one that has been
// checked. It prints, logs and marshals with its secrets masked. That is true for
// the Config itself and wherever fmt may call its methods, so do not put one into an
// unexported field of a struct that is printed.
type Config struct {
	Listen         string // host:port
	PublicURL      string // https://host[:port], or http:// on loopback; empty: each request says it
	TrustedProxies []netip.Prefix
	ProxyHeader    string // ProxyXForwarded, ProxyForwarded or ProxyProtocol
	InternalListen string // host:port for health and metrics; empty: none
	ProfileListen  string // host:port on loopback, for profiles; empty: none
	Trace          Trace
	ACME           ACME
	TLSCert        string // file of the certificate and its chain, PEM; empty: plain HTTP
	TLSKey         string // file of the certificate's key, PEM; empty exactly when TLSCert is
	Data           string // folder
	Database       string // empty: SQLite in Data; else a postgres:// or postgresql:// URL
	LogLevel       slog.Level
	PublicRequests bool          // anyone may submit an organization request
	Console        bool          // the web console is served
	CustomIDs      bool          // callers may choose the ids of organizations they create
	NewDatabase    bool          // an empty database is right, although there is a master key
	MigrationCopy  bool          // the embedded database is copied before a migration
	LoginLife      time.Duration // of what a log-in with a password got; 5 minutes to 30 days
	RateLimits     bool          // false only on a loopback address
	AdminPassword  string        // first password of the operator admin; empty if not set
	MasterKey      []byte        // 32 bytes; nil if not set
}

// SQLitePath is the path of the embedded database, which is used if Database is empty.
func (c Config) SQLitePath() string { return filepath.Join(c.Data, "gatehouse.db") }

// ACMEPath is the folder of accounts and certificates of ACME.
func (c Config) ACMEPath() string { return filepath.Join(c.Data, "acme") }

// HTTPS reports whether the server speaks HTTPS.
func (c Config) HTTPS() bool { return c.TLSCert != "" || len(c.ACME.Domains) > 0 }

// MasterKeyPath is the path of the key that the server creates if MasterKey is nil.
func (c Config) MasterKeyPath() string { return filepath.Join(c.Data, "master.key") }

// Load merges the settings. For each it uses the first of these that has a value: the
// flags that the user set (by name, without dashes), environ ("KEY=value" as from
// os.Environ), the configuration file that --config names, the default. Secrets have no
// flag, because every user of a machine can read command lines. They come from KEY or from
// the file that KEY_FILE names. Load reads files with readFile.
//
// Load reports all errors at once. Each is one line and says what to do. On any error
// the Config is zero. No error contains a secret, a database URL or the name of a
// secret's file. Load does not open the files of TLS: they may be replaced at this
// moment, and only a server needs them.
func Load(flags map[string]string, environ []string, readFile func(string) ([]byte, error)) (Config, error) {
	l := newLoader(flags, environ, readFile)

	var c Config
	var host string
	c.Listen, host = l.address(envListen)
	c.PublicURL = l.publicURL()
	c.TrustedProxies = l.trustedProxies()
	c.ProxyHeader = l.proxyHeader()
	c.InternalListen = l.internalListen()
	c.ProfileListen = l.profileListen()
	l.checkListeners(c)
	c.Trace = l.trace()
	c.TLSCert, c.TLSKey = l.tlsFiles()
	c.ACME = l.acme(c.TLSCert, c.PublicURL)
	c.Data = l.data()
	c.Database = l.database()
	c.LogLevel = l.logLevel()
	c.PublicRequests = l.onOff(envPublicRequests)
	c.Console = l.onOff(envConsole)
	c.CustomIDs = l.onOff(envCustomIDs)
	c.NewDatabase = l.onOff(envNewDatabase)
	c.MigrationCopy = l.onOff(envMigrationCopy)
	c.LoginLife = l.loginLife()
	c.RateLimits = l.onOff(envRateLimits)
	c.AdminPassword = l.adminPassword()
	c.MasterKey = l.masterKey()

	// A listen address that could not be read has been reported already.
	if !c.RateLimits && l.is(envRateLimits, "off") && c.Listen != "" && !isLoopback(host) {
		l.addError("%s is off while listening on %q: off is for tests and benchmarks, so listen on 127.0.0.1 or "+
			"leave it on",
			l.source(envRateLimits), c.Listen)
	}
	if len(l.errs) > 0 {
		return Config{}, errors.Join(l.errs...)
	}
	return c, nil
}
