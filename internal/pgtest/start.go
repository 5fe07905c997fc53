// SPDX-License-Identifier: Apache-2.0

package pgtest

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

// start runs the server and returns when it accepts connections. The first start chooses
// the port, and another one if that is taken meanwhile. Later starts use the same port,
// because clients that were cut off know no other.
func (c *cluster) start() error {
	if c.server != nil {
		return errors.New("the server is running already")
	}
	var err error
	for range 10 {
		port := c.port
		if port == 0 {
			if port, err = freePort(); err != nil {
				return err
			}
		}
		var portTaken bool
		if portTaken, err = c.startOn(port); err == nil {
			c.port = port
			return nil
		}
		if !portTaken {
			return err
		}
		time.Sleep(100 * time.Millisecond)
	}
	return err
}

func (c *cluster) startOn(port int) (portTaken bool, err error) {
	log, err := os.Create(filepath.Join(c.dir, "log"))
	if err != nil {
		return false, err
	}
	defer log.Close() // the server has its own copy
	args := []string{"-D", c.data(), "-p", strconv.Itoa(port)}
	for _, o := range append([]string{
		"listen_addresses=127.0.0.1", "unix_socket_directories=", "max_connections=200",
		// If the machine fails, so do the tests, so nothing needs to be durable.
		"fsync=off", "full_page_writes=off",
		// Plans must not change in the middle of a test; one that wants statistics runs ANALYZE.
		"autovacuum=off",
	}, c.options...) {
		args = append(args, "-c", o)
	}
	cmd := c.command("postgres", args...)
	cmd.Stdout, cmd.Stderr = log, log
	if c.server, err = launch(cmd); err != nil {
		c.server = nil
		return false, fmt.Errorf("start postgres: %w", err)
	}
	if err = c.awaitReady(); err == nil {
		return false, nil
	}
	err = errors.Join(err, c.stop())
	text, _ := os.ReadFile(log.Name())
	return bytes.Contains(text, []byte("could not bind")), fmt.Errorf("%w; its log:\n%s", err, text)
}

// awaitReady reads the pid file of the server, as pg_ctl does. A connection would prove
// less: the port may belong to the server of another test.
func (c *cluster) awaitReady() error {
	deadline := time.Now().Add(startTimeout)
	for ; time.Now().Before(deadline); time.Sleep(10 * time.Millisecond) {
		if c.server.ended() {
			return errors.New("postgres ended while starting")
		}
		text, err := os.ReadFile(filepath.Join(c.data(), "postmaster.pid"))
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
		// The first line is the process id, the eighth the state.
		lines := strings.Split(string(text), "\n")
		if len(lines) > 7 && lines[0] == strconv.Itoa(c.server.proc.Pid) && strings.TrimSpace(lines[7]) == "ready" {
			return nil
		}
	}
	return fmt.Errorf("postgres was not ready within %s", startTimeout)
}

// freePort finds a port below the range from which the kernel serves outgoing
// connections, so that none of those takes it while the server is stopped.
func freePort() (int, error) {
	for range 100 {
		port := 20000 + rand.IntN(12000)
		l, err := net.Listen("tcp", net.JoinHostPort("127.0.0.1", strconv.Itoa(port)))
		if err == nil {
			return port, l.Close()
		}
	}
	return 0, errors.New("no free port found from 20000 to 31999")
}
