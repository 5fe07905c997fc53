// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"time"

	"github.com/spf13/cobra"

	"gatehouse/internal/output"
	"gatehouse/internal/profile"
)

// listedProfile is a line of profile list.
type listedProfile struct {
	ID        string     `json:"id"` // its name
	Current   bool       `json:"current"`
	Server    string     `json:"server"`
	Username  string     `json:"username"`
	LoggedIn  bool       `json:"loggedIn"`
	ExpiresAt *time.Time `json:"expiresAt,omitempty"`
}

func newProfile(o *Options) *cobra.Command {
	list := &cobra.Command{Use: "list", Short: "List the servers that you logged in to", Args: cobra.NoArgs}
	list.RunE = func(cmd *cobra.Command, _ []string) error { return o.listProfiles(cmd) }
	use := &cobra.Command{Use: "use NAME", Short: "Make a profile the current one", Args: cobra.ExactArgs(1),
		ValidArgsFunction: o.completeProfiles, RunE: o.withProfiles(profile.Folder.Use, "The profile %s is the "+
			"current one.")}
	remove := &cobra.Command{Use: "remove NAME", Short: "Forget a profile with its log-in, which ends by itself",
		Args: cobra.ExactArgs(1), ValidArgsFunction: o.completeProfiles,
		RunE: o.withProfiles(profile.Folder.Remove, "Removed the profile %s. Its log-in was not ended: it ends by "+
			"itself.")}
	return Group("profile", "Choose among the servers that you logged in to", list, use, remove)
}

// withProfiles makes the body of a command that does one thing with a profile.
func (o *Options) withProfiles(do func(profile.Folder, string) error, done string,
) func(*cobra.Command, []string) error {
	return func(cmd *cobra.Command, args []string) error {
		out, err := o.printer(cmd)
		if err != nil {
			return err
		}
		folder, err := o.folder()
		if err == nil {
			err = do(folder, args[0])
		}
		if err != nil {
			return err
		}
		return out.Done(nil, done, args[0])
	}
}

func (o *Options) listProfiles(cmd *cobra.Command) error {
	out, err := o.printer(cmd)
	if err != nil {
		return err
	}
	folder, err := o.folder()
	if err != nil {
		return err
	}
	names, err := folder.List()
	if err != nil {
		return err
	}
	current, err := folder.Current()
	if err != nil {
		return err
	}
	return output.List(out, []output.Column{{Title: "NAME", Path: "id"}, {Title: "CURRENT", Path: "current"},
		{Title: "SERVER", Path: "server", Least: 16}, {Title: "USERNAME", Path: "username", Least: 8},
		{Title: "LOGGED IN", Path: "loggedIn"}, {Title: "UNTIL", Path: "expiresAt", Dispensable: true}},
		func(yield func(listedProfile, error) bool) {
			for _, name := range names {
				p, err := folder.Get(name)
				l := listedProfile{ID: name, Current: name == current, Server: p.Server, Username: p.Username}
				if p.Token.Reveal() != "" {
					l.LoggedIn, l.ExpiresAt = time.Now().Before(p.ExpiresAt), &p.ExpiresAt
				}
				if !yield(l, err) {
					return
				}
			}
		})
}
