// SPDX-License-Identifier: Apache-2.0

package host

import (
	"context"
	"crypto/tls"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"time"

	"gatehouse/internal/secret"
)

// Site is where servers keep their things: a data folder and, on PostgreSQL, a
// database. Several servers may run on one PostgreSQL.
type Site struct {
	Binary   string
	Folder   string
	Database string // empty: SQLite in the folder
	Password string // of the operator "admin"
	Cores    int    // servers run on so many processors; 0: on all
	Profiles bool   // servers tell where their time goes, on a port of their own
	// OwnKey means that the key is not given to servers: they make it in the folder, or Environ
	// says where it is.
	OwnKey  bool
	Environ []string    // further settings of servers and commands, "NAME=value"
	Trust   *tls.Config // of its servers' certificates; nil: they speak plain HTTP
	master  []byte
}

// NewSite makes an empty one, with a master key and an admin password of its own.
func NewSite(binary, folder, database string) (*Site, error) {
	if err := os.MkdirAll(folder, 0o700); err != nil {
		return nil, err
	}
	return &Site{Binary: binary, Folder: folder, Database: database, Password: secret.NewPassword().Reveal(),
		master: secret.NewMasterKey()}, nil
}

// Keys are the keys of its servers.
func (s *Site) Keys() (*secret.Keyring, error) { return secret.NewKeyring(s.master) }

// SQLitePath is the embedded database.
func (s *Site) SQLitePath() string { return filepath.Join(s.Folder, "gatehouse.db") }

// command prepares the built server with the site's settings.
func (s *Site) command(args ...string) *exec.Cmd {
	cmd := exec.Command(s.Binary, append(args, "--data", s.Folder)...)
	cmd.Env = append(cleanEnvironment(), "GATEHOUSE_ADMIN_PASSWORD="+s.Password)
	if !s.OwnKey {
		cmd.Env = append(cmd.Env, "GATEHOUSE_MASTER_KEY="+hex.EncodeToString(s.master))
	}
	if s.Database != "" {
		cmd.Env = append(cmd.Env, "GATEHOUSE_DATABASE="+s.Database)
	}
	if s.Cores > 0 {
		cmd.Env = append(cmd.Env, fmt.Sprintf("GOMAXPROCS=%d", s.Cores))
	}
	if s.Profiles {
		cmd.Env = append(cmd.Env, "GATEHOUSE_PROFILE_LISTEN=127.0.0.1:0")
	}
	cmd.Env = append(cmd.Env, s.Environ...)
	return cmd
}

// Run runs one of the commands while the servers run, and returns what it printed.
func (s *Site) Run(ctx context.Context, args ...string) (string, error) {
	cmd := s.command(args...)
	return output(ctx, cmd.Env, cmd.Path, cmd.Args[1:]...)
}

// output runs a program to its end, or until ctx is done.
func output(ctx context.Context, env []string, path string, args ...string) (string, error) {
	cmd := exec.CommandContext(ctx, path, args...)
	cmd.Env = env
	out, err := cmd.CombinedOutput()
	if err != nil {
		return "", fmt.Errorf("%s %s: %w: %s", filepath.Base(path), args[0], errors.Join(ctx.Err(), err), out)
	}
	return string(out), nil
}

// Start starts a server and returns when /readyz says so, with the time that took.
func (s *Site) Start(ctx context.Context, extra ...string) (*Process, time.Duration, error) {
	cmd := s.command(append([]string{"serve", "--listen", "127.0.0.1:0", "--rate-limits", "off"}, extra...)...)
	begun := time.Now()
	p, err := start(cmd, filepath.Join(s.Folder, "server.log"))
	if err != nil {
		return nil, 0, err
	}
	p.trust = s.Trust
	for {
		if _, err = p.get(ctx, "/readyz"); err == nil {
			return p, time.Since(begun), nil
		}
		if ctx.Err() != nil || time.Since(begun) > startLimit {
			p.Kill()
			return nil, 0, fmt.Errorf("the server is not ready: %w: %s", err, p.tail())
		}
		time.Sleep(time.Millisecond)
	}
}

// get asks a server on its own address.
func (p *Process) get(ctx context.Context, path string) (string, error) {
	scheme := "http://"
	if p.trust != nil {
		scheme = "https://"
	}
	return get(ctx, scheme+p.Address+path, p.trust)
}

func get(ctx context.Context, url string, trust *tls.Config) (string, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return "", err
	}
	// No proxy, whatever the environment says.
	transport := &http.Transport{DisableKeepAlives: true, TLSClientConfig: trust}
	res, err := transport.RoundTrip(req)
	if err != nil {
		return "", err
	}
	defer res.Body.Close()
	b, err := io.ReadAll(io.LimitReader(res.Body, 4<<20))
	if err == nil && res.StatusCode != http.StatusOK {
		err = fmt.Errorf("%s answered %d", req.URL.Path, res.StatusCode)
	}
	return string(b), err
}

// Allocated is how many bytes the server has allocated since its start, by its
// own metrics. To ask allocates as well.
func (p *Process) Allocated(ctx context.Context) (float64, error) {
	values, err := p.Metrics(ctx, "go_memstats_alloc_bytes_total")
	if err != nil {
		return 0, err
	}
	return values[0], nil
}

// Metrics are values that the server's own metrics have without labels, in the order of the names.
func (p *Process) Metrics(ctx context.Context, names ...string) (values []float64, err error) {
	text, err := p.get(ctx, "/metrics")
	if err != nil {
		return nil, err
	}
	for _, name := range names {
		found := regexp.MustCompile(`(?m)^` + name + ` (\S+)$`).FindStringSubmatch(text)
		if found == nil {
			return nil, fmt.Errorf("the metrics have no %s", name)
		}
		value, err := strconv.ParseFloat(found[1], 64)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		values = append(values, value)
	}
	return values, nil
}
