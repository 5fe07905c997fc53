// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"runtime"
	"strings"

	"gatehouse/internal/config"
	"gatehouse/internal/datafolder"
	"gatehouse/internal/identity"
	"gatehouse/internal/secret"
	"gatehouse/internal/tenancy"
)

// readKeyFile returns the master key in a file: 32 bytes in hex or Base64.
func readKeyFile(path string) ([]byte, error) {
	text, err := readSecret(path)
	if err != nil {
		return nil, err
	}
	key, ok := config.ParseMasterKey(strings.TrimSpace(string(text)))
	if !ok {
		return nil,
			fmt.Errorf("%s is not a master key: it must hold %d bytes in hex or Base64. Put the right one back "+
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

// checkKeyFile refuses a master key that others may write, and warns about one that others may read,
// or whose folder they may write. In a folder with the sticky bit they cannot replace it. systemd and
// Kubernetes give the server a file of root's, which it may read by a right of its group; chmod 600
// would take that away.
func checkKeyFile(c config.Config, environ []string, log *slog.Logger) error {
	path := keyPath(c, environ)
	info, err := os.Stat(path)
	if err != nil || !info.Mode().IsRegular() || runtime.GOOS == "windows" { // which has no such bits
		return nil
	}
	dir := filepath.Dir(path)
	if folder, err := os.Stat(dir); err == nil && folder.Mode()&0o022 != 0 &&
		folder.Mode()&os.ModeSticky == 0 {
		log.Warn("OTHER USERS MAY REPLACE THE MASTER KEY, since they may write its folder: run chmod go-w on it",
			"folder", dir, "mode", fmt.Sprintf("%04o", folder.Mode().Perm()))
	}
	_, another := datafolder.OwnedByAnother(path)
	switch mode := info.Mode().Perm(); {
	case mode&0o022 != 0:
		return fmt.Errorf("other users may write the master key %s (%04o): whoever writes it decides which secrets are "+
			"accepted. Run chmod 600 on it, and start again", path, mode)
	case mode&0o004 != 0, mode&0o040 != 0 && !another:
		log.Warn("THE MASTER KEY MAY BE READ BY OTHER USERS: run chmod 600 on it", "file", path,
			"mode", fmt.Sprintf("%04o", mode))
	}
	return nil
}

// schemaAge says what a database's schema has about master keys.
type schemaAge int

const (
	schemaOfToday     schemaAge = iota
	schemaWithKeys              // an older one that has the list of master keys
	schemaWithoutKeys           // one from before there was a list
)

// firstSchemaWithKeys is the version that made the list of master keys.
const firstSchemaWithKeys = 31

// ageOf returns the age of a schema by its version and the newest one.
func ageOf(version, newest int64) schemaAge {
	switch {
	case version >= newest:
		return schemaOfToday
	case version >= firstSchemaWithKeys:
		return schemaWithKeys
	}
	return schemaWithoutKeys
}

// checkKey wants the master key of the settings to open a database, and returns its name. During a
// rotation two of them do; in a database of an older schema only the active one is looked for.
func checkKey(ctx context.Context, c config.Config, db tenancy.Store, schema schemaAge) (id string,
	err error) {
	active, err := identity.ActiveMasterKey(ctx, db, schema != schemaWithoutKeys)
	if err != nil {
		return "", err
	}
	if active == "" {
		return "", errors.New("no server was ever started on it")
	}
	own, err := masterKey(c)
	if errors.Is(err, fs.ErrNotExist) {
		return "", fmt.Errorf("it needs the master key %s: put that into %s, or set GATEHOUSE_MASTER_KEY", active,
			c.MasterKeyPath())
	}
	if err != nil {
		return "", err
	}
	if id, err = secret.MasterKeyID(own); err != nil || id == active {
		return id, err
	}
	if schema == schemaOfToday {
		s, err := newServices(c, db)
		if err != nil {
			return "", err
		}
		if rows, err := s.identity.MasterKeys(ctx); err != nil || len(rows) > 0 &&
			s.identity.LearnMasterKeys(ctx) == nil {
			return id, err
		}
	}
	return "", fmt.Errorf("it needs the master key %s, and the one given is %s", active, id)
}
