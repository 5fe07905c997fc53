// SPDX-License-Identifier: Apache-2.0

package main

import (
	"errors"
	"fmt"
	"log/slog"
	"os"

	"gatehouse/internal/config"
	"gatehouse/internal/server"
)

// checkFiles returns every error for which serve, with these settings, would end before it touches the data
// folder. It reads the files as serve does, and writes nothing.
func checkFiles(c config.Config, environ []string) error {
	quiet := slog.New(slog.DiscardHandler)
	errs := []error{checkKeyFile(c, environ, quiet)}
	if c.TLSCert != "" {
		_, err := server.LoadCertificate(c.TLSCert, c.TLSKey, quiet)
		errs = append(errs, err)
	}
	_, err := readAuthorities("--acme-ca", c.ACME.CA)
	errs = append(errs, err)
	_, err = readAuthorities("--trace-ca", c.Trace.CA)
	errs = append(errs, err)
	if c.Database == "" {
		errs = append(errs, refuseFileAsFolder(c.Data))
	}
	return errors.Join(errs...)
}

// refuseFileAsFolder returns an error if something that is no folder has the name of the data folder.
func refuseFileAsFolder(path string) error {
	info, err := os.Stat(path)
	if err != nil || info.IsDir() {
		return nil
	}
	return fmt.Errorf("%s is a file and no folder: name the folder of the data with --data", path)
}
