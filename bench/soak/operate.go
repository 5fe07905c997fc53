// SPDX-License-Identifier: Apache-2.0

package soak

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"gatehouse/internal/secret"
)

const (
	databaseName = "soak"
	keySetting   = "GATEHOUSE_MASTER_KEY_FILE="
	// soon is in how much time every server knows what one of them was told.
	soon = 10 * time.Second
)

// operate does what operators do, each at its share of the time.
func (r *run) operate(ctx context.Context) {
	for _, step := range []struct {
		at   float64
		name string
		do   func(ctx context.Context) (string, error)
	}{
		{0.1, "backup, restored elsewhere", func(ctx context.Context) (string,
			error) {
			return r.backup(ctx, "before")
		}},
		{0.2, "rotation of the master key", r.rotate},
		{0.55, "new certificate", r.certificate},
		{0.6, "operator disabled and enabled", r.disable},
		{0.65, "backup with the new key, restored elsewhere", func(ctx context.Context) (string, error) {
			return r.backup(ctx, "after")
		}},
	} {
		due := r.begun.Add(time.Duration(step.at * float64(r.o.Duration)))
		if pause(ctx, time.Until(due)) != nil {
			return
		}
		begun := time.Now()
		text, err := step.do(ctx)
		if err != nil {
			r.fail(step.name, err)
			continue
		}
		r.say("%s, in %s: %s", step.name, time.Since(begun).Round(100*time.Millisecond), text)
	}
}

// backup makes one, restores it to another folder or database, and lets doctor check that.
func (r *run) backup(ctx context.Context, name string) (string, error) {
	site := *r.sites[0]
	file := filepath.Join(r.o.Folder, "backup-"+name)
	if r.o.Postgres != nil {
		if err := r.o.Postgres.Dump(ctx, databaseName, file); err != nil {
			return "", err
		}
		url, err := r.o.Postgres.Restore(ctx, "restored_"+name, file)
		if err != nil {
			return "", err
		}
		site.Database = url
	} else {
		if _, err := site.Run(ctx, "backup", file); err != nil {
			return "", err
		}
		site.Environ = append(slices.Clone(site.Environ), keySetting+filepath.Join(site.Folder,
			"master.key"))
		site.Folder = filepath.Join(r.o.Folder, "restored-"+name)
		if _, err := site.Run(ctx, "restore", file); err != nil {
			return "", err
		}
	}
	out, err := site.Run(ctx, "doctor")
	if err != nil {
		return "", err
	}
	return lastLine(out), nil
}

// rotate puts a new master key in place of the present one. Several servers are started again
// with it, one after the other.
func (r *run) rotate(ctx context.Context) (string, error) {
	if r.o.Postgres == nil {
		out, err := r.sites[0].Run(ctx, "key", "rotate")
		return lastLine(out), err
	}
	file := filepath.Join(r.o.Folder, "second.key")
	if _, err := r.sites[0].Run(ctx, "key", "rotate", "--new-key-file", file); err != nil {
		return "", err
	}
	for _, one := range r.places.list {
		if err := one.restart(ctx, append(without(one.site.Environ, keySetting),
			keySetting+file)); err != nil {
			return "", err
		}
	}
	out, err := r.sites[0].Run(ctx, "key", "finish")
	return lastLine(out), err
}

// without returns the settings but the one of a name.
func without(environ []string, name string) []string {
	return slices.DeleteFunc(slices.Clone(environ), func(s string) bool {
		return strings.HasPrefix(s,
			name)
	})
}

// certificate replaces the certificate, and waits until new connections see it.
func (r *run) certificate(ctx context.Context) (string, error) {
	if err := r.certificates.second.write(r.o.Folder); err != nil {
		return "", err
	}
	for _, one := range r.places.list {
		err := until(ctx, func() (bool, error) {
			return r.certificates.second.serves(ctx, one.process.Address, r.certificates.trust)
		})
		if err != nil {
			return "", fmt.Errorf("the new certificate: %w", err)
		}
	}
	r.caller.closeIdle()
	return "new connections see it", nil
}

// disable makes an operator, disables it while the servers run, and enables it again.
func (r *run) disable(ctx context.Context) (string, error) {
	t, err := r.admin.headers(ctx)
	if err != nil {
		return "", err
	}
	o := &operator{caller: r.caller, username: "ada", password: hex.EncodeToString(secret.NewMasterKey())}
	body := fmt.Sprintf(`{"username":%q,"password":%q,"role":"auditor","organizationId":"or-0"}`,
		o.username, o.password)
	if _, err := r.caller.do(ctx, ask{"POST", v1 + "/operators", body, []string{jsonType, t.native}, 201,
		""}); err != nil {
		return "", err
	}
	own, err := o.native(ctx, o.password, 200)
	if err != nil {
		return "", err
	}
	read := ask{"GET", v1 + "/organizations?count=1", "", []string{own}, 200, ""}
	if _, err := r.caller.do(ctx, read); err != nil {
		return "", err
	}
	if _, err := r.sites[0].Run(ctx, "operator", "disable", o.username); err != nil {
		return "", err
	}
	time.Sleep(time.Second) // the bound for all servers
	read.status = 401
	for range 4 {
		if _, err := r.caller.do(ctx, read); err != nil {
			return "", err
		}
	}
	if _, err := o.native(ctx, o.password, 401); err != nil {
		return "", err
	}
	if _, err := r.sites[0].Run(ctx, "operator", "enable", o.username); err != nil {
		return "", err
	}
	_, err = o.native(ctx, o.password, 200)
	return "its token was refused on every server", err
}

// until asks again and again, and gives up after a while.
func until(ctx context.Context, done func() (bool, error)) error {
	for begun := time.Now(); ; {
		ok, err := done()
		if ok || err != nil {
			return err
		}
		if time.Since(begun) > soon {
			return errors.New("not in " + soon.String())
		}
		if err := pause(ctx, 50*time.Millisecond); err != nil {
			return err
		}
	}
}

func lastLine(text string) string {
	lines := strings.Split(strings.TrimSpace(text), "\n")
	return strings.TrimSpace(lines[len(lines)-1])
}
