// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"gatehouse/client"
	"gatehouse/internal/installation"
	"gatehouse/internal/output"
	"gatehouse/internal/profile"
	"gatehouse/internal/secret"
)

// enrollFlags are the choices of an enrolment.
type enrollFlags struct {
	codeFile, state, name, instanceID, keyType string
}

func newEnroll(o *Options) *cobra.Command {
	var flags enrollFlags
	cmd := &cobra.Command{Use: "enroll", Short: "Enrol this machine as a client, with an authorization code",
		Long: "Enrol this machine as a client, with an authorization code.\n\nIt makes a key pair and keeps it in a " +
			"folder that only you can read. You may interrupt it at any time and run it again: the server has one " +
			"client, and the code is used once. On a machine that is enrolled it does nothing.",
		Args:    cobra.NoArgs,
		Example: "  gatehouse enroll --server https://gatehouse.example.test --code-file /run/code"}
	cmd.RunE = func(cmd *cobra.Command, _ []string) error { return o.enroll(cmd, flags) }
	f := cmd.Flags()
	f.StringVar(&o.server, "server", "", "`URL` of the server ["+envServer+"]")
	f.StringVar(&flags.codeFile, "code-file", "", "`file` with the authorization code (-: standard input)")
	f.StringVar(&flags.name, "name", "", "`name` of the client; without it, that of the host")
	f.StringVar(&flags.instanceID, "instance-id", "", "`id` of this installation, unlike all others of the "+
		"organization; without it, one is made and kept")
	f.StringVar(&flags.keyType, "key-type", installation.Ed25519,
		"`type` of the key pair: "+installation.Ed25519+
			" or "+installation.P256)
	mustComplete(cmd, "key-type", cobra.FixedCompletions([]string{installation.Ed25519, installation.P256},
		cobra.ShellCompDirectiveNoFileComp))
	o.addInstallationFlags(cmd, &flags.state)
	f.BoolVarP(&o.quiet, "quiet", "q", false, "write only the id of the client")
	return cmd
}

// addInstallationFlags adds the flags of the commands that work on the state of an installation.
func (o *Options) addInstallationFlags(cmd *cobra.Command, state *string) {
	f := cmd.Flags()
	f.StringVar(state, "state", "",
		"`folder` of the key and of what the server answered; without it, "+rootState+
			" for root, and gatehouse-client in $XDG_STATE_HOME for others")
	f.StringVar(&o.caFile, "ca-file", "", "PEM `file` with the authority that signed the server's certificate; "+
		"without it, that of the enrolment, or those of the system")
	f.StringVarP(&o.format, "output", "o", "table", "`format` of the answer: "+output.Formats)
	mustComplete(cmd, "output", cobra.FixedCompletions([]string{"table", "json", "yaml", "csv", "jsonpath="},
		cobra.ShellCompDirectiveNoFileComp))
}

// rootState is the folder of root.
const rootState = "/var/lib/gatehouse-client"

// stateFolder returns the folder of the installation.
func (o *Options) stateFolder(cmd *cobra.Command, state string) (string, error) {
	switch {
	case state != "":
		return state, nil
	case cmd.Flags().Changed("state"):
		return "", Usage("--state is empty: fill it or leave it out")
	case os.Geteuid() == 0:
		return rootState, nil
	}
	base, ok := o.lookup("XDG_STATE_HOME")
	if home, known := o.lookup("HOME"); !ok || !filepath.IsAbs(base) {
		if base = filepath.Join(home, ".local", "state"); !known || home == "" {
			return "", Usage("there is no HOME to keep the key in: give a folder with --state")
		}
	}
	return filepath.Join(base, "gatehouse-client"), nil
}

// enroll enrols this machine.
func (o *Options) enroll(cmd *cobra.Command, flags enrollFlags) error {
	out, err := o.printer(cmd)
	if err != nil {
		return err
	}
	if err := flags.check(cmd); err != nil {
		return err
	}
	path, err := o.stateFolder(cmd, flags.state)
	if err != nil {
		return err
	}
	folder, err := installation.Open(cmd.Context(), path)
	if err != nil {
		return ofInstallation(err)
	}
	i, already, err := o.enrollIn(cmd, folder, path, flags)
	if err = errors.Join(err, folder.Close()); err != nil {
		return ofInstallation(err)
	}
	return showEnrolled(out, folder, i, already)
}

