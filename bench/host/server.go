// SPDX-License-Identifier: Apache-2.0

package host

import (
	"context"
	"encoding/hex"
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
	master   []byte
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

// Start starts a server and returns when /readyz says so, with the time that took.
func (s *Site) Start(ctx context.Context, extra ...string) (*Process, time.Duration, error) {
	cmd := exec.Command(s.Binary, append([]string{"serve", "--listen", "127.0.0.1:0", "--rate-limits", "off",
		"--data", s.Folder}, extra...)...)
	cmd.Env = append(cleanEnvironment(), "GATEHOUSE_MASTER_KEY="+hex.EncodeToString(s.master),
		"GATEHOUSE_ADMIN_PASSWORD="+s.Password)
	if s.Database != "" {
		cmd.Env = append(cmd.Env, "GATEHOUSE_DATABASE="+s.Database)
	}
	if s.Cores > 0 {
		cmd.Env = append(cmd.Env, fmt.Sprintf("GOMAXPROCS=%d", s.Cores))
	}
	if s.Profiles {
		cmd.Env = append(cmd.Env, "GATEHOUSE_PROFILE_LISTEN=127.0.0.1:0")
	}
	begun := time.Now()
	p, err := start(cmd, filepath.Join(s.Folder, "server.log"))
	if err != nil {
		return nil, 0, err
	}
	for {
		if _, err = get(ctx, p.Address, "/readyz"); err == nil {
			return p, time.Since(begun), nil
		}
		if ctx.Err() != nil || time.Since(begun) > startLimit {
			p.Kill()
			return nil, 0, fmt.Errorf("the server is not ready: %w: %s", err, p.tail())
		}
		time.Sleep(time.Millisecond)
	}
}

func get(ctx context.Context, address, path string) (string, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+address+path, nil)
	if err != nil {
		return "", err
	}
	transport := &http.Transport{DisableKeepAlives: true} // no proxy, whatever the environment says
	res, err := transport.RoundTrip(req)
	if err != nil {
		return "", err
	}
	defer res.Body.Close()
	b, err := io.ReadAll(io.LimitReader(res.Body, 4<<20))
	if err == nil && res.StatusCode != http.StatusOK {
		err = fmt.Errorf("%s answered %d", path, res.StatusCode)
	}
	return string(b), err
}

// Allocated is how many bytes the server has allocated since its start, by its
// own metrics. To ask allocates as well.
func (p *Process) Allocated(ctx context.Context) (float64, error) {
	text, err := get(ctx, p.Address, "/metrics")
	if err != nil {
		return 0, err
	}
	found := regexp.MustCompile(`(?m)^go_memstats_alloc_bytes_total (\S+)$`).FindStringSubmatch(text)
	if found == nil {
		return 0, fmt.Errorf("the metrics have no go_memstats_alloc_bytes_total")
	}
	return strconv.ParseFloat(found[1], 64)
}
