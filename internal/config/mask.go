// SPDX-License-Identifier: Apache-2.0

package config

import (
	"fmt"
	"io"
	"log/slog"
	"net/url"
	"strings"
)

// mask replaces every secret that is set. A secret that is not set prints as the empty
// text, which is useful to know and reveals nothing.
const mask = "***"

func masked(set bool) string {
	if set {
		return mask
	}
	return ""
}

// LogValue returns the Config for a log, with its secrets masked.
func (c Config) LogValue() slog.Value {
	return slog.GroupValue(
		slog.String("listen", c.Listen),
		slog.String("publicURL", c.PublicURL),
		slog.String("trustedProxies", networks(c.TrustedProxies)),
		slog.String("proxyHeader", c.ProxyHeader),
		slog.String("internalListen", c.InternalListen),
		slog.String("tlsCert", c.TLSCert),
		slog.String("tlsKey", masked(c.TLSKey != "")),
		slog.String("acmeDomains", strings.Join(c.ACME.Domains, ",")),
		slog.String("acmeDirectory", c.ACME.Directory),
		slog.Bool("acmeAcceptTerms", c.ACME.Terms),
		slog.String("acmeEmail", c.ACME.Email),
		slog.String("acmeCA", c.ACME.CA),
		slog.String("data", c.Data),
		slog.String("database", maskURL(c.Database)),
		slog.String("logLevel", c.LogLevel.String()),
		slog.Bool("publicRequests", c.PublicRequests),
		slog.Bool("console", c.Console),
		slog.Bool("customOrganizationIds", c.CustomIDs),
		slog.Bool("newDatabase", c.NewDatabase),
		slog.Bool("migrationCopy", c.MigrationCopy),
		slog.String("loginLife", c.LoginLife.String()),
		slog.Bool("rateLimits", c.RateLimits),
		slog.String("profileListen", c.ProfileListen),
		slog.String("traceEndpoint", c.Trace.Endpoint),
		slog.String("traceCA", c.Trace.CA),
		slog.Float64("traceRatio", c.Trace.Ratio),
		slog.String("traceParents", c.Trace.Parents),
		slog.String("traceHeaders", masked(c.Trace.Headers != nil)),
		slog.String("adminPassword", masked(c.AdminPassword != "")),
		slog.String("masterKey", masked(c.MasterKey != nil)),
	)
}

// String returns the Config for people, with its secrets masked.
func (c Config) String() string {
	var b strings.Builder
	b.WriteString("config.Config{")
	for i, a := range c.LogValue().Group() {
		if i > 0 {
			b.WriteString(", ")
		}
		if a.Value.Kind() == slog.KindString {
			fmt.Fprintf(&b, "%s: %q", a.Key, a.Value.String())
		} else {
			fmt.Fprintf(&b, "%s: %v", a.Key, a.Value)
		}
	}
	b.WriteString("}")
	return b.String()
}

// GoString is String, for %#v.
func (c Config) GoString() string { return c.String() }

// Format is String for every other verb. Without it, %d and others would print the
// fields, secrets included.
func (c Config) Format(s fmt.State, _ rune) { _, _ = io.WriteString(s, c.String()) }

// MarshalText is String, so that JSON and other encodings do not read the fields.
func (c Config) MarshalText() ([]byte, error) { return []byte(c.String()), nil }

// maskURL hides the password of a database URL, both in its usual place and in the
// query. A text that is no such URL is hidden as a whole, because its parts are unknown.
func maskURL(text string) string {
	if text == "" {
		return ""
	}
	u, err := url.Parse(text)
	if err != nil || u.Opaque != "" || u.Scheme == "" || misplaced(u) {
		return mask
	}
	var b strings.Builder
	b.WriteString(u.Scheme + "://")
	if u.User != nil {
		b.WriteString(url.User(u.User.Username()).String())
		if _, ok := u.User.Password(); ok {
			b.WriteString(":" + mask)
		}
		b.WriteByte('@')
	}
	b.WriteString(u.Host + u.EscapedPath())
	if u.RawQuery != "" {
		b.WriteString("?" + maskQuery(u.RawQuery))
	}
	return b.String()
}

// maskQuery hides the value of every parameter whose name contains "password", in any
// letter case and however it is escaped. The value of a name that cannot be decoded is
// hidden, too.
func maskQuery(query string) string {
	pairs := strings.Split(query, "&")
	for i, pair := range pairs {
		name, _, _ := strings.Cut(pair, "=")
		plain, err := url.QueryUnescape(name)
		if err != nil || strings.Contains(strings.ToLower(plain), "password") {
			pairs[i] = name + "=" + mask
		}
	}
	return strings.Join(pairs, "&")
}
