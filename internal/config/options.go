// SPDX-License-Identifier: Apache-2.0

package config

import "slices"

// The environment names, by which Load looks up an option.
const (
	envPrefix         = "GATEHOUSE_"
	envConfig         = envPrefix + "CONFIG"
	envListen         = envPrefix + "LISTEN"
	envPublicURL      = envPrefix + "PUBLIC_URL"
	envTrustedProxies = envPrefix + "TRUSTED_PROXIES"
	envProxyHeader    = envPrefix + "PROXY_HEADER"
	envInternalListen = envPrefix + "INTERNAL_LISTEN"
	envProfileListen  = envPrefix + "PROFILE_LISTEN"
	envTraceEndpoint  = envPrefix + "TRACE_ENDPOINT"
	envTraceCA        = envPrefix + "TRACE_CA"
	envTraceRatio     = envPrefix + "TRACE_RATIO"
	envTraceParents   = envPrefix + "TRACE_PARENTS"
	envTraceHeaders   = envPrefix + "TRACE_HEADERS"
	envACMEDomains    = envPrefix + "ACME_DOMAINS"
	envACMEDirectory  = envPrefix + "ACME_DIRECTORY"
	envACMETerms      = envPrefix + "ACME_ACCEPT_TERMS"
	envACMEEmail      = envPrefix + "ACME_EMAIL"
	envACMECA         = envPrefix + "ACME_CA"
	envTLSCert        = envPrefix + "TLS_CERT"
	envTLSKey         = envPrefix + "TLS_KEY"
	envData           = envPrefix + "DATA"
	envDatabase       = envPrefix + "DATABASE"
	envLogLevel       = envPrefix + "LOG_LEVEL"
	envPublicRequests = envPrefix + "PUBLIC_REQUESTS"
	envCustomIDs      = envPrefix + "CUSTOM_ORGANIZATION_IDS"
	envLoginLife      = envPrefix + "LOGIN_LIFE"
	envRateLimits     = envPrefix + "RATE_LIMITS"
	envConsole        = envPrefix + "CONSOLE"
	envNewDatabase    = envPrefix + "NEW_DATABASE"
	envMigrationCopy  = envPrefix + "MIGRATION_COPY"
	envAdminPassword  = envPrefix + "ADMIN_PASSWORD"
	envMasterKey      = envPrefix + "MASTER_KEY"

	// The values of ProxyHeader.
	ProxyXForwarded = "x-forwarded-for"
	ProxyForwarded  = "forwarded"
	ProxyProtocol   = "proxy-protocol"

	// fileSuffix makes the name of the variable that names a secret's file.
	fileSuffix = "_FILE"
)

// Option is one setting as users see it. The flags, the environment and the help text
// are made from the table of options.
type Option struct {
	Flag    string // without dashes; empty for secrets
	Env     string
	Default string
	Help    string
	Secret  bool // may also be in the file that Env + "_FILE" names
	Reload  bool // a running server takes a change of it over
	// Commands are those that use it; nil: all that read settings.
	Commands []string
}

