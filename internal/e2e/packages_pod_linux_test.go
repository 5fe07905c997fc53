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

// pod is the pod of the chart on SQLite, and its one container.
type pod struct {
	object
	container object
}

func chartPod(t *testing.T) pod {
	t.Helper()
	c := openChart(t)
	spec := object(c.objects(t, "-f", c.values("sqlite"))["StatefulSet gatehouse"].
		at("spec.template.spec").(map[string]any))
	return pod{spec, object(spec.at("containers.0").(map[string]any))}
}

// mounts returns commands that make the volumes of a pod in a folder, and mount them in the present one
// as its root. A volume belongs to root and to the group of the pod, which may write to it.
func (p pod) mounts(volumes string) string {
	out := fmt.Sprintf("pushd %s >/dev/null\nmkdir data tmp settings secrets\n"+
		"touch settings/gatehouse.toml\necho %s >secrets/master-key\nchgrp -R %v .\n"+
		"chmod 2775 data\nchmod 1777 tmp\nchmod 440 secrets/master-key\npopd >/dev/null\n",
		volumes, strings.Repeat("ab", 32), p.at("securityContext.fsGroup"))
	for _, m := range p.container.at("volumeMounts").([]any) {
		m := m.(map[string]any)
		out += fmt.Sprintf("mkdir -p .%[1]v\nmount --bind %[2]s/%[3]v .%[1]v\n", m["mountPath"], volumes, m["name"])
	}
	return out
}

// probes returns commands that ask what the kubelet asks, in a folder for complaints.
func (p pod) probes(t *testing.T) string {
	t.Helper()
	if got := fmt.Sprint(p.container.at("ports.1.name"), p.container.at("ports.1.containerPort")); got !=
		"internal9080" {
		t.Errorf("the second port is %s", got)
	}
	out := ""
	for _, name := range []string{"startupProbe", "livenessProbe", "readinessProbe"} {
		if port := p.container.at(name + ".httpGet.port"); port != "internal" {
			t.Errorf("%s asks the port %v", name, port)
		}
		out += fmt.Sprintf("curl -sSf --retry 100 --retry-delay 1 --retry-all-errors --retry-max-time 40 "+
			"http://127.0.0.1:9080%v >/dev/null 2>>errors;", p.container.at(name+".httpGet.path"))
	}
	return out
}

// runPod runs an unpacked image as the kubelet would run the chart's pod: with its arguments, variables,
// user and mounts, in a network of its own, where the three probes must succeed. It stops the server,
// and starts it again on the same volume.
func runPod(t *testing.T, bundle string) {
	lookFor(t, "ip")
	lookFor(t, "curl")
	p, volumes := chartPod(t), t.TempDir()
	var env []string
	for _, e := range p.container.at("env").([]any) {
		e := e.(map[string]any)
		env = append(env, fmt.Sprint(e["name"], "=", e["value"]))
	}
	user := p.at("securityContext.runAsUser")
	script := fmt.Sprintf(`set -eu
ip link set lo up
cd %s
mount --bind rootfs rootfs
cd rootfs
%s
mount -o remount,bind,ro .
for start in first second; do
	env -i PATH="$PATH" %s chroot --userspec=%v:%v --groups=%[5]v . /usr/bin/gatehouse "$@" >%[6]s/out 2>%[6]s/log &
	server=$!
	(cd %[6]s; %[7]s)
	curl -sSf -o /dev/null http://127.0.0.1:8080/v1/openapi.json
	[ "$(curl -s -o /dev/null -w '%%{http_code}' http://127.0.0.1:8080/metrics)" = 404 ]
	curl -sSf http://127.0.0.1:9080/metrics | grep -q gatehouse_build_info
	kill -TERM $server
	wait $server
done
stat -c '%%u %%a' %[6]s/data/data`, bundle, p.mounts(volumes), strings.Join(env, " "), user,
		p.at("securityContext.fsGroup"), volumes, p.probes(t))
	args := []string{"--mount", "--propagation", "private", "--net", "--pid", "--fork", "--kill-child",
		"/bin/bash", "-c", script, "bash"}
	for _, a := range p.container.at("args").([]any) {
		args = append(args, a.(string))
	}
	cmd := exec.Command("unshare", args...)
	cmd.Env = cleanEnv(nil)
	q := launch(t, cmd)
	code := q.wait(t, clientLimit)
	log, _ := os.ReadFile(filepath.Join(volumes, "log")) // without it, the code says that nothing started
	if code != 0 || q.stdout.String() != fmt.Sprintln(user, "2700") {
		t.Errorf("the pod ends with %d: %s%s", code, q.stdout.String(), log)
	}
	if strings.Contains(string(log), `"level":"WARN"`) {
		t.Errorf("the server of the pod warns: %s", log)
	}
}
