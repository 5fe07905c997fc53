// SPDX-License-Identifier: Apache-2.0

package e2e

import (
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
)

// checkImage holds the image against the schemas of OCI, lets skopeo and umoci unpack it as container
// runtimes do, and runs it as they do.
func checkImage(t *testing.T, r release) {
	skopeo, umoci := lookFor(t, "skopeo"), lookFor(t, "umoci")
	archive := "oci-archive:" + r.file(t, "gatehouse-image.tar")
	if out := runTool(t, builtTool(t, "gatehouse-imagecheck", "package-tools"),
		r.file(t, "gatehouse-image.tar")); out != "10 files are right\n" { // one layer is in both images
		t.Errorf("the image: %s", out)
	}
	for _, arch := range []string{"amd64", "arm64"} {
		var seen struct {
			Architecture, OS string
			Labels           map[string]string
			Layers           []string
		}
		out := runTool(t, skopeo, "inspect", "--override-arch", arch, archive)
		if err := json.Unmarshal([]byte(out), &seen); err != nil {
			t.Fatal(err)
		}
		if seen.Architecture != arch || seen.OS != "linux" || len(seen.Layers) != 2 ||
			seen.Labels["org.opencontainers.image.licenses"] != "Apache-2.0" {
			t.Errorf("skopeo reads the image of %s as %+v", arch, seen)
		}
	}
	dir := t.TempDir()
	for _, arch := range []string{"arm64", "amd64"} {
		runTool(t, skopeo, "copy", "--quiet", "--insecure-policy", "--override-arch", arch, archive,
			"oci:"+dir+"/oci:"+arch)
	}
	needRoot(t)
	for _, arch := range []string{"arm64", "amd64"} {
		runTool(t, umoci, "unpack", "--image", dir+"/oci:"+arch, filepath.Join(dir, arch))
		program := filepath.Join(dir, arch, "rootfs/usr/bin/gatehouse")
		sum := strings.Fields(runTool(t, "sha256sum", program, r.file(t, "gatehouse-linux-"+arch)))
		if sum[0] != sum[2] {
			t.Errorf("the image of %s has another program", arch)
		}
	}
	runImage(t, filepath.Join(dir, "amd64"))
	runPod(t, filepath.Join(dir, "amd64"))
}

// runImage runs an unpacked image as its configuration says, with a root that is read-only, a volume
// at its data folder and a tmpfs at /tmp.
func runImage(t *testing.T, bundle string) {
	var config struct {
		Process struct {
			User struct{ UID, GID int }
			Args []string
			Env  []string
			Cwd  string
		}
	}
	if err := json.Unmarshal(must(os.ReadFile(filepath.Join(bundle, "config.json")))(t), &config); err != nil {
		t.Fatal(err)
	}
	process := config.Process
	if process.User.UID != 65532 || process.User.GID != 65532 ||
		!slices.Equal(process.Args, []string{"/usr/bin/gatehouse", "serve"}) {
		t.Errorf("the image runs %+v", process)
	}
	volume := t.TempDir()
	if err := os.Chown(volume, process.User.UID, process.User.GID); err != nil {
		t.Fatal(err)
	}
	script := fmt.Sprintf(`set -eu
cd %s
mount --bind rootfs rootfs
mount -o remount,bind,ro rootfs
mount --bind %s rootfs%s
mount -t tmpfs -o nosuid,nodev,noexec tmpfs rootfs/tmp
touch rootfs/file 2>/dev/null && exit 70
exec chroot --userspec=%d:%d rootfs "$@"`, bundle, volume, process.Cwd, process.User.UID, process.User.GID)
	run := func(args ...string) *exec.Cmd {
		cmd := exec.Command("unshare", append([]string{"--mount", "--propagation", "private", "--pid", "--fork",
			"--kill-child", "/bin/bash", "-c", script, "bash"}, args...)...)
		cmd.Env = append(slices.Clone(process.Env), "GATEHOUSE_LISTEN=127.0.0.1:0", "PATH="+os.Getenv("PATH"))
		return cmd
	}
	p := launch(t, run(process.Args...))
	p.await(t, startLimit) // until /readyz says yes
	c := newClient(t, p.url)
	c.organization(ccadmin, c.token(ccadmin, "admin", p.firstPassword()), "Orchard Ltd")
	if got := c.get("/livez").status; got != 200 {
		t.Errorf("/livez is %d", got)
	}
	if err := syscall.Kill(-p.cmd.Process.Pid, syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	if code := p.wait(t, startLimit); code != 0 {
		t.Errorf("the server ends with %d", code)
	}
	// The volume alone brings it back, for commands, too.
	if out, err := run("/usr/bin/gatehouse", "doctor").CombinedOutput(); err != nil {
		t.Errorf("doctor: %v %s", err, out)
	}
	authorities := string(must(os.ReadFile(filepath.Join(bundle, "rootfs/etc/ssl/certs/ca-certificates.crt")))(t))
	if n := strings.Count(authorities, "BEGIN CERTIFICATE"); n < 50 {
		t.Errorf("the image has %d certificates of authorities", n)
	}
	for _, shell := range []string{"bin/sh", "usr/bin/sh"} {
		if _, err := os.Lstat(filepath.Join(bundle, "rootfs", shell)); err == nil {
			t.Error("the image has a shell")
		}
	}
}
