// SPDX-License-Identifier: Apache-2.0

package e2e

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// runPod runs an unpacked image as the kubelet would run the chart's pod: with its arguments, variables,
// user and mounts, in a network of its own, where the three probes must succeed. It stops it, and
// starts it again on the same volume.
func runPod(t *testing.T, bundle string) {
	lookFor(t, "ip")
	lookFor(t, "curl")
	c := openChart(t)
	pod := object(c.objects(t, "-f", c.values("sqlite"))["StatefulSet gatehouse"].
		at("spec.template.spec").(map[string]any))
	user, group := pod.at("securityContext.runAsUser"), pod.at("securityContext.fsGroup")
	container := object(pod.at("containers.0").(map[string]any))

	// A volume belongs to root and to the group of the pod, which may write to it.
	volumes := t.TempDir()
	prepare := fmt.Sprintf("set -eu\ncd %s\nmkdir data tmp settings secrets\n"+
		"touch settings/gatehouse.toml\necho %s >secrets/master-key\n"+
		"chgrp -R %v .\nchmod 2775 data\nchmod 1777 tmp\nchmod 440 secrets/master-key\n",
		volumes, strings.Repeat("ab", 32), group)
	mounts := fmt.Sprintf("cd %s\nmount --bind rootfs rootfs\ncd rootfs\n", bundle)
	for _, m := range container.at("volumeMounts").([]any) {
		m := m.(map[string]any)
		mounts += fmt.Sprintf("mkdir -p .%[1]v\nmount --bind %[2]s/%[3]v .%[1]v\n", m["mountPath"], volumes, m["name"])
	}
	var env []string
	for _, e := range container.at("env").([]any) {
		e := e.(map[string]any)
		env = append(env, fmt.Sprint(e["name"], "=", e["value"]))
	}
	probes := ""
	for _, name := range []string{"startupProbe", "livenessProbe", "readinessProbe"} {
		if container.at(name+".httpGet.port") != "internal" {
			t.Errorf("%s asks the port %v", name, container.at(name+".httpGet.port"))
		}
		probes += fmt.Sprintf("curl -sSf --retry 100 --retry-delay 1 --retry-all-errors --retry-max-time 40 "+
			"http://127.0.0.1:9080%v >/dev/null 2>>errors\n", container.at(name+".httpGet.path"))
	}
	if got := fmt.Sprint(container.at("ports.1.name"), container.at("ports.1.containerPort")); got != "internal9080" {
		t.Errorf("the second port is %s", got)
	}
	script := prepare + "ip link set lo up\n" + mounts + "mount -o remount,bind,ro .\n" + fmt.Sprintf(`
for start in first second; do
	env -i PATH="$PATH" %s chroot --userspec=%v:%v --groups=%[3]v . /usr/bin/gatehouse "$@" >%[4]s/out 2>%[4]s/log &
	server=$!
	(cd %[4]s; %[5]s)
	curl -sSf -o /dev/null http://127.0.0.1:8080/v1/openapi.json
	[ "$(curl -s -o /dev/null -w '%%{http_code}' http://127.0.0.1:8080/metrics)" = 404 ]
	curl -sSf http://127.0.0.1:9080/metrics | grep -q gatehouse_build_info
	kill -TERM $server
	wait $server
done
stat -c '%%u %%a' %[4]s/data/data
cat %[4]s/log >&2`, strings.Join(env, " "), user, group, volumes, strings.ReplaceAll(probes, "\n", ";"))
	args := []string{"--mount", "--propagation", "private", "--net", "--pid", "--fork", "--kill-child", "/bin/bash", "-c",
		script, "bash"}
	for _, a := range container.at("args").([]any) {
		args = append(args, a.(string))
	}
	cmd := exec.Command("unshare", args...)
	cmd.Env = cleanEnv(nil)
	p := launch(t, cmd)
	code := p.wait(t, clientLimit)
	log, _ := os.ReadFile(filepath.Join(volumes, "log"))
	if code != 0 || p.stdout.String() != fmt.Sprintln(user, "2700") {
		t.Errorf("the pod ends with %d: %s%s", code, p.stdout.String(), log)
	}
	if strings.Contains(string(log), `"level":"WARN"`) || strings.Contains(string(log), "level=WARN") {
		t.Errorf("the server of the pod warns: %s", log)
	}
}
