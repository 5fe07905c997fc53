// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"context"
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"gatehouse/client"
	"gatehouse/internal/output"
	"gatehouse/internal/profile"
	"gatehouse/internal/secret"
	"gatehouse/internal/terminal"
)

// session is one command at work: a client of its server, and its input and output.
type session struct {
	*client.Client
	ctx     context.Context
	cmd     *cobra.Command
	profile profile.Profile
	folder  profile.Folder
	out     *output.Printer
	ask     *terminal.Asker
	yes     bool // questions are answered with yes
}

// run makes the body of a command that needs a log-in.
func (o *Options) run(fn func(s *session, args []string) error) func(*cobra.Command, []string) error {
	return func(cmd *cobra.Command, args []string) error {
		s, err := o.open(cmd, true)
		if err != nil {
			return err
		}
		return s.explained(fn(s, args))
	}
}

// runOpen is run for operations that are open to all. A log-in is used if there is one.
func (o *Options) runOpen(fn func(s *session, args []string) error) func(*cobra.Command, []string) error {
	return func(cmd *cobra.Command, args []string) error {
		s, err := o.open(cmd, false)
		if err != nil {
			return err
		}
		return s.explained(fn(s, args))
	}
}

// open finds the server and the log-in. Nothing is sent yet.
func (o *Options) open(cmd *cobra.Command, needsLogin bool) (*session, error) {
	out, err := o.printer(cmd)
	if err != nil {
		return nil, err
	}
	folder, err := o.folder()
	if err != nil {
		return nil, err
	}
	p, err := o.whichServer(cmd, folder)
	if err != nil {
		return nil, err
	}
	if cmd.Flags().Changed("ca-file") {
		p.CAFile = o.caFile
	}
	token, err := o.token(cmd, p)
	if err != nil && needsLogin {
		return nil, err
	}
	if err != nil {
		token = secret.Secret{}
	}
	c, err := connect(cmd, p, token)
	if err != nil {
		return nil, err
	}
	yes, _ := cmd.Flags().GetBool("yes") // commands that ask nothing have no such flag
	return &session{Client: c, ctx: cmd.Context(), cmd: cmd, profile: p, folder: folder, out: out,
		ask: asker(cmd), yes: yes}, nil
}

func asker(cmd *cobra.Command) *terminal.Asker {
	return terminal.NewAsker(cmd.Context(), cmd.InOrStdin(), cmd.ErrOrStderr())
}

// explained adds what to do to the error of an access token that the server does not take.
func (s *session) explained(err error) error {
	if errors.Is(err, client.ErrUnauthenticated) {
		return fmt.Errorf("%w Run: %s", err, loginCommand(s.profile))
	}
	return err
}

// addYes adds the flag of commands that ask before they destroy something.
func addYes(cmd *cobra.Command) *cobra.Command {
	cmd.Flags().BoolP("yes", "y", false, "do not ask whether this is meant")
	return cmd
}

// confirm asks whether something that cannot be undone is meant. Without a terminal there must be
// the flag --yes.
func (s *session) confirm(question string, args ...any) error {
	for i, arg := range args {
		if text, ok := arg.(string); ok {
			args[i] = output.Printable(text)
		}
	}
	question = fmt.Sprintf(question, args...)
	if s.yes {
		return nil
	}
	if !s.ask.Interactive() {
		return Usage("%s Add --yes if it is meant: there is no terminal to ask on", question)
	}
	ok, err := s.ask.Confirm(question)
	if err == nil && !ok {
		err = errors.New("nothing was changed")
	}
	return err
}
