// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"gatehouse/client"
	"gatehouse/internal/config"
	"gatehouse/internal/output"
	"gatehouse/internal/profile"
	"gatehouse/internal/secret"
	"gatehouse/internal/terminal"
)

// The environment names of the two choices of a server.
const (
	envServer  = "GATEHOUSE_SERVER"
	envProfile = "GATEHOUSE_PROFILE"
)

// Options are the flags that all commands which speak to a server have.
type Options struct {
	environ     []string
	server      string
	profile     string
	caFile      string
	tokenFile   string
	format      string
	quiet       bool
	showSecrets bool
}

// NewOptions returns options without flags, for an environment.
func NewOptions(environ []string) *Options { return &Options{environ: environ, format: "table"} }

// AddFlags adds all of the flags to a command and to the commands below it.
func (o *Options) AddFlags(cmd *cobra.Command) {
	o.AddServerFlags(cmd)
	o.AddOutputFlags(cmd)
}

// AddServerFlags adds the flags that say which server it is, and by which access token.
func (o *Options) AddServerFlags(cmd *cobra.Command) {
	f := cmd.PersistentFlags()
	f.StringVar(&o.server, "server", "", "`URL` of the server ["+envServer+"]; without it, that of the profile")
	f.StringVar(&o.profile, "profile", "", "`name` of a profile that gatehouse login made ["+envProfile+
		"]; without it, the current one")
	f.StringVar(&o.caFile, "ca-file", "", "PEM `file` with the authority that signed the server's certificate; "+
		"without it, those of the system")
	f.StringVar(&o.tokenFile, "token-file", "", "`file` with an access token, in place of the log-in of the "+
		"profile")
	mustComplete(cmd, "profile", o.completeProfiles)
}

// AddOutputFlags adds the flags that say how answers are written.
func (o *Options) AddOutputFlags(cmd *cobra.Command) {
	f := cmd.PersistentFlags()
	f.StringVarP(&o.format, "output", "o", "table", "`format` of the answer: "+output.Formats)
	f.BoolVarP(&o.quiet, "quiet", "q", false, "write only the ids of things, and no sentences")
	f.BoolVar(&o.showSecrets, "show-secrets", false, "write secrets as they are, and not ***")
	mustComplete(cmd, "output", cobra.FixedCompletions([]string{"table", "json", "yaml", "csv", "jsonpath="},
		cobra.ShellCompDirectiveNoFileComp))
}

// lookup returns a variable of the environment.
func (o *Options) lookup(name string) (string, bool) {
	for _, line := range o.environ {
		if key, v, ok := strings.Cut(line, "="); ok && key == name {
			return v, true
		}
	}
	return "", false
}

// Remote reports whether a command that may work on the database is to speak to a server: a flag
// or the environment says so. A log-in alone does not.
func (o *Options) Remote(cmd *cobra.Command) bool {
	_, server := o.lookup(envServer)
	_, named := o.lookup(envProfile)
	return server || named || cmd.Flags().Changed("server") || cmd.Flags().Changed("profile")
}

// choice returns what a flag or a variable says, and whether either does. An empty text is a mistake.
func (o *Options) choice(cmd *cobra.Command, flag, flagValue, env string) (string, bool, error) {
	text, ok, name := flagValue, true, "--"+flag
	if !cmd.Flags().Changed(flag) {
		text, ok = o.lookup(env)
		name = env
	}
	if ok && text == "" {
		return "", false, Usage("%s is empty: fill it or leave it out", name)
	}
	return text, ok, nil
}

// folder returns where the profiles are. A mistyped variable is an error: the command would speak to
// another server than it was meant for.
func (o *Options) folder() (profile.Folder, error) {
	if err := config.CheckEnvironment(o.environ); err != nil {
		return profile.Folder{}, WithExit(ExitUsage, err)
	}
	folder, err := profile.Find(o.environ)
	return folder, WithExit(ExitUsage, err)
}

// whichServer returns the profile of the server that the command speaks to. It has no name if the
// server has none. A flag comes before the environment, and that before the current profile.
func (o *Options) whichServer(cmd *cobra.Command, folder profile.Folder) (profile.Profile, error) {
	server, hasServer, err := o.choice(cmd, "server", o.server, envServer)
	if err != nil {
		return profile.Profile{}, err
	}
	name, hasName, err := o.choice(cmd, "profile", o.profile, envProfile)
	if err != nil {
		return profile.Profile{}, err
	}
	if hasServer && hasName { // one flag comes before a variable of the other
		switch flags := cmd.Flags(); {
		case flags.Changed("server") == flags.Changed("profile"):
			return profile.Profile{}, Usage("both a server and a profile are given: leave one out")
		case flags.Changed("server"):
			hasName = false
		default:
			hasServer = false
		}
	}
	if hasServer {
		return o.ofServer(server, folder)
	}
	if !hasName {
		if name, err = folder.Current(); err != nil {
			return profile.Profile{}, err
		}
		if name == "" {
			return profile.Profile{}, Usage("which server? Run gatehouse login --server https://… once, or give " +
				"--server or --profile")
		}
	}
	return folder.Get(name)
}

