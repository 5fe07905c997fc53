// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"errors"
	"fmt"
	"net/url"
	"path/filepath"
	"time"

	"github.com/spf13/cobra"

	"gatehouse/apitype"
	"gatehouse/client"
	"gatehouse/internal/profile"
	"gatehouse/internal/secret"
)

func addLogin(root *cobra.Command, environ []string) {
	for _, make := range []func(*Options) *cobra.Command{newLogin, newLogout, newWhoami, newProfile} {
		o := NewOptions(environ)
		cmd := make(o)
		o.AddFlags(cmd)
		root.AddCommand(cmd)
	}
}

// longestLogin is the longest that any server allows; each has its own limit.
const longestLogin = 720 * time.Hour

// loginFlags are the choices of a log-in.
type loginFlags struct {
	username, passwordFile string
	totp, recovery         bool
	lifetime               time.Duration
}

func newLogin(o *Options) *cobra.Command {
	var flags loginFlags
	cmd := &cobra.Command{Use: "login", Short: "Log in to a server, and remember it as a profile",
		Args: cobra.NoArgs, Example: "  gatehouse login --server https://gatehouse.example.test --username ann"}
	cmd.RunE = func(cmd *cobra.Command, _ []string) error { return o.login(cmd, flags) }
	f := cmd.Flags()
	f.StringVar(&flags.username, "username", "", "`name` of the operator; without it, that of the last log-in, "+
		"or it is asked for")
	f.StringVar(&flags.passwordFile, "password-file", "", "`file` with the password (-: standard input); "+
		"without it, it is asked for")
	f.BoolVar(&flags.totp, "totp", false, "ask for a one-time code at once; without it, on a terminal, when "+
		"the server refuses the password alone")
	f.BoolVar(&flags.recovery, "recovery-code", false, "ask for a recovery code in place of a one-time code")
	cmd.MarkFlagsMutuallyExclusive("totp", "recovery-code")
	f.DurationVar(&flags.lifetime, "lifetime", longestLogin, "how long the log-in lasts at most; the server "+
		"may "+
		"allow less")
	return cmd
}

// login asks for what it needs, logs in, and makes the profile the current one.
func (o *Options) login(cmd *cobra.Command, flags loginFlags) error {
	out, err := o.printer(cmd)
	if err != nil {
		return err
	}
	folder, err := o.folder()
	if err != nil {
		return err
	}
	p, err := o.loginProfile(cmd, folder)
	if err != nil {
		return err
	}
	c, err := connect(cmd, p, secret.Secret{})
	if err != nil {
		return err
	}
	s := &session{Client: c, ctx: cmd.Context(), cmd: cmd, profile: p, out: out, ask: asker(cmd)}
	token, username, err := s.login(flags)
	if err != nil {
		return err
	}
	p.SecondFactor = s.profile.SecondFactor
	p.Server, p.Username, p.Token = c.Server(), username, secret.Of(token.AccessToken)
	p.ExpiresAt = time.Now().Add(time.Duration(token.ExpiresIn) * time.Second).UTC().Truncate(time.Second)
	if err := errors.Join(folder.Put(p), folder.Use(p.Name)); err != nil {
		return fmt.Errorf("keep the log-in: %w", err)
	}
	return out.Done(identityOf(p, apitype.Operator{Username: username}),
		"Logged in to %s as %s until %s. The profile %s is the current one.", p.Server, username,
		p.ExpiresAt.Format(time.RFC3339), p.Name)
}

// loginProfile returns the profile that a log-in makes or renews.
func (o *Options) loginProfile(cmd *cobra.Command, folder profile.Folder) (profile.Profile, error) {
	server, hasServer, err := o.choice(cmd, "server", o.server, envServer)
	if err != nil {
		return profile.Profile{}, err
	}
	name, hasName, err := o.choice(cmd, "profile", o.profile, envProfile)
	if err != nil {
		return profile.Profile{}, err
	}
	var p profile.Profile
	switch {
	case hasServer && hasName: // a profile is made, or another server put into it
		if !profile.ValidName(name) {
			return profile.Profile{}, Usage("%q is no name of a profile: use lower-case letters, digits, dots, "+
				"hyphens and underscores", name)
		}
		p, err = folder.Get(name)
		if errors.Is(err, profile.ErrMissing) {
			p, err = profile.Profile{Name: name}, nil
		}
		if c, bad := client.New(server); bad != nil {
			err = Usage("%w", bad)
		} else if p.Server != c.Server() { // nothing of another server is meant for this one
			p = profile.Profile{Name: name, Server: c.Server()}
		}
	case hasServer:
		if p, err = o.ofServer(server, folder); err == nil && p.Name == "" {
			p.Name, err = newName(folder, p.Server)
		}
	default:
		p, err = o.whichServer(cmd, folder)
	}
	if err == nil && cmd.Flags().Changed("ca-file") {
		p.CAFile, err = filepath.Abs(o.caFile) // the next command may run in another folder
	}
	return p, err
}

