// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"gatehouse/client"
	"gatehouse/internal/installation"
	"gatehouse/internal/profile"
	"gatehouse/internal/secret"
)

func newToken(o *Options) *cobra.Command {
	var state string
	var renew bool
	cmd := &cobra.Command{Use: "token",
		Short: "Write an access token of the client that this machine is enrolled as",
		Long: "Write an access token of the client that this machine is enrolled as: see gatehouse enroll.\n\nIt is " +
			"good for a minute at least. It is kept in the folder of the client and written again while it lives, so " +
			"run this command for each use.",
		Args:    cobra.NoArgs,
		Example: "  curl -H \"Authorization: Bearer $(gatehouse token)\" https://service.example.test/"}
	cmd.RunE = func(cmd *cobra.Command, _ []string) error { return o.installationToken(cmd, state, renew) }
	cmd.Flags().BoolVar(&renew, "renew", false, "get a new one, also if there is one that lives")
	o.addInstallationFlags(cmd, &state)
	return cmd
}

// accessToken is what token writes for programs.
type accessToken struct {
	AccessToken string    `json:"accessToken"`
	TokenType   string    `json:"tokenType"`
	ExpiresIn   int64     `json:"expiresIn"` // seconds
	ExpiresAt   time.Time `json:"expiresAt"`
}

// installationToken writes a token. It is what the command is for, so it is not hidden.
func (o *Options) installationToken(cmd *cobra.Command, state string, renew bool) error {
	o.showSecrets = true
	out, err := o.printer(cmd)
	if err != nil {
		return err
	}
	path, err := o.stateFolder(cmd, state)
	if err != nil {
		return err
	}
	connect := func(i installation.Installation, options ...client.Option) (*client.Client, error) {
		p := profile.Profile{Server: i.Server, CAFile: i.CAFile}
		if o.caFile != "" {
			p.CAFile = o.caFile
		}
		return connect(cmd, p, secret.Secret{}, options...)
	}
	t, err := installation.Token(cmd.Context(), path, connect, renew)
	if err != nil {
		return ofInstallation(err)
	}
	if out.Format.Table() {
		_, err := fmt.Fprintln(out.Out, t.Text)
		return err
	}
	return out.Show(accessToken{t.Text, "Bearer", int64(time.Until(t.ExpiresAt) / time.Second),
		t.ExpiresAt.UTC().Truncate(time.Second)})
}
