// SPDX-License-Identifier: Apache-2.0

package installation

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"gatehouse/internal/datafolder"
)

// The files of a folder. Each is complete or not there; a file being written has the end partEnd.
const (
	keyFile   = "key.pem"
	stateFile = "installation.json"
	tokenFile = "token.json"
	partEnd   = ".part"
)

// version is that of the state file.
const version = 1

// The states of an installation, as the server names them.
const (
	StateActive  = "active"
	StatePending = "pending" // somebody must approve it
)

// Installation is what is known of an installation. It has no ClientID until it is enrolled.
type Installation struct {
	Version    int    `json:"version"`
	Server     string `json:"server"`
	Issuer     string `json:"issuer,omitempty"` // how the server calls itself, if not as Server does
	CAFile     string `json:"caFile,omitempty"`
	InstanceID string `json:"instanceId"`
	Name       string `json:"name"`
	// Request is the Idempotency-Key of the enrolment.
	Request string `json:"request"`
	// AskedAt is when an enrolment was first sent whose answer is not known; Code is a digest of its code.
	AskedAt           time.Time `json:"askedAt,omitzero"`
	Code              string    `json:"code,omitempty"`
	ClientID          string    `json:"clientId,omitempty"`
	OrganizationID    string    `json:"organizationId,omitempty"`
	State             string    `json:"state,omitempty"`
	RegistrationToken string    `json:"registrationToken,omitempty"`
}

// Folder has the state of one installation. It is locked until Close.
type Folder struct {
	path string
	lock *datafolder.Lock
}

// ErrBusy says that another program works on the folder, and did not end in time.
var ErrBusy = errors.New("another gatehouse program is at work on this folder; try again later")

// lockWait is how long Open waits for another program.
const lockWait = 30 * time.Second

// Open makes the folder if it is not there, and locks it. ErrBusy if another program has it for long.
func Open(ctx context.Context, path string) (*Folder, error) {
	path, err := filepath.Abs(path)
	if err == nil {
		err = makeFolder(path)
	}
	if err != nil {
		return nil, err
	}
	limited, cancel := context.WithTimeout(ctx, lockWait)
	defer cancel()
	for {
		lock, err := datafolder.Acquire(path)
		if err == nil {
			return &Folder{path, lock}, nil
		}
		if !errors.Is(err, datafolder.ErrInUse) {
			return nil, err
		}
		select {
		case <-time.After(50 * time.Millisecond):
		case <-limited.Done():
			if ctx.Err() != nil {
				return nil, context.Cause(ctx)
			}
			return nil, fmt.Errorf("%s: %w", path, ErrBusy)
		}
	}
}

// Close ends the lock.
func (f *Folder) Close() error { return f.lock.Release() }

// KeyFile returns the path of the private key.
func (f *Folder) KeyFile() string { return filepath.Join(f.path, keyFile) }

// makeFolder makes a folder that only its owner can read, and makes its name durable. One that others
// may write to is refused: they could put another key into it.
func makeFolder(path string) error {
	info, err := os.Stat(path)
	if errors.Is(err, fs.ErrNotExist) {
		parent := filepath.Dir(path)
		if _, err := os.Stat(parent); errors.Is(err, fs.ErrNotExist) {
			if err := makeFolder(parent); err != nil {
				return err
			}
		}
		if err := os.Mkdir(path, 0o700); err != nil && !errors.Is(err, fs.ErrExist) {
			return datafolder.Explain(path, err)
		}
		return datafolder.SyncDir(parent)
	}
	switch {
	case err != nil:
		return err
	case !info.IsDir():
		return fmt.Errorf("%s is not a folder: name another one with --state", path)
	}
	// A run that was killed may have made it without that.
	if err := datafolder.SyncDir(filepath.Dir(path)); err != nil && !errors.Is(err, fs.ErrPermission) {
		return err
	}
	return nil
}

// checkOwner refuses a folder that others may write to.
func (f *Folder) checkOwner() error {
	info, err := os.Stat(f.path)
	if err != nil {
		return err
	}
	if info.Mode().Perm()&0o022 != 0 {
		return fmt.Errorf("others may write to %s, and so could put another key into it. Run: chmod 700 %s", f.path,
			f.path)
	}
	return nil
}

// Read returns the installation of a folder; the zero value if there is none. It needs no lock.
func Read(path string) (i Installation, err error) {
	content, err := os.ReadFile(filepath.Join(path, stateFile))
	if errors.Is(err, fs.ErrNotExist) {
		return i, nil
	}
	if err != nil {
		return i, err
	}
	if err := json.Unmarshal(content, &i); err != nil || i.Server == "" || i.InstanceID == "" ||
		i.Request == "" {
		return i,
			fmt.Errorf("%s cannot be read: it was changed by something else. Bring it back from a backup, or "+
				"name another folder with --state", filepath.Join(path, stateFile))
	}
	if i.Version != version {
		return i, fmt.Errorf("%s was written by a newer version of this program", filepath.Join(path, stateFile))
	}
	return i, nil
}

// write puts the installation into its file, durably.
func (f *Folder) write(i Installation) error {
	i.Version = version
	content, err := json.MarshalIndent(i, "", "  ")
	if err != nil {
		return err
	}
	return f.place(stateFile, append(content, '\n'))
}

// place writes a file that only its owner can read, in place of the present one. When it returns, the
// file survives a loss of power; before that, the old file or none is there.
func (f *Folder) place(name string, content []byte) error {
	path := filepath.Join(f.path, name)
	part := path + partEnd
	if err := os.Remove(part); err != nil && !errors.Is(err, fs.ErrNotExist) { // of a program that was killed
		return datafolder.Explain(part, err)
	}
	file, err := os.OpenFile(part, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return datafolder.Explain(part, err)
	}
	_, err = file.Write(content)
	if err = errors.Join(err, file.Sync(), file.Close()); err != nil {
		return datafolder.Explain(part, err)
	}
	return datafolder.Place(part, path, true)
}