// ofServer returns the profile of a server, or one without a name.
func (o *Options) ofServer(server string, folder profile.Folder) (profile.Profile, error) {
	c, err := client.New(server)
	if err != nil {
		return profile.Profile{}, Usage("%w", err)
	}
	p, err := folder.OfServer(c.Server())
	if errors.Is(err, profile.ErrMissing) {
		return profile.Profile{Server: c.Server()}, nil
	}
	return p, err
}

// maxFile is larger than any file of a secret or a certificate.
const maxFile = 1 << 20

// readFile reads a small file; - is the standard input. An interrupt ends the wait for what a pipe
// does not write.
func readFile(cmd *cobra.Command, path string) ([]byte, error) {
	type result struct {
		content []byte
		err     error
	}
	read := make(chan result, 1)
	go func() {
		content, err := readAll(cmd.InOrStdin(), path)
		read <- result{content, err}
	}()
	select {
	case r := <-read:
		return r.content, r.err
	case <-cmd.Context().Done():
		return nil, cmd.Context().Err()
	}
}

// readAll reads a small file, or the standard input for -.
func readAll(in io.Reader, path string) (content []byte, err error) {
	if path != "-" {
		f, err := os.Open(path)
		if err != nil {
			return nil, err
		}
		defer func() { err = errors.Join(err, f.Close()) }()
		in = f
	}
	content, err = io.ReadAll(io.LimitReader(in, maxFile+1))
	if err == nil && len(content) > maxFile {
		err = fmt.Errorf("%s is too large", path)
	}
	return content, err
}

// readSecret reads a secret that is the only line of a file; - is the standard input.
func readSecret(cmd *cobra.Command, path, what string) (secret.Secret, error) {
	content, err := readFile(cmd, path)
	if err != nil {
		return secret.Secret{}, Usage("read %s: %w", what, err)
	}
	text := strings.TrimSuffix(strings.TrimSuffix(string(content), "\n"), "\r")
	if text == "" || strings.ContainsAny(text, "\r\n") {
		return secret.Secret{}, Usage("read %s: the file must have one line with it, and nothing else", what)
	}
	return secret.Of(text), nil
}

// connect makes a client for a profile. Without a token it is for operations that are open to all, or
// for other credentials among the options.
func connect(cmd *cobra.Command, p profile.Profile, token secret.Secret,
	more ...client.Option) (*client.Client, error) {
	options := append(more, client.WithUserAgent("gatehouse-cli"))
	if p.CAFile != "" {
		pem, err := readFile(cmd, p.CAFile)
		if err != nil {
			return nil, Usage("read the authority's certificate: %w", err)
		}
		pool := x509.NewCertPool()
		if !pool.AppendCertsFromPEM(pem) {
			return nil, Usage("%s has no certificate in PEM", p.CAFile)
		}
		options = append(options, client.WithTLS(&tls.Config{RootCAs: pool}))
	}
	if token.Reveal() != "" {
		options = append(options, client.WithToken(token.Reveal()))
	}
	c, err := client.New(p.Server, options...)
	if err != nil {
		return nil, Usage("%w", err)
	}
	return c, nil
}

// token returns the access token that the command uses. With the profile's log-in over, the
// server is not asked.
func (o *Options) token(cmd *cobra.Command, p profile.Profile) (secret.Secret, error) {
	if cmd.Flags().Changed("token-file") {
		return readSecret(cmd, o.tokenFile, "the access token")
	}
	switch {
	case p.Token.Reveal() == "":
		return secret.Secret{}, notLoggedIn(p, "You are not logged in to "+p.Server)
	case !p.ExpiresAt.IsZero() && !time.Now().Before(p.ExpiresAt):
		return secret.Secret{}, notLoggedIn(p, "The log-in to "+p.Server+" ended at "+
			p.ExpiresAt.UTC().Format(time.RFC3339))
	}
	return p.Token, nil
}

// notLoggedIn says what to do.
func notLoggedIn(p profile.Profile, what string) error {
	return WithExit(ExitNotPermitted, fmt.Errorf("%s. Run: %s", what, loginCommand(p)))
}

func loginCommand(p profile.Profile) string {
	if p.Name == "" {
		return "gatehouse login --server " + p.Server
	}
	return "gatehouse login --profile " + p.Name
}

// printer returns what writes the answers.
func (o *Options) printer(cmd *cobra.Command) (*output.Printer, error) {
	format, err := output.ParseFormat(o.format)
	if err != nil {
		return nil, Usage("--output: %w", err)
	}
	out := cmd.OutOrStdout()
	noColor, _ := o.lookup("NO_COLOR")
	term, _ := o.lookup("TERM")
	width := terminal.Width(out)
	return &output.Printer{Out: out, Format: format, Quiet: o.quiet, ShowSecrets: o.showSecrets, Width: width,
		Bold: width > 0 && noColor == "" && term != "dumb" && term != ""}, nil
}
