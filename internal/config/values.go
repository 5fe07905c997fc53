// SPDX-License-Identifier: Apache-2.0

package config

import (
	"encoding/base64"
	"encoding/hex"
	"log/slog"
	"net"
	"net/netip"
	"net/url"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

const (
	minPassword    = 12
	maxPassword    = 1024 // the hash reads all of it, so it is bounded
	masterKeyBytes = 32
)

// address also returns the host alone, for the loopback rules.
func (l *loader) address(env string) (address, host string) {
	address = l.value(env)
	host, port, err := net.SplitHostPort(address)
	if err == nil {
		_, err = strconv.ParseUint(port, 10, 16)
	}
	if err != nil {
		l.addError("%s %q is not host:port with a port from 0 to 65535: write it like 127.0.0.1:8080 or [::1]:8080",
			l.source(env), address)
		return "", ""
	}
	if noHost(host) {
		l.addError("%s %q has %q in front of the port, which is no address: write it like 127.0.0.1:8080 or "+
			"[::1]:8080", l.source(env), address, host)
		return "", ""
	}
	return address, host
}

// profileListen must be on loopback, because profiles need no password.
func (l *loader) profileListen() string {
	if l.is(envProfileListen, "") {
		return ""
	}
	address, host := l.address(envProfileListen)
	if address != "" && !isLoopback(host) {
		l.addError("%s %q is not on loopback: profiles need no password, so listen on 127.0.0.1 or leave it "+
			"empty for none",
			l.source(envProfileListen), address)
	}
	return address
}

// publicURL returns an address without a path, which OAuth compares character by character.
func (l *loader) publicURL() string {
	v := l.value(envPublicURL)
	if v == "" {
		return ""
	}
	u, err := url.Parse(v)
	if err != nil || u.Hostname() == "" || v != u.Scheme+"://"+u.Host || strings.ToLower(v) != v ||
		!goodPort(u.Host, u.Port()) {
		// Without the value, which may have a password.
		l.addError("%s is not the address of a server: write it like https://gatehouse.example.test, in lower case "+
			"and with nothing after the host and port", l.source(envPublicURL))
		return ""
	}
	if u.Scheme != "https" && (u.Scheme != "http" || !isLoopback(u.Hostname())) {
		l.addError("%s %q is not https: clients send their secrets there, so only an address on loopback may be http",
			l.source(envPublicURL), v)
		return ""
	}
	return v
}

// goodPort reports whether the port of a URL's host is absent or a number that a server can have.
func goodPort(host, port string) bool {
	if port == "" {
		return !strings.HasSuffix(host, ":")
	}
	n, err := strconv.Atoi(port)
	return err == nil && n > 0 && n < 1<<16 && port[0] != '0'
}

// tlsFiles returns both names, or adds an error if only one is set.
func (l *loader) tlsFiles() (cert, key string) {
	cert, key = l.file(envTLSCert), l.file(envTLSKey)
	for _, pair := range [][2]string{{envTLSCert, envTLSKey}, {envTLSKey, envTLSCert}} {
		if !l.is(pair[0], "") && l.is(pair[1], "") {
			l.addError("%s is set without %s: set both to serve HTTPS, or neither to serve plain HTTP",
				l.source(pair[0]), l.source(pair[1]))
		}
	}
	return cert, key
}

// file returns a file name. Its error never contains the value: people put the key
// itself there by mistake.
func (l *loader) file(env string) string {
	v := l.value(env)
	if strings.ContainsFunc(v, unicode.IsControl) {
		l.addError("%s is not the name of a file: give the path of the file, not what is in it", l.source(env))
		return ""
	}
	return v
}

// isLoopback reports whether a host is in 127.0.0.0/8, ::1 or the name localhost. It
// looks up no name, because the address of a name may change later.
func isLoopback(host string) bool {
	addr, err := netip.ParseAddr(host)
	return strings.EqualFold(host, "localhost") || err == nil && addr.Unmap().IsLoopback()
}

func (l *loader) data() string {
	v := l.value(envData)
	if v == "" {
		l.addError("%s is empty: name a folder, or leave it out for ./gatehouse-data", l.source(envData))
	}
	return v
}

// database returns the URL of the database. Its error contains neither the value nor the
// error of url.Parse, which repeats it: the URL may contain a password.
func (l *loader) database() string {
	v := l.value(envDatabase)
	if v == "" {
		return ""
	}
	// This compares the text itself, because the driver accepts these in lower case only.
	if !strings.HasPrefix(v, "postgres://") && !strings.HasPrefix(v, "postgresql://") {
		l.addError("%s is not a postgres:// or postgresql:// URL: give one, or leave it empty for SQLite",
			l.source(envDatabase))
		return ""
	}
	u, err := url.Parse(v)
	if err != nil || misplaced(u) {
		l.addError("%s cannot be read as a URL: write postgres://user:password@host:5432/name, "+
			"with special characters of the password as %%40 for @, %%3A for :, %%2F for /, %%3F for ? and %%23 for #",
			l.source(envDatabase))
		return ""
	}
	return v
}

// misplaced reports whether a password that was not percent-encoded has become part of
// something else: postgres://u:12/34@host/db parses with "12" as the port and the rest
// as the path, and the password would be printed.
func misplaced(u *url.URL) bool {
	_, queryErr := url.ParseQuery(u.RawQuery)
	return u.Fragment != "" || queryErr != nil || strings.Contains(u.EscapedPath()+u.RawQuery, "@")
}

func (l *loader) logLevel() slog.Level {
	v := l.value(envLogLevel)
	switch v {
	case "debug":
		return slog.LevelDebug
	case "info":
		return slog.LevelInfo
	case "warn":
		return slog.LevelWarn
	case "error":
		return slog.LevelError
	}
	l.addError("%s %q is unknown: use debug, info, warn or error", l.source(envLogLevel), v)
	return slog.LevelInfo
}

// The bounds of the life of a log-in.
const (
	shortestLogin = 5 * time.Minute
	longestLogin  = 30 * 24 * time.Hour
)

func (l *loader) loginLife() time.Duration {
	v := l.value(envLoginLife)
	d, err := time.ParseDuration(v)
	if err != nil || d < shortestLogin || d > longestLogin {
		l.addError("%s %q is no duration from 5m to 720h: use one such as 12h or 90m", l.source(envLoginLife), v)
	}
	return d
}

func (l *loader) onOff(env string) bool {
	v := l.value(env)
	if v != "on" && v != "off" {
		l.addError("%s %q is unknown: use on or off", l.source(env), v)
	}
	return v == "on"
}

func (l *loader) adminPassword() string {
	source, v, ok := l.secret(envAdminPassword)
	if !ok {
		return ""
	}
	if utf8.RuneCountInString(v) < minPassword || len(v) > maxPassword {
		l.addError("%s is a password that is too short or too long: use %d characters at least and %d bytes at "+
			"most", source, minPassword, maxPassword)
	}
	// JSON cannot carry such a password, so nobody could ever log in with it.
	if !utf8.ValidString(v) {
		l.addError("%s is a password that is not UTF-8 text: use letters, digits and signs", source)
	}
	return v
}

func (l *loader) masterKey() []byte {
	source, v, ok := l.secret(envMasterKey)
	if !ok {
		return nil
	}
	key, ok := ParseMasterKey(v)
	if !ok {
		l.addError("%s is not %d bytes as base64 or %d hex characters: make one with openssl rand -base64 %d",
			source, masterKeyBytes, 2*masterKeyBytes, masterKeyBytes)
	}
	return key
}

// ParseMasterKey reads a master key: 64 hex characters, or base64 in either alphabet with or
// without padding. The lengths differ, so no text can be read in two ways.
func ParseMasterKey(v string) ([]byte, bool) {
	if len(v) == hex.EncodedLen(masterKeyBytes) {
		key, err := hex.DecodeString(v)
		return key, err == nil
	}
	v = strings.TrimSuffix(v, "=")
	for _, enc := range []*base64.Encoding{base64.RawStdEncoding, base64.RawURLEncoding} {
		// The decoder skips newlines, so the text's own length counts as well.
		key, err := enc.Strict().DecodeString(v)
		if err == nil && len(key) == masterKeyBytes && len(v) == enc.EncodedLen(masterKeyBytes) {
			return key, true
		}
	}
	return nil, false
}
