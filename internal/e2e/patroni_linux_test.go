// SPDX-License-Identifier: Apache-2.0

package e2e

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"gatehouse/internal/pgtest"
)

// patroni is a cluster of PostgreSQL servers that Patroni looks after, with etcd.
type patroni struct {
	t     *testing.T
	dir   string
	attr  *syscall.SysProcAttr
	nodes []*patroniNode
}

// patroniNode is one server with its Patroni.
type patroniNode struct {
	name, data, config string
	port, rest         int
	process            *process
}

// startPatroni starts a cluster of three: when one is lost, there still is a synchronous standby.
func startPatroni(t *testing.T) *patroni {
	t.Helper()
	etcd, ctl := lookFor(t, "etcd"), lookFor(t, "patroni")
	c := &patroni{t: t}
	c.dir, c.attr = pgtest.Account(t)
	c.attr.Setpgid = true
	client, peer := freePort(t), freePort(t)
	url, peers := fmt.Sprint("http://127.0.0.1:", client), fmt.Sprint("http://127.0.0.1:", peer)
	c.launch(etcd, "--data-dir", filepath.Join(c.dir, "etcd"), "--listen-client-urls", url,
		"--advertise-client-urls", url, "--listen-peer-urls", peers, "--initial-advertise-peer-urls", peers,
		"--initial-cluster", "default="+peers, "--enable-v2=true", "--log-level", "error")
	for i := range 3 {
		n := &patroniNode{name: fmt.Sprint("node", i+1), port: freePort(t), rest: freePort(t)}
		n.data, n.config = filepath.Join(c.dir, n.name), filepath.Join(c.dir, n.name+".yml")
		if err := os.WriteFile(n.config, []byte(n.settings(t, c.dir, client)), 0o644); err != nil {
			t.Fatal(err)
		}
		c.nodes = append(c.nodes, n)
		n.process = c.launch(ctl, n.config)
		t.Cleanup(func() { c.kill(n) }) // before Patroni alone is
		if i == 0 {
			within(t, startLimit, "there is a leader", func() bool { return c.leader() != nil })
		}
	}
	c.awaitSynchronous()
	return c
}

// settings has those of docs/postgresql.md, with shorter times. With etcd3, Patroni 3.0.2 lets a leader
// that hung take its place back from another one that was promoted meanwhile.
func (n *patroniNode) settings(t *testing.T, dir string, etcd int) string {
	t.Helper()
	shorter := strings.NewReplacer("ttl: 30", "ttl: 6", "wait: 10", "wait: 1", "timeout: 10", "timeout: 2")
	return fmt.Sprintf(`
scope: gatehouse
name: %[1]s
restapi: {listen: "127.0.0.1:%[2]d", connect_address: "127.0.0.1:%[2]d"}
etcd: {host: "127.0.0.1:%[3]d"}
bootstrap:
  dcs:
%[8]s        max_wal_size: 128MB
        fsync: "off"
        wal_log_hints: "on"
  initdb: [{encoding: UTF8}, {locale: C}, no-sync]
postgresql:
  listen: 127.0.0.1:%[4]d
  connect_address: 127.0.0.1:%[4]d
  data_dir: %[5]s
  bin_dir: %[6]s
  authentication:
    superuser: {username: gatehouse}
    replication: {username: gatehouse}
  pg_hba: ["host all all 127.0.0.1/32 trust", "host replication all 127.0.0.1/32 trust"]
  basebackup: {checkpoint: fast, no-sync: }
  parameters: {unix_socket_directories: "%[7]s"}
`, n.name, n.rest, etcd, n.port, n.data, filepath.Dir(pgtest.Tool(t, "postgres")), dir,
		shorter.Replace(blocksOf(t, "yaml")[0]))
}

func (c *patroni) launch(name string, args ...string) *process {
	c.t.Helper()
	cmd := exec.Command(name, args...)
	cmd.Dir, cmd.Env = c.dir, cleanEnv(settings{"HOME": c.dir})
	attr := *c.attr
	return launchWith(c.t, cmd, &attr)
}

// members returns the roles of the nodes, as Patroni calls them, asked of any that answers.
func (c *patroni) members() map[string]string {
	client := &http.Client{Timeout: time.Second}
	for _, n := range c.nodes {
		res, err := client.Get(fmt.Sprintf("http://127.0.0.1:%d/cluster", n.rest))
		if err != nil {
			continue
		}
		body, err := io.ReadAll(res.Body)
		_ = res.Body.Close()
		var answer struct {
			Members []struct{ Name, Role, State string }
		}
		if err != nil || json.Unmarshal(body, &answer) != nil {
			continue
		}
		roles := map[string]string{}
		for _, m := range answer.Members {
			if m.State == "running" || m.State == "streaming" {
				roles[m.Name] = m.Role
			}
		}
		return roles
	}
	return nil
}