// newName returns a free name for the profile of a server.
func newName(folder profile.Folder, server string) (string, error) {
	u, err := url.Parse(server)
	if err != nil {
		return "", err
	}
	base := profile.NameFor(u.Host)
	for n := 1; ; n++ {
		name := base
		if n > 1 {
			name = fmt.Sprintf("%.60s-%d", base, n)
		}
		if _, err := folder.Get(name); errors.Is(err, profile.ErrMissing) {
			return name, nil
		}
	}
}

// login asks for the username and the password, and for a second factor if the server wants one.
func (s *session) login(flags loginFlags) (token apitype.AccessToken, username string, err error) {
	if username = flags.username; username == "" {
		username = s.profile.Username
	}
	if username == "" && flags.passwordFile == "-" {
		return token, "", Usage("give --username: the standard input has the password")
	}
	if username == "" {
		if username, err = s.ask.Line("Username: "); err != nil {
			return token, "", err
		}
	}
	body, err := s.credentials(username, flags)
	if err != nil {
		return token, "", err
	}
	token, err = s.Login(s.ctx, body)
	// The server does not tell a wrong password from a missing one-time code.
	refused := client.CodeOf(err) == client.CodeInvalidCredentials
	if refused && body.TOTP == "" && body.RecoveryCode == "" && s.ask.Interactive() {
		body.TOTP, err = s.ask.Line("The server refused this. If " + username + " has a second factor, type its " +
			"one-time code (Enter: none): ")
		if err == nil && body.TOTP == "" {
			err = errors.New("the username or the password is wrong")
		}
		if err != nil {
			return token, "", WithExit(ExitNotPermitted, err)
		}
		token, err = s.Login(s.ctx, body)
	}
	s.profile.SecondFactor = err == nil && body.TOTP != ""
	return token, username, err
}

// credentials asks for the password, and for a second factor where that is known to be wanted.
func (s *session) credentials(username string, flags loginFlags) (body apitype.Login, err error) {
	body.Username = username
	var password secret.Secret
	if flags.passwordFile != "" {
		password, err = readSecret(s.cmd, flags.passwordFile, "the password")
	} else {
		password, err = s.ask.Secret("Password of " + username + ": ")
	}
	if err != nil {
		return body, err
	}
	body.Password = password.Reveal()
	life := flags.lifetime.String()
	body.Lifetime = &life
	switch {
	case flags.recovery:
		var code secret.Secret
		code, err = s.ask.Secret("Recovery code: ")
		body.RecoveryCode = code.Reveal()
	case flags.totp, s.profile.SecondFactor && s.profile.Username == username && s.ask.Interactive():
		body.TOTP, err = s.ask.Line("One-time code: ")
	}
	return body, err
}

func newLogout(o *Options) *cobra.Command {
	return &cobra.Command{Use: "logout", Short: "End the log-in of a profile; the profile stays",
		Args: cobra.NoArgs,
		RunE: o.run(func(s *session, _ []string) error {
			err := s.Logout(s.ctx)
			if errors.Is(err, client.ErrUnauthenticated) { // it has ended already
				err = nil
			}
			if err != nil {
				return fmt.Errorf("the log-in has not ended: %w", err)
			}
			p := s.profile
			if p.Name != "" && !s.cmd.Flags().Changed("token-file") {
				p.Token, p.ExpiresAt = secret.Secret{}, time.Time{}
				if err := s.folder.Put(p); err != nil {
					return err
				}
			}
			return s.out.Done(nil, "Logged out of %s.", p.Server)
		})}
}

// identity is the answer of whoami.
type identity struct {
	Username       string     `json:"username"`
	ID             string     `json:"id,omitempty"`
	Role           string     `json:"role,omitempty"`
	OrganizationID string     `json:"organizationId,omitempty"`
	Server         string     `json:"server"`
	Profile        string     `json:"profile,omitempty"`
	ExpiresAt      *time.Time `json:"expiresAt,omitempty"`
}

func identityOf(p profile.Profile, o apitype.Operator) identity {
	i := identity{o.Username, o.ID, o.Role, o.OrganizationID, p.Server, p.Name, nil}
	if !p.ExpiresAt.IsZero() {
		i.ExpiresAt = &p.ExpiresAt
	}
	return i
}

func newWhoami(o *Options) *cobra.Command {
	return &cobra.Command{Use: "whoami", Short: "Show who is logged in, to which server and until when",
		Args: cobra.NoArgs, RunE: o.run(func(s *session, _ []string) error {
			me, err := s.Operators.Get(s.ctx, "me")
			if err != nil {
				return err
			}
			return s.out.Show(identityOf(s.profile, me))
		})}
}
