// SPDX-License-Identifier: Apache-2.0

package pgtest

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
)

// cluster is one server with its folder. After a stop it may be started again, with the
// same data and the same port. It is not safe for concurrent use.
type cluster struct {
	bin, dir string
	owner    *owner
	options  []string // further -c settings
	port     int      // zero until the first start
	server   *process // nil when stopped
}

// newCluster creates the folder, fills it and starts the server. The folder is in parent
// unless that is empty. On an error newCluster removes everything.
func newCluster(bin, parent string, options ...string) (*cluster, error) {
	o, err := newOwner()
	if err != nil {
		return nil, err
	}
	dir, err := newFolder(o, parent)
	if err != nil {
		return nil, err
	}
	c := &cluster{bin: bin, dir: dir, owner: o, options: options}
	if err := c.init(); err != nil {
		return nil, errors.Join(err, c.remove())
	}
	if err := c.start(); err != nil {
		return nil, errors.Join(err, c.remove())
	}
	return c, nil
}

// init fills the folder with an empty cluster. C.UTF-8 sorts by code point and knows
// letters. If the system lacks it, C sorts the same way.
func (c *cluster) init() error {
	var errs []error
	for _, locale := range []string{"C.UTF-8", "C"} {
		cmd := c.command("initdb", "-D", c.data(), "-A", "trust", "-U", "gatehouse", "--no-sync",
			"--encoding=UTF8", "--locale="+locale)
		var out bytes.Buffer
		cmd.Stdout, cmd.Stderr = &out, &out
		p, err := launch(cmd)
		if err != nil {
			return fmt.Errorf("start initdb: %w", err)
		}
		<-p.done
		if cmd.ProcessState.Success() {
			return nil
		}
		errs = append(errs, fmt.Errorf("initdb with locale %s: %s\n%s", locale, cmd.ProcessState, out.Bytes()))
	}
	return errors.Join(errs...)
}

// stop ends the server but not the folder. It may run twice.
func (c *cluster) stop() error {
	if c.server == nil {
		return nil
	}
	err := c.server.stop()
	if c.server.ended() {
		c.server = nil
	}
	return err
}

// remove stops the server and deletes the folder.
func (c *cluster) remove() error { return errors.Join(c.stop(), os.RemoveAll(c.dir)) }

func (c *cluster) data() string { return filepath.Join(c.dir, "data") }

func (c *cluster) url(database string) string {
	return fmt.Sprintf("postgres://gatehouse@127.0.0.1:%d/%s?sslmode=disable", c.port, database)
}

// command prepares a program of the server. It runs in a folder that its account may
// enter, because the current one may be closed to it.
func (c *cluster) command(name string, args ...string) *exec.Cmd {
	cmd := exec.Command(filepath.Join(c.bin, name), args...)
	cmd.Dir, cmd.Env, cmd.SysProcAttr = c.dir, toolEnv(), attributes(c.owner)
	return cmd
}
