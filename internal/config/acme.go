// SPDX-License-Identifier: Apache-2.0

package config

import (
	"net/netip"
	"net/url"
	"slices"
	"strings"
)

// ACME has the settings of certificates that the server orders itself.
type ACME struct {
	Domains   []string // of the certificate; none: it orders none
	Directory string   // URL of the authority; empty exactly when there are no Domains
	Email     string   // for the authority; empty: none
	CA        string   // file of the authorities of Directory, PEM; empty: those of the system
	Terms     bool     // the authority's terms are accepted, which Domains require
}

// maxDomains is how many names authorities put into one certificate.
const maxDomains = 100

// acme reads the settings of ACME, and refuses those that contradict each other.
func (l *loader) acme(tlsCert, publicURL string) ACME {
	faults := len(l.errs)
	a := ACME{Domains: l.acmeDomains(), Directory: l.acmeDirectory(), Email: l.acmeEmail(),
		CA: l.file(envACMECA), Terms: l.onOff(envACMETerms)}
	if len(l.errs) > faults {
		return ACME{}
	}
	if len(a.Domains) == 0 {
		for _, env := range []string{envACMEDirectory, envACMEEmail, envACMECA, envACMETerms} {
			if l.value(env) != option(env).Default {
				l.addError("%s is set without %s: name the domains that the certificate is to be for", l.source(env),
					l.source(envACMEDomains))
			}
		}
		return a
	}
	domains := l.source(envACMEDomains)
	if tlsCert != "" {
		l.addError("%s and %s are both set: keep one, since the certificate is either ordered or in files", domains,
			l.source(envTLSCert))
	}
	if a.Directory == "" {
		l.addError("%s is set without %s: give the URL of your authority's directory, which its documentation has",
			domains, l.source(envACMEDirectory))
	}
	if !a.Terms {
		l.addError("%s is set and %s is off: read the terms of your authority, and set it to on if you accept them",
			domains, l.source(envACMETerms))
	}
	u, err := url.Parse(publicURL)
	if err == nil && publicURL != "" && !slices.Contains(a.Domains, u.Hostname()) {
		l.addError("%s does not have the name in %s %q: add it, or clients will refuse the certificate", domains,
			l.source(envPublicURL), publicURL)
	}
	return a
}

// acmeDomains reads names, separated by commas.
func (l *loader) acmeDomains() []string {
	v := l.value(envACMEDomains)
	if v == "" {
		return nil
	}
	var domains []string
	for part := range strings.SplitSeq(v, ",") {
		domain := strings.TrimSpace(part)
		if wrong := wrongDomain(domain); wrong != "" {
			l.addError("%s: %q %s", l.source(envACMEDomains), domain, wrong)
			return nil
		}
		if !slices.Contains(domains, domain) {
			domains = append(domains, domain)
		}
	}
	if len(domains) > maxDomains {
		l.addError("%s has %d domains: a certificate can have %d", l.source(envACMEDomains), len(domains), maxDomains)
	}
	return domains
}

// wrongDomain says what is wrong with the name of a server, or is empty.
func wrongDomain(domain string) string {
	_, err := netip.ParseAddr(domain)
	switch {
	case err == nil:
		return "is an address: authorities want a name, such as gatehouse.example.test"
	case strings.HasPrefix(domain, "*."):
		return "has a wildcard, which an authority gives only to those who change their DNS: name each server"
	case len(domain) > 253 || !strings.Contains(domain, "."):
		return "is no whole name of a server: write it like gatehouse.example.test"
	}
	for label := range strings.SplitSeq(domain, ".") {
		foreign := strings.ContainsFunc(label, func(c rune) bool {
			return (c < 'a' || c > 'z') && (c < '0' || c > '9') && c != '-'
		})
		if foreign || label == "" || len(label) > 63 || label[0] == '-' || label[len(label)-1] == '-' {
			return "is no name of a server: write it in lower case like gatehouse.example.test, with xn-- for other letters"
		}
	}
	return ""
}

func (l *loader) acmeDirectory() string {
	v := l.value(envACMEDirectory)
	if v == "" {
		return ""
	}
	u, err := url.Parse(v)
	if err != nil || u.Scheme != "https" || u.Hostname() == "" || u.User != nil || u.Fragment != "" ||
		!goodPort(u.Host, u.Port()) {
		// Without the value, which may have a password.
		l.addError("%s is not the address of a directory: write it like https://acme.example.test/directory",
			l.source(envACMEDirectory))
		return ""
	}
	return v
}

func (l *loader) acmeEmail() string {
	v := l.value(envACMEEmail)
	if v == "" {
		return ""
	}
	name, host, _ := strings.Cut(v, "@")
	foreign := strings.ContainsFunc(v, func(c rune) bool { return c <= ' ' || c > '~' || c == ',' })
	if name == "" || host == "" || foreign {
		l.addError("%s %q is no address of e-mail: write it like admin@example.test, or leave it out",
			l.source(envACMEEmail), v)
		return ""
	}
	return v
}
