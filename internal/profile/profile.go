// SPDX-License-Identifier: Apache-2.0

// Package profile keeps what the command line knows of servers between two commands: their
// addresses, and the access tokens that log-ins got. Each profile is a file that its owner alone
// may read, and one of them is the current one.
//
// It is not: a client, or the settings of a server, which are in package config.
//
// Floor F1: it knows secret only.
package profile

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"time"

	"gatehouse/internal/secret"
)

// Profile is what is known of one server.
type Profile struct {
	Name     string
	Server   string // https://…
	CAFile   string // of the authority of its certificate; empty: those of the system
	Username string // of the last log-in
	// SecondFactor: that log-in needed a one-time code.
	SecondFactor bool
	Token        secret.Secret
	ExpiresAt    time.Time // of the token
}

// file is a profile as it is written.
type file struct {
	Server       string    `json:"server"`
	CAFile       string    `json:"caFile,omitempty"`
	Username     string    `json:"username,omitempty"`
	SecondFactor bool      `json:"secondFactor,omitempty"`
	Token        string    `json:"token,omitempty"`
	ExpiresAt    time.Time `json:"expiresAt,omitzero"`
}

// ErrMissing says that there is no such profile.
var ErrMissing = errors.New("there is no such profile. See: gatehouse profile list")

// ErrName says that a text cannot be the name of a profile.
var ErrName = errors.New("is no name of a profile")

// Folder is where the profiles are.
type Folder struct{ path string }

// Find returns the folder that an environment names: gatehouse in XDG_CONFIG_HOME, or in .config of
// the home folder.
func Find(environ []string) (Folder, error) {
	base := lookup(environ, "XDG_CONFIG_HOME")
	if !filepath.IsAbs(base) { // the specification says to ignore such a one
		home := lookup(environ, "HOME")
		if home == "" {
			home = lookup(environ, "USERPROFILE")
		}
		if home == "" {
			return Folder{}, errors.New("there is no home folder for profiles: set HOME or XDG_CONFIG_HOME")
		}
		base = filepath.Join(home, ".config")
	}
	return Folder{filepath.Join(base, "gatehouse")}, nil
}

func lookup(environ []string, name string) string {
	for _, line := range environ {
		if key, v, ok := strings.Cut(line, "="); ok && key == name {
			return v
		}
	}
	return ""
}

// ValidName reports whether a text may name a profile. It is also the name of a file.
func ValidName(name string) bool {
	return regexp.MustCompile(`^[a-z0-9][a-z0-9._-]{0,63}$`).MatchString(name)
}

// NameFor returns a name for a profile of a server at a host such as gatehouse.example.test:8443.
func NameFor(host string) string {
	name := regexp.MustCompile(`[^a-z0-9.]+`).ReplaceAllString(strings.ToLower(host), "-")
	name = strings.Trim(name[:min(len(name), 64)], "-.")
	if !ValidName(name) {
		return "default"
	}
	return name
}

const extension = ".json"

func (f Folder) profilePath(name string) (string, error) {
	if !ValidName(name) {
		return "", fmt.Errorf("%q %w: use lower-case letters, digits, dots, hyphens and underscores", name, ErrName)
	}
	return filepath.Join(f.path, "profiles", name+extension), nil
}

// Get returns a profile by its name, or ErrMissing. A file that others may read is refused.
func (f Folder) Get(name string) (Profile, error) {
	path, err := f.profilePath(name)
	if err != nil {
		return Profile{}, err
	}
	content, err := readPrivate(path)
	if errors.Is(err, fs.ErrNotExist) {
		return Profile{}, fmt.Errorf("profile %q: %w", name, ErrMissing)
	}
	if err != nil {
		return Profile{}, err
	}
	var in file
	if err := json.Unmarshal(content, &in); err != nil || in.Server == "" {
		return Profile{}, fmt.Errorf("%s is no profile: remove it and log in again", path)
	}
	return Profile{Name: name, Server: in.Server, CAFile: in.CAFile, Username: in.Username,
		SecondFactor: in.SecondFactor,
		Token:        secret.Of(in.Token), ExpiresAt: in.ExpiresAt}, nil
}

// Put writes a profile, in place of one with its name.
func (f Folder) Put(p Profile) error {
	path, err := f.profilePath(p.Name)
	if err != nil {
		return err
	}
	content, err := json.MarshalIndent(file{p.Server, p.CAFile, p.Username, p.SecondFactor, p.Token.Reveal(),
		p.ExpiresAt}, "", "  ")
	if err != nil {
		return err
	}
	return f.write(path, append(content, '\n'))
}

// Remove removes a profile, or returns ErrMissing. If it is the current one, none is current then.
func (f Folder) Remove(name string) error {
	path, err := f.profilePath(name)
	if err != nil {
		return err
	}
	if err := os.Remove(path); errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("profile %q: %w", name, ErrMissing)
	} else if err != nil {
		return err
	}
	if current, err := f.Current(); err != nil || current != name {
		return err
	}
	return os.Remove(f.currentPath())
}

// List returns the names of all profiles in their order.
func (f Folder) List() ([]string, error) {
	entries, err := os.ReadDir(filepath.Join(f.path, "profiles"))
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	var names []string
	for _, e := range entries {
		if name, ok := strings.CutSuffix(e.Name(), extension); ok && ValidName(name) {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return names, nil
}

func (f Folder) currentPath() string { return filepath.Join(f.path, "current") }

// Current returns the name of the current profile; empty if there is none.
func (f Folder) Current() (string, error) {
	content, err := os.ReadFile(f.currentPath())
	if errors.Is(err, fs.ErrNotExist) {
		return "", nil
	}
	if err != nil {
		return "", err
	}
	name := strings.TrimSpace(string(content))
	if !ValidName(name) {
		return "", fmt.Errorf("%s does not name a profile: run gatehouse profile use NAME", f.currentPath())
	}
	return name, nil
}

// Use makes a profile the current one. It must be there.
func (f Folder) Use(name string) error {
	if _, err := f.Get(name); err != nil {
		return err
	}
	return f.write(f.currentPath(), []byte(name+"\n"))
}

// OfServer returns the profile of a server: the current one, if it is of that server, or the only
// one. Without a profile, or with several, it returns ErrMissing.
func (f Folder) OfServer(server string) (Profile, error) {
	names, err := f.List()
	if err != nil {
		return Profile{}, err
	}
	current, err := f.Current()
	if err != nil {
		return Profile{}, err
	}
	var found []Profile
	for _, name := range names {
		p, err := f.Get(name)
		if err != nil {
			return Profile{}, err
		}
		if p.Server != server {
			continue
		}
		if name == current {
			return p, nil
		}
		found = append(found, p)
	}
	if len(found) != 1 {
		return Profile{}, ErrMissing
	}
	return found[0], nil
}
