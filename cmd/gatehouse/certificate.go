// SPDX-License-Identifier: Apache-2.0

package main

import (
	"log/slog"

	"gatehouse/internal/certorder"
	"gatehouse/internal/config"
	"gatehouse/internal/server"
)

// loadCertificate returns the certificate for HTTPS, and what orders it if it is not in files. Both are
// nil for plain HTTP.
func loadCertificate(c config.Config, log *slog.Logger) (*server.Certificate, *certorder.Orderer, error) {
	switch {
	case c.TLSCert != "":
		certificate, err := server.LoadCertificate(c.TLSCert, c.TLSKey, log)
		return certificate, nil, err
	case len(c.ACME.Domains) == 0:
		return nil, nil, nil
	}
	authorities, err := readAuthorities("--acme-ca", c.ACME.CA)
	if err != nil {
		return nil, nil, err
	}
	orders := certorder.New(certorder.Options{Folder: c.ACMEPath(), Domains: c.ACME.Domains,
		Directory: c.ACME.Directory, Email: c.ACME.Email, Authorities: authorities, Log: log})
	return server.OrderedCertificate(orders.File(), orders.Challenge, log), orders, nil
}

// scheme returns how the address of the server begins.
func scheme(c config.Config) string {
	if c.HTTPS() {
		return "https://"
	}
	return "http://"
}