// with returns a node with a role, and nil if there is none.
func (c *patroni) with(role string) *patroniNode {
	roles := c.members()
	for _, n := range c.nodes {
		if roles[n.name] == role {
			return n
		}
	}
	return nil
}

func (c *patroni) leader() *patroniNode { return c.with("leader") }

// awaitSynchronous waits for a leader, a synchronous standby and a third one.
func (c *patroni) awaitSynchronous() {
	c.t.Helper()
	within(c.t, startLimit, "all nodes are there", func() bool {
		return len(c.members()) == len(c.nodes) && c.leader() != nil && c.with("sync_standby") != nil
	})
}

// awaitOther waits for another leader.
func (c *patroni) awaitOther(than *patroniNode) {
	c.t.Helper()
	within(c.t, startLimit, "there is another leader", func() bool {
		now := c.leader()
		return now != nil && now != than
	})
}

// processes returns those of a node: Patroni, and PostgreSQL with its children.
func (c *patroni) processes(n *patroniNode) (pids []int) {
	pids = append(pids, n.process.cmd.Process.Pid)
	content, err := os.ReadFile(filepath.Join(n.data, "postmaster.pid"))
	if err != nil {
		return pids
	}
	first, _, _ := strings.Cut(string(content), "\n")
	postmaster, err := strconv.Atoi(first)
	if err != nil {
		return pids
	}
	command, err := os.ReadFile("/proc/" + first + "/cmdline")
	if err != nil || !strings.Contains(string(command), n.data) { // of a server that was killed
		return pids
	}
	children, err := pgtest.Children(postmaster)
	if err != nil {
		c.t.Error(err)
	}
	return append(append(pids, postmaster), children...)
}

func (c *patroni) signal(n *patroniNode, sig syscall.Signal) {
	for _, pid := range c.processes(n) {
		_ = syscall.Kill(pid, sig) // one may just have ended
	}
}

// kill ends all processes of a node, as a machine does that loses its power.
func (c *patroni) kill(n *patroniNode) {
	if n.process.ended() {
		return // with its PostgreSQL: nothing else ends it
	}
	c.signal(n, syscall.SIGSTOP)
	c.signal(n, syscall.SIGKILL)
	<-n.process.done
}

// TestPatroni lets Patroni change the leader under load: as asked, when the leader hangs, and when it
// is lost.
func TestPatroni(t *testing.T) {
	t.Parallel()
	c := startPatroni(t)
	var hosts []string
	for _, n := range c.nodes {
		hosts = append(hosts, fmt.Sprint("127.0.0.1:", n.port))
	}
	s := postgresSite(t, "postgres://gatehouse@"+strings.Join(hosts, ",")+"/postgres?sslmode=disable")
	s.url = ""
	l := newLedger(t, s, 4)
	l.run()
	l.awaitDecided(40, time.Now())

	former, next := c.leader(), c.with("sync_standby")
	began := time.Now()
	runTool(t, lookFor(t, "patronictl"), "-c", former.config, "switchover", "gatehouse", "--master", former.name,
		"--candidate", next.name, "--force")
	c.awaitOther(former)
	c.told("switchover", began, l)
	c.awaitSynchronous()

	former = c.leader()
	began = time.Now()
	c.signal(former, syscall.SIGSTOP)
	c.awaitOther(former)
	c.told("a leader that hangs", began, l)
	c.signal(former, syscall.SIGCONT)
	l.awaitDecided(40, time.Now())
	c.awaitSynchronous()

	former = c.leader()
	began = time.Now()
	c.kill(former)
	c.awaitOther(former)
	c.told("a leader that is lost", began, l)
	l.halt()
	l.url = fmt.Sprintf("postgres://gatehouse@127.0.0.1:%d/postgres?sslmode=disable", c.leader().port)
	l.check()
}

// told waits until requests are decided again, now that there is another leader, and logs how long all
// took.
func (c *patroni) told(what string, began time.Time, l *ledger) {
	c.t.Helper()
	another := time.Now()
	first := l.awaitDecided(40, another)
	c.t.Logf("%s: Patroni tells of another leader after %s, and a change is acknowledged after %s", what,
		another.Sub(began).Round(time.Millisecond), first.Sub(began).Round(time.Millisecond))
}

// blocksOf returns the blocks of docs/postgresql.md in a language.
func blocksOf(t *testing.T, language string) (blocks []string) {
	t.Helper()
	page := string(must(os.ReadFile("../../docs/postgresql.md"))(t))
	for _, rest := range strings.Split(page, "```"+language+"\n")[1:] {
		block, _, _ := strings.Cut(rest, "```")
		blocks = append(blocks, block)
	}
	return blocks
}
