// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"gatehouse/apitype"
	"gatehouse/client"
	"gatehouse/internal/installer"
)

// installerFlags are the choices of a text for an installer.
type installerFlags struct {
	installer.Params
	set []string // NAME=VALUE
}

func newCodeInstaller(o *Options) *cobra.Command {
	var flags installerFlags
	cmd := o.command("installer ORGANIZATION CODE", "Print a text that installs and enrols clients with a code",
		completeCode, nil)
	cmd.Long = cmd.Short + ".\n\nThe text names the file that has the code, and does not contain it. For " +
		"cloud-init alone, --show-secrets puts the code into the text."
	cmd.Example = "  gatehouse code installer 'Acme Ltd' tills --for linux --client-name 'till 11' > enrol-till.sh"
	cmd.RunE = o.run(func(s *session, args []string) error { return s.installer(args, &flags) })
	f := cmd.Flags()
	f.StringVar(&flags.Target, "for", "", "`target`: one of "+strings.Join(installer.Targets(), ", "))
	f.StringVar(&flags.CodeFile, "code-file", "", "`file` that will have the code: on the machine of the client, "+
		"but for ansible and terraform where they run; without it, a usual one")
	f.StringVar(&flags.Server, "client-server", "", "`URL` at which the client reaches the server; without it, "+
		"the one that this command uses")
	f.StringVar(&flags.CAFile, "client-ca-file", "", "PEM `file` on the machine, with the authority that signed "+
		"the server's certificate")
	f.StringVar(&flags.Name, "client-name", "", "`name` of the client; without it, that of its host")
	f.StringVar(&flags.State, "client-state", "", "`folder` on the machine for the client's key; without it, the "+
		"usual one of gatehouse enroll")
	f.StringVar(&flags.Package, "msi", "", "`file` of the MSI package, for windows-msi")
	f.StringVar(&flags.Property, "msi-property", "", "`property` of the package that takes the code")
	f.StringArrayVar(&flags.set, "msi-set", nil, "`NAME=VALUE`: another property of the package; may be repeated")
	mustRequire(cmd, "for")
	mustComplete(cmd, "for", cobra.FixedCompletions(installer.Targets(), cobra.ShellCompDirectiveNoFileComp))
	return cmd
}

// installer writes a text. Its parameters are checked before the server is asked.
func (s *session) installer(args []string, flags *installerFlags) error {
	if err := s.installerParams(flags); err != nil {
		return err
	}
	if _, err := installer.Text(flags.Params); err != nil {
		return Usage("%w", err)
	}
	if s.out.ShowSecrets && flags.Target != installer.CloudInit {
		return Usage("a text for %s never has the code itself: leave out --show-secrets, and see --code-file",
			flags.Target)
	}
	organization, id, err := s.code(args)
	if err != nil {
		return err
	}
	found, err := s.AuthCodes.Get(s.ctx, organization, id)
	if err != nil {
		return err
	}
	if s.out.ShowSecrets {
		if found, err = s.AuthCodes.Reveal(s.ctx, organization, id); err != nil {
			return err
		}
		flags.Code = found.AuthorizationCode
	}
	flags.About = about(organization, found)
	text, err := installer.Text(flags.Params)
	if err != nil {
		return err
	}
	if err := s.warnOfInstaller(flags, found); err != nil {
		return err
	}
	if s.out.Format.Table() {
		_, err = fmt.Fprint(s.out.Out, text)
		return err
	}
	return s.out.Show(struct {
		For  string `json:"for"`
		Text string `json:"text"`
	}{flags.Target, text})
}

// installerParams fills what the flags leave open, and refuses what cannot be meant.
func (s *session) installerParams(flags *installerFlags) error {
	changed := s.cmd.Flags().Changed
	for _, name := range []string{"code-file", "client-server", "client-ca-file", "client-name",
		"client-state"} {
		if changed(name) && s.cmd.Flags().Lookup(name).Value.String() == "" {
			return Usage("--%s is empty: fill it or leave it out", name)
		}
		if changed(name) && name != "code-file" && flags.Target == installer.WindowsMSI {
			return Usage("--%s is for gatehouse enroll: give your package what it needs with --msi-set", name)
		}
	}
	for _, name := range []string{"msi", "msi-property", "msi-set"} {
		if changed(name) && flags.Target != installer.WindowsMSI {
			return Usage("--%s is for windows-msi only: leave it out", name)
		}
	}
	for _, set := range flags.set {
		name, value, ok := strings.Cut(set, "=")
		if !ok {
			return Usage("--msi-set %q has no equals sign: use NAME=VALUE", set)
		}
		flags.Set = append(flags.Set, installer.Property{Name: name, Value: value})
	}
	if flags.CodeFile == "" {
		flags.CodeFile = installer.DefaultCodeFile(flags.Target)
	}
	if flags.Target == installer.WindowsMSI {
		return nil
	}
	if flags.Server == "" {
		flags.Server = s.Server()
	}
	c, err := client.New(flags.Server)
	if err != nil {
		return Usage("--client-server: %w", err)
	}
	flags.Server = c.Server()
	return nil
}

// about returns the comment that says which code it is.
func about(organization string, code apitype.AuthCode) []string {
	lines := []string{"Organization: " + organization, "Code: " + named(code.ID, code.Name)}
	if len(code.Tags) > 0 {
		lines = append(lines, "Its clients get the tags: "+strings.Join(code.Tags, ", "))
	}
	return lines
}

// warnOfInstaller tells people what the text will not do, and where the code may be read.
func (s *session) warnOfInstaller(flags *installerFlags, code apitype.AuthCode) error {
	warnings := ""
	if flags.Code != "" {
		warnings += "Warning: the text has the code itself. Whoever reads it can enrol clients; user data can be " +
			"read by every program on the machine that may ask the provider's metadata service.\n"
	}
	if code.State != "active" || code.Canary {
		state := code.State
		if code.Canary {
			state = "a canary"
		}
		warnings += "Warning: the code is " + state + " and lets nobody in now.\n"
	}
	_, err := fmt.Fprint(s.cmd.ErrOrStderr(), warnings)
	return err
}