// check refuses what cannot be meant, before anything is written.
func (flags enrollFlags) check(cmd *cobra.Command) error {
	for _, name := range []string{"code-file", "name", "instance-id", "ca-file"} {
		if f := cmd.Flags().Lookup(name); f.Changed && f.Value.String() == "" {
			return Usage("--%s is empty: fill it or leave it out", name)
		}
	}
	if flags.keyType != installation.Ed25519 && flags.keyType != installation.P256 {
		return Usage("--key-type %q is none: use %s or %s", flags.keyType, installation.Ed25519, installation.P256)
	}
	return nil
}

// enrollIn enrols with the state of a folder.
func (o *Options) enrollIn(cmd *cobra.Command, folder *installation.Folder, path string,
	flags enrollFlags) (i installation.Installation, already bool, err error) {
	known, err := installation.Read(path)
	if err != nil {
		return i, false, err
	}
	server, given, err := o.choice(cmd, "server", o.server, envServer)
	if err != nil {
		return i, false, err
	}
	if !given {
		if server = known.Server; server == "" {
			return i, false, Usage("which server? Give it with --server https://…")
		}
	}
	p := installation.Params{Name: flags.name, InstanceID: flags.instanceID, KeyKind: flags.keyType,
		CAFile: known.CAFile}
	if o.caFile != "" {
		if p.CAFile, err = filepath.Abs(o.caFile); err != nil {
			return i, false, err
		}
	}
	if p.Client, err = connect(cmd, profile.Profile{Server: server, CAFile: p.CAFile},
		secret.Secret{}); err != nil {
		return i, false, err
	}
	p.DefaultName, _ = os.Hostname() // without a name, the server says what is missing
	p.Code = func() (string, error) {
		if flags.codeFile == "" {
			return "", Usage("which code? Give the file that has it with --code-file, or - for the standard input")
		}
		code, err := readSecret(cmd, flags.codeFile, "the authorization code")
		return code.Reveal(), err
	}
	return folder.Enrol(cmd.Context(), p)
}

// enrolled is what enroll writes for programs.
type enrolled struct {
	ID             string `json:"id"`
	OrganizationID string `json:"organizationId"`
	State          string `json:"state"`
	Name           string `json:"name"`
	InstanceID     string `json:"instanceId"`
	Server         string `json:"server"`
	KeyFile        string `json:"keyFile"`
	Already        bool   `json:"already"` // it was enrolled before
}

// showEnrolled says how things are. A client that waits is an error with a code of its own.
func showEnrolled(out *output.Printer, f *installation.Folder, i installation.Installation,
	already bool) error {
	body := enrolled{i.ClientID, i.OrganizationID, i.State, i.Name, i.InstanceID, i.Server, f.KeyFile(), already}
	sentence := "This machine is enrolled as the client %s of %s."
	switch {
	case i.State == installation.StatePending:
		sentence = "The client %s of %s waits for approval."
	case already:
		sentence = "This machine was enrolled before, as the client %s of %s."
	}
	if err := out.Created(body, sentence, i.ClientID, i.OrganizationID); err != nil {
		return err
	}
	if i.State == installation.StatePending {
		return WithExit(ExitNeedsApproval, errors.New("ask the administrator to approve the client, and run this "+
			"command again"))
	}
	return nil
}

// ofInstallation returns an error with the exit code on which an installer can act.
func ofInstallation(err error) error {
	for of, code := range map[error]int{installation.ErrOther: ExitConflict,
		installation.ErrRefused: ExitNotPermitted,
		installation.ErrWaits:   ExitNeedsApproval, installation.ErrNotEnrolled: ExitNotFound,
		installation.ErrBusy: ExitTryLater} {
		if errors.Is(err, of) {
			return WithExit(code, err)
		}
	}
	if errors.Is(err, client.ErrUnavailable) || errors.Is(err, client.ErrTooMany) {
		return fmt.Errorf("%w\nNothing is lost: run the same command again later", err)
	}
	return err
}
