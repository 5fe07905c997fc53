// SPDX-License-Identifier: Apache-2.0

package main

import (
	"encoding/hex"
	"fmt"
	"log/slog"
	"os"
	"runtime"
	"strings"

	"gatehouse/internal/config"
	"gatehouse/internal/datafolder"
	"gatehouse/internal/secret"
)

// readKeyFile returns the master key in a file: 32 bytes in hex or Base64.
func readKeyFile(path string) ([]byte, error) {
	text, err := readSecret(path)
	if err != nil {
		return nil, err
	}
	key, ok := config.ParseMasterKey(strings.TrimSpace(string(text)))
	if !ok {
		return nil, fmt.Errorf("%s is not a master key: it must hold %d bytes in hex or Base64. Put the right one back "+
			"from your backup", path, secret.MasterKeySize)
	}
	return key, nil
}

// writeKeyFile writes a master key to a new file that only its owner can read. An existing file
// stays as it is, and must have the same key.
func writeKeyFile(path string, key []byte) error {
	if err := datafolder.WriteNew(path, []byte(hex.EncodeToString(key)+"\n")); err != nil {
		return err
	}
	there, err := readKeyFile(path)
	if err == nil && string(there) != string(key) {
		err = fmt.Errorf("%s has another key already: give the path of a file that does not exist", path)
	}
	return err
}

// keyPath returns the file that the master key is read from at a start; "" if it is in the
// environment itself.
func keyPath(c config.Config, environ []string) (path string) {
	if c.MasterKey == nil {
		return c.MasterKeyPath()
	}
	for _, e := range environ {
		if file, is := strings.CutPrefix(e, "GATEHOUSE_MASTER_KEY_FILE="); is {
			path = file
		}
	}
	return path
}

// checkKeyFile refuses a master key that others may write, and warns about one that others may read.
func checkKeyFile(c config.Config, environ []string, log *slog.Logger) error {
	path := keyPath(c, environ)
	info, err := os.Stat(path)
	if err != nil || !info.Mode().IsRegular() || runtime.GOOS == "windows" { // which has no such bits
		return nil
	}
	switch mode := info.Mode().Perm(); {
	case mode&0o022 != 0:
		return fmt.Errorf("other users may write the master key %s (%04o): whoever writes it decides which secrets are "+
			"accepted. Run chmod 600 on it, and start again", path, mode)
	case mode&0o044 != 0:
		log.Warn("THE MASTER KEY MAY BE READ BY OTHER USERS: run chmod 600 on it", "file", path,
			"mode", fmt.Sprintf("%04o", mode))
	}
	return nil
}
