// SPDX-License-Identifier: Apache-2.0

package cli_test

import (
	"io"
	"path/filepath"
	"strings"
	"testing"

	"github.com/spf13/cobra"

	"gatehouse/internal/cli"
)

// An installer acts on the exit code: a file or a setting that is wrong is mended by a person, and
// running the command again does not help.
func TestWrongInputIsUsage(t *testing.T) {
	t.Parallel()
	home := "HOME=" + t.TempDir()
	server := "--server=http://127.0.0.1:1"
	state := "--state=" + filepath.Join(t.TempDir(), "state")
	for want, tt := range map[string]struct {
		environ []string
		args    string
	}{
		"one line":          {[]string{home}, "enroll --code-file - " + server + " " + state},
		"no such file":      {[]string{home}, "enroll --code-file /nonexistent " + server + " " + state},
		"access token":      {[]string{home}, "org list --token-file /nonexistent " + server},
		"no name of a prof": {[]string{home}, "org list --profile ../x"},
		"no home folder":    {nil, "org list"},
		"certificate":       {[]string{home}, "code verify --code-file - --ca-file /nonexistent " + server},
	} {
		root := &cobra.Command{Use: "gatehouse", SilenceErrors: true, SilenceUsage: true}
		cli.Add(root, tt.environ)
		root.SetArgs(strings.Fields(tt.args))
		root.SetIn(strings.NewReader(""))
		root.SetOut(io.Discard)
		root.SetErr(io.Discard)
		err := root.ExecuteContext(t.Context())
		if err == nil || !strings.Contains(err.Error(), want) || cli.ExitCode(err) != cli.ExitUsage {
			t.Errorf("%s: %v, exit code %d", tt.args, err, cli.ExitCode(err))
		}
	}
}
