// SPDX-License-Identifier: Apache-2.0

package e2e

import (
	"crypto/ed25519"
	"errors"
	"io"
	"io/fs"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"golang.org/x/crypto/ssh"
	"golang.org/x/crypto/ssh/agent"
)

// openTofu returns the path of OpenTofu, and a configuration of it that takes the provider http from
// bin. make opentofu builds both.
func openTofu(t *testing.T) (path, config string) {
	t.Helper()
	bin := filepath.Join(moduleRoot(t), "bin")
	for _, name := range []string{"tofu", "terraform-provider-http"} {
		if _, err := os.Stat(filepath.Join(bin, name)); err != nil {
			missing(t, "make opentofu builds what is missing: ", err)
		}
	}
	config = filepath.Join(t.TempDir(), "tofurc")
	text := "provider_installation {\n  dev_overrides {\n    \"hashicorp/http\" = " + strconv.Quote(bin) + "\n  }\n}\n"
	if err := os.WriteFile(config, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return filepath.Join(bin, "tofu"), config
}

// files returns the files beneath a folder that contain a text.
func files(t testing.TB, dir, text string) (found []string) {
	t.Helper()
	err := filepath.WalkDir(dir, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || !entry.Type().IsRegular() {
			return err
		}
		content, err := os.ReadFile(path)
		if strings.Contains(string(content), text) {
			found = append(found, strings.TrimPrefix(path, dir+"/"))
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return found
}

// TestOpenTofuPage runs what docs/automation.md says of Terraform.
func TestOpenTofuPage(t *testing.T) {
	t.Parallel()
	tofu, config := openTofu(t)
	a := openAutomation(t)
	a.tofu, a.env = tofu, a.env.with("TF_CLI_CONFIG_FILE", config)
	if out := a.ok("tofu-wrong"); !strings.Contains(out, "Apply complete! Resources: 0 added") {
		t.Errorf("the wrong way: %s", out)
	}
	a.env = a.env.with("TF_LOG", "trace").with("TF_LOG_PATH", filepath.Join(a.dir, "right", "trace.log"))
	if out := a.ok("tofu-right"); !strings.Contains(out, "1 added") || !strings.Contains(out, "0 added") {
		t.Errorf("the right way: %s", out)
	}
	if n := a.codes("spring"); n != 1 {
		t.Errorf("there are %d codes", n)
	}
	code := a.u.secret(filepath.Join(a.dir, "right", "gatehouse-code"))
	token := strings.Trim(a.u.secrets[len(a.u.secrets)-2], "\n")
	if got := files(t, filepath.Join(a.dir, "right"), code); len(got) != 1 || got[0] != "gatehouse-code" {
		t.Errorf("the code is in %q", got)
	}
	if got := files(t, filepath.Join(a.dir, "right"), token); len(got) != 0 {
		t.Errorf("the access token is in %q", got)
	}
	if _, err := os.Stat(filepath.Join(a.dir, "right", "trace.log")); err != nil {
		t.Error(err)
	}
}

// TestInstallerOpenTofu applies the text for Terraform to this machine, over SSH.
func TestInstallerOpenTofu(t *testing.T) {
	t.Parallel()
	if os.Geteuid() != 0 {
		t.Skip("the text makes a folder in /run")
	}
	tofu, config := openTofu(t)
	lookFor(t, "scp")
	f := newFleet(t)
	m := f.machine()
	f.text(m, "terraform")
	if err := os.Rename(filepath.Join(m.dir, "terraform"), filepath.Join(m.dir, "main.tf")); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.Remove("/run/gatehouse-enrol") }) // the text leaves it, empty
	server := serveSSH(t, m)
	trace := filepath.Join(m.dir, "trace.log")
	apply := func(want int, hostKey string) string {
		cmd := m.command(tofu, "apply", "-auto-approve", "-no-color")
		cmd.Env = append(cmd.Env, "TF_CLI_CONFIG_FILE="+config, "SSH_AUTH_SOCK="+server.agent, "TF_LOG=trace",
			"TF_LOG_PATH="+trace, "TF_VAR_gatehouse_machine=127.0.0.1", "TF_VAR_gatehouse_host_key="+hostKey,
			"TF_VAR_gatehouse_ssh_port="+server.port)
		return f.ends(want, cmd)
	}
	if out := apply(0, server.hostKey); !strings.Contains(out, "1 added") ||
		!strings.Contains(out, "Checking Host Key: true") {
		t.Errorf("OpenTofu says %s", out)
	}
	f.enrolled(1)
	gone(t, "/run/gatehouse-enrol/code")
	if got := files(t, m.dir, f.code); len(got) != 1 || got[0] != "the code" {
		t.Errorf("the code is in %q", got)
	}
	if got := files(t, m.dir, "gatehouse_client"); len(got) != 3 { // the text, the state and the trace
		t.Errorf("these files were looked at: %q", got)
	}
}

// sshServer is where OpenTofu finds a machine, and the socket of an agent with the key to it.
type sshServer struct{ port, hostKey, agent string }

// serveSSH runs commands as sshd does, until the test ends.
func serveSSH(t *testing.T, m machine) sshServer {
	t.Helper()
	host, user := newSigner(t), ed25519.NewKeyFromSeed([]byte(strings.Repeat("u", ed25519.SeedSize)))
	own := string(must(ssh.NewPublicKey(user.Public()))(t).Marshal())
	config := &ssh.ServerConfig{}
	config.PublicKeyCallback = func(_ ssh.ConnMetadata, key ssh.PublicKey) (*ssh.Permissions, error) {
		if string(key.Marshal()) != own {
			return nil, errors.New("it is another key")
		}
		return &ssh.Permissions{}, nil
	}
	config.AddHostKey(host)
	keyring := agent.NewKeyring()
	if err := keyring.Add(agent.AddedKey{PrivateKey: user}); err != nil {
		t.Fatal(err)
	}
	socket := filepath.Join(t.TempDir(), "agent")
	accept(t, must(net.Listen("unix", socket))(t), func(c net.Conn) { _ = agent.ServeAgent(keyring, c) })
	l := must(net.Listen("tcp", "127.0.0.1:0"))(t)
	accept(t, l, func(c net.Conn) {
		_, channels, requests, err := ssh.NewServerConn(c, config)
		if err != nil {
			return // the client hung up, or has another key
		}
		go ssh.DiscardRequests(requests)
		for channel := range channels {
			if ch, requests, err := channel.Accept(); err == nil {
				go runSession(ch, requests, m)
			}
		}
	})
	_, port, _ := net.SplitHostPort(l.Addr().String())
	return sshServer{port, strings.TrimSpace(string(ssh.MarshalAuthorizedKey(host.PublicKey()))), socket}
}

func newSigner(t testing.TB) ssh.Signer {
	t.Helper()
	_, key, err := ed25519.GenerateKey(nil)
	if err != nil {
		t.Fatal(err)
	}
	return must(ssh.NewSignerFromKey(key))(t)
}

// accept serves the connections of a listener until the test ends.
func accept(t testing.TB, l net.Listener, serve func(net.Conn)) {
	t.Helper()
	t.Cleanup(func() { _ = l.Close() })
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			go serve(c)
		}
	}()
}

// runSession runs the one command of a session on the machine.
func runSession(ch ssh.Channel, requests <-chan *ssh.Request, m machine) {
	for r := range requests {
		if r.Type != "exec" {
			_ = r.Reply(r.Type == "pty-req", nil) // there is none, but OpenTofu insists
			continue
		}
		_ = r.Reply(true, nil)
		var line struct{ Command string }
		var status struct{ Status uint32 }
		if err := ssh.Unmarshal(r.Payload, &line); err != nil {
			return
		}
		cmd := m.command("sh", "-c", line.Command)
		in, _ := cmd.StdinPipe()
		cmd.Stdout, cmd.Stderr = ch, ch.Stderr()
		go func() { _, _ = io.Copy(in, ch); _ = in.Close() }()
		if err := cmd.Run(); err != nil {
			status.Status = 1
			if ended, ok := err.(*exec.ExitError); ok {
				status.Status = uint32(ended.ExitCode())
			}
		}
		_, _ = ch.SendRequest("exit-status", false, ssh.Marshal(status))
		_ = ch.Close()
	}
}
