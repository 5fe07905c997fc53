// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"gatehouse/internal/cli"
	"gatehouse/internal/identity"
	"gatehouse/internal/problem"
	"gatehouse/internal/qr"
	"gatehouse/internal/secret"
	"gatehouse/internal/tenancy"
	"gatehouse/internal/terminal"
)

func newOperatorPassword(opts *cli.Options, environ []string) *cobra.Command {
	var own, given bool
	cmd := &cobra.Command{Use: "password USERNAME", Args: cobra.ExactArgs(1),
		Short: "Give an operator a new password, generated and printed once, and end its sessions and tokens"}
	cmd.RunE = either(opts, opts.OperatorPassword(&own, &given), func(cmd *cobra.Command, args []string) error {
		ask := terminal.NewAsker(cmd.Context(), cmd.InOrStdin(), cmd.ErrOrStderr())
		return withServices(cmd, environ, func(ctx context.Context, s *services, out io.Writer) error {
			o, err := findOperator(ctx, s, args[0])
			if err != nil {
				return err
			}
			if own {
				err = changeOwnPassword(ctx, s, ask, o)
			} else {
				err = resetPassword(ctx, s, ask, o, given, out)
			}
			if err != nil {
				return err
			}
			_, err = fmt.Fprintf(out, "The password of %s is changed. %s", o.Username, ended)
			return err
		})
	})
	cmd.Flags().BoolVar(&own, "own", false, "the operator itself changes it: asks for the old password, "+
		"for a one-time code if there is a second factor, and for the new password")
	cmd.Flags().BoolVar(&given, "stdin", false, "read the new password from the first line of the input")
	cmd.MarkFlagsMutuallyExclusive("own", "stdin")
	addSecretFile(cmd)
	addOptions(cmd, environ)
	addWays(cmd)
	return cmd
}

// resetPassword is what an administrator does: it needs no old password.
func resetPassword(ctx context.Context, s *services, ask *terminal.Asker, o tenancy.ListedOperator,
	given bool,
	out io.Writer) error {
	password, err := secret.NewPassword(), error(nil)
	if given {
		if password, err = ask.Secret("New password: "); err != nil {
			return err
		}
	}
	err = s.identity.ChangePassword(ctx, commandLine(), o.ID, identity.ChangePasswordParams{New: password})
	if err != nil || given {
		return err
	}
	_, err = fmt.Fprintf(out, "The new password, shown this once, is\n\n    %s\n\n", password.Reveal())
	return err
}

// commandLineTree is the audience of tokens that a command gets and uses itself.
const commandLineTree = "command-line"

// changeOwnPassword is what the operator does: it logs in first, so that the old password and
// the one-time code are counted and checked as on every wire.
func changeOwnPassword(ctx context.Context, s *services, ask *terminal.Asker,
	o tenancy.ListedOperator) error {
	old, err := ask.Secret("Old password: ")
	if err != nil {
		return err
	}
	var code string
	if o.SecondFactor {
		if code, err = ask.Line("One-time code: "); err != nil {
			return err
		}
	}
	next, err := ask.Secret("New password: ")
	if err != nil {
		return err
	}
	origin := commandLine().Origin
	token, err := s.identity.LoginWithPassword(ctx, tenancy.Anonymous(origin), identity.LoginParams{
		Username: o.Username, Password: old, TOTPCode: code, Audience: commandLineTree})
	if err != nil {
		return err
	}
	self, err := s.identity.AuthenticateToken(ctx, origin, token.Text.Reveal(), commandLineTree)
	if err != nil {
		return err
	}
	err = s.identity.ChangePassword(ctx, self, identity.Self, identity.ChangePasswordParams{Old: old, New: next})
	if err != nil {
		return errors.Join(err, s.identity.Logout(ctx, self))
	}
	return nil
}

func newOperatorTOTP(opts *cli.Options, environ []string) *cobra.Command {
	var remove bool
	cmd := &cobra.Command{Use: "totp USERNAME", Args: cobra.ExactArgs(1),
		Short: "Enrol a new second factor, which counts once a code of it is typed, or remove it"}
	cmd.RunE = either(opts, opts.OperatorTOTP(&remove), func(cmd *cobra.Command, args []string) error {
		ask := terminal.NewAsker(cmd.Context(), cmd.InOrStdin(), cmd.ErrOrStderr())
		return withServices(cmd, environ, func(ctx context.Context, s *services, out io.Writer) error {
			o, err := findOperator(ctx, s, args[0])
			if err != nil {
				return err
			}
			if remove {
				return removeTOTP(ctx, s, o, out)
			}
			return enrolTOTP(ctx, s, ask, o, out)
		})
	})
	cmd.Flags().BoolVar(&remove, "remove", false, "remove the second factor, and end all sessions and tokens")
	addOptions(cmd, environ)
	addWays(cmd)
	return cmd
}

// codeAttempts is how often a first code may be mistyped.
const codeAttempts = 3

// enrolTOTP shows a new second factor and binds it when a code of it was typed. Until then nothing
// is changed.
func enrolTOTP(ctx context.Context, s *services, ask *terminal.Asker, o tenancy.ListedOperator,
	out io.Writer) error {
	text := secret.NewTOTP()
	url := secret.TOTPURL(text, o.Username)
	picture, err := qr.Draw(url.Reveal())
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(out,
		"%s\nScan this, or type the secret into the authenticator app. It is shown this once:\n\n"+
			"    %s\n    %s\n\nNothing has changed yet. Type the code that the app shows now.\n",
		picture, text.Reveal(), url.Reveal())
	if err != nil {
		return err
	}
	var codes []secret.Secret
	for attempt := 1; ; attempt++ {
		code, err := ask.Line("One-time code: ")
		if err != nil {
			return fmt.Errorf("nothing was changed: %w", err)
		}
		if codes, err = s.identity.EnrollTOTP(ctx, commandLine(), o.Username, text, code); err == nil {
			break
		}
		wrong := errors.Is(err, problem.Invalid) || errors.Is(err, problem.Denied)
		if !wrong || attempt == codeAttempts {
			return fmt.Errorf("nothing was changed: %s", explain(err))
		}
		fmt.Fprintln(out, "That is no code of this second factor at this moment. Try again.")
	}
	fmt.Fprintf(out,
		"From now on %s needs a one-time code. %s\nIf the app is lost, each of these recovery codes takes "+
			"the place of one, once, at POST /v1/login. They are shown this once:\n\n", o.Username, ended)
	for _, c := range codes {
		if _, err := fmt.Fprintf(out, "    %s\n", secret.PrintedRecoveryCode(c).Reveal()); err != nil {
			return err
		}
	}
	return nil
}

func removeTOTP(ctx context.Context, s *services, o tenancy.ListedOperator, out io.Writer) error {
	if err := s.identity.RemoveTOTP(ctx, commandLine(), o.ID, identity.RemoveTOTPParams{}); err != nil {
		return err
	}
	_, err := fmt.Fprintf(out, "From now on %s logs in with the password alone. %s", o.Username, ended)
	return err
}