// Options lists every option in the order of the help text. The caller owns the slice.
func Options() []Option {
	serveOnly := []string{"serve"}
	return []Option{
		{Flag: "config", Env: envConfig, Default: "",
			Help: "TOML `file` with settings, each by the name of its flag; flags and variables come " +
				"first; empty: none"},
		{Flag: "listen", Env: envListen, Default: "127.0.0.1:8080", Commands: serveOnly,
			Help: "`host:port` to listen on; port 0 takes a free one"},
		{Flag: "public-url", Env: envPublicURL, Default: "", Commands: serveOnly, Reload: true,
			Help: "`URL` by which clients reach the server, such as https://gatehouse.example.test; it is the issuer " +
				"that OAuth clients see; empty: the address that each request names"},
		{Flag: "trusted-proxies", Env: envTrustedProxies, Default: "", Commands: serveOnly, Reload: true,
			Help: "`networks` of the proxies in front of the server, such as 127.0.0.1,10.0.7.0/24; what they say " +
				"about their clients is believed; empty: nobody's word is"},
		{Flag: "proxy-header", Env: envProxyHeader, Default: ProxyXForwarded, Commands: serveOnly,
			Help: "`how` the trusted proxies tell about their clients: x-forwarded-for (with -Proto and -Host), " +
				"forwarded (RFC 7239) or proxy-protocol (before the first request of a connection)"},
		{Flag: "internal-listen", Env: envInternalListen, Default: "", Commands: serveOnly,
			Help: "`host:port` of a listener for health and metrics alone, in plain HTTP; metrics are then served " +
				"nowhere else; empty: none"},
		{Flag: "tls-cert", Env: envTLSCert, Default: "", Commands: serveOnly,
			Help: "`file` with the certificate and its chain in PEM, to serve HTTPS and nothing else; " +
				"read again when it changes; empty: plain HTTP"},
		{Flag: "tls-key", Env: envTLSKey, Default: "", Commands: serveOnly,
			Help: "`file` with the certificate's key in PEM, which other users should not be able to read; " +
				"read again when it changes"},
		{Flag: "acme-domains", Env: envACMEDomains, Default: "", Commands: serveOnly,
			Help: "`names` of a certificate that the server orders and renews by ACME, with commas between them, to serve " +
				"HTTPS; the authority must reach this server at port 443 of each; empty: none is ordered"},
		{Flag: "acme-directory", Env: envACMEDirectory, Default: "", Commands: serveOnly,
			Help: "`URL` of the directory of the authority that issues the certificate"},
		{Flag: "acme-accept-terms", Env: envACMETerms, Default: "off", Commands: serveOnly,
			Help: "`on|off`; on: you have read the terms of the authority and accept them; nothing is ordered without"},
		{Flag: "acme-email", Env: envACMEEmail, Default: "", Commands: serveOnly,
			Help: "`address` of e-mail that the authority may write to; empty: none"},
		{Flag: "acme-ca", Env: envACMECA, Default: "", Commands: serveOnly,
			Help: "`file` with the certificates that the authority's own server may be of, in PEM; empty: those of the " +
				"system"},
		{Flag: "data", Env: envData, Default: "./gatehouse-data",
			Help: "`folder` for the SQLite database and the master key"},
		{Flag: "database", Env: envDatabase, Default: "",
			Help: "postgres:// `URL` of a PostgreSQL database; empty: SQLite in the data folder. " +
				"Prefer the environment when it holds a password, since other users can read command lines"},
		{Flag: "log-level", Env: envLogLevel, Default: "info", Commands: serveOnly, Reload: true,
			Help: "least `level` that is logged: debug, info, warn or error"},
		{Flag: "public-requests", Env: envPublicRequests, Default: "off", Commands: serveOnly, Reload: true,
			Help: "`on|off`; on: anyone may submit an organization request, which someone must " +
				"then approve; off: no requests are accepted"},
		{Flag: "console", Env: envConsole, Default: "on", Commands: serveOnly,
			Help: "`on|off`; off: there is no web console, and browsers get a plain page at the root"},
		{Flag: "custom-organization-ids", Env: envCustomIDs, Default: "on", Commands: serveOnly, Reload: true,
			Help: "`on|off`; on: a caller that creates an organization may choose its id; off: all ids are generated"},
		{Flag: "login-life", Env: envLoginLife, Default: "12h", Commands: serveOnly, Reload: true,
			Help: "`duration` after which everything that a log-in with a password got has ended, whatever uses, " +
				"refreshes and renewals there were; from 5m to 720h"},
		{Flag: "rate-limits", Env: envRateLimits, Default: "on", Commands: serveOnly,
			Help: "`on|off`; off removes the limits on guessing, for tests and benchmarks, " +
				"and is refused unless listening on a loopback address"},
		{Flag: "new-database", Env: envNewDatabase, Default: "off", Commands: serveOnly,
			Help: "`on|off`; on: start with an empty database although the data folder has a master key, which means " +
				"that there was a database before; off: such a start is refused"},
		{Flag: "migration-copy", Env: envMigrationCopy, Default: "on", Commands: []string{"serve", "migrate"},
			Help: "`on|off`; on: before a migration the SQLite database is copied to a file next to it; off: it is not"},
		{Flag: "profile-listen", Env: envProfileListen, Default: "", Commands: serveOnly,
			Help: "`host:port` on a loopback address to serve Go's profiles on, to see where the time goes; " +
				"port 0 takes a free one; empty: none"},
		{Flag: "trace-endpoint", Env: envTraceEndpoint, Default: "", Commands: serveOnly,
			Help: "`URL` of a collector of OpenTelemetry that takes OTLP over HTTP, such as http://127.0.0.1:4318; " +
				"traces of requests are sent there; empty: no traces"},
		{Flag: "trace-ca", Env: envTraceCA, Default: "", Commands: serveOnly,
			Help: "`file` with the certificates of the authorities that the collector's certificate may be of, in PEM; " +
				"empty: those of the system"},
		{Flag: "trace-ratio", Env: envTraceRatio, Default: "1", Commands: serveOnly,
			Help: "`part` of the requests that are recorded, from 0 to 1, such as 0.01"},
		{Flag: "trace-parents", Env: envTraceParents, Default: TraceParentsOff, Commands: serveOnly,
			Help: "`whose` header traceparent is believed, so that its trace goes on here: off (nobody's), proxies " +
				"(of the trusted ones, which must write it themselves) or all"},
		{Env: envTraceHeaders, Secret: true, Commands: serveOnly,
			Help: "headers for the collector, such as Authorization=Bearer TOKEN, with a comma between two"},
		{Env: envAdminPassword, Secret: true, Commands: serveOnly,
			Help: "password of the operator admin, 12 characters to 1024 bytes, used on first start only: " +
				"later, gatehouse operator password admin changes it; if it is not set, one is generated and printed once"},
		{Env: envMasterKey, Secret: true,
			Help: "key that protects the stored secrets: 32 bytes as base64 or 64 hex characters, " +
				"as from: openssl rand -base64 32. If it is not set, one is created in the data folder; " +
				"replicas on one PostgreSQL must all have the same"},
	}
}

// option finds an option by its environment name, one of the constants above.
func option(env string) Option {
	all := Options()
	return all[slices.IndexFunc(all, func(o Option) bool { return o.Env == env })]
}

// knownEnv lists every environment name there is, the twins of secrets too.
func knownEnv() []string {
	var names []string
	for _, o := range Options() {
		names = append(names, o.Env)
		if o.Secret {
			names = append(names, o.Env+fileSuffix)
		}
	}
	return names
}

// knownFlags lists every flag there is.
func knownFlags() []string {
	var names []string
	for _, o := range Options() {
		if o.Flag != "" {
			names = append(names, o.Flag)
		}
	}
	return names
}

// UsedBy reports whether a command uses the option.
func (o Option) UsedBy(command string) bool {
	return o.Commands == nil || slices.Contains(o.Commands, command)
}
