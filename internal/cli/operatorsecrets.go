// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"errors"
	"fmt"

	"gatehouse/apitype"
	"gatehouse/client"
	"gatehouse/internal/qr"
	"gatehouse/internal/secret"
)

func newPassword() secret.Secret { return secret.NewPassword() }

// showPassword writes a generated password on the error output, if it may be shown and is in no file: the
// output has the answer of the server.
func (s *session) showPassword(password secret.Secret) error {
	if !s.out.ShowSecrets || s.cmd.Flags().Changed("secret-file") {
		return nil
	}
	_, err := fmt.Fprintf(s.cmd.ErrOrStderr(), "The password, shown this once, is\n\n    %s\n\n",
		password.Reveal())
	return err
}

// OperatorPassword changes the password of an operator: own asks for the old and the new one, given reads
// the new one, and otherwise one is generated.
func (o *Options) OperatorPassword(own, given *bool) body {
	return o.run(func(s *session, args []string) error {
		found, err := s.operator(args[0])
		if err != nil {
			return err
		}
		switch {
		case *own:
			err = s.changeOwnPassword(found)
		case *given:
			var password secret.Secret
			if password, err = s.ask.Secret("New password: "); err == nil {
				err = s.Operators.ChangePassword(s.ctx, found.ID, apitype.PasswordChange{Password: password.Reveal()})
			}
		default:
			err = s.resetPassword(found)
		}
		if err != nil {
			return err
		}
		return s.out.Done(nil, "The password of %s is changed. "+ended, found.Username)
	})
}

func (s *session) resetPassword(o apitype.Operator) error {
	place, err := s.openSecret()
	if err != nil {
		return err
	}
	password := newPassword()
	err = s.Operators.ChangePassword(s.ctx, o.ID, apitype.PasswordChange{Password: password.Reveal()})
	if err := place.Keep(password.Reveal(), err); err != nil {
		return err
	}
	return s.showPassword(password)
}

func (s *session) changeOwnPassword(o apitype.Operator) error {
	old, err := s.ask.Secret("Old password: ")
	if err != nil {
		return err
	}
	next, err := s.ask.Secret("New password: ")
	if err != nil {
		return err
	}
	return s.Operators.ChangePassword(s.ctx, o.ID, apitype.PasswordChange{OldPassword: old.Reveal(),
		Password: next.Reveal()})
}

// OperatorTOTP enrols a second factor for the operator that is logged in, or removes that of any.
func (o *Options) OperatorTOTP(remove *bool) body {
	return o.run(func(s *session, args []string) error {
		found, err := s.operator(args[0])
		if err != nil {
			return err
		}
		me, err := s.Operators.Get(s.ctx, "me")
		if err != nil {
			return err
		}
		own := me.ID == found.ID
		switch {
		case *remove:
			return s.removeTOTP(found, own)
		case !own:
			return WithExit(ExitNotPermitted, fmt.Errorf("%s enrols the second factor itself: over a server, nobody "+
				"else can. On the database, leave out --server and --profile", found.Username))
		}
		return s.enrolTOTP(found)
	})
}

func (s *session) removeTOTP(o apitype.Operator, own bool) error {
	var p apitype.TOTPRemoval
	if own {
		password, err := s.ask.Secret("Password: ")
		if err != nil {
			return err
		}
		p.Password = password.Reveal()
		if p.TOTP, err = s.ask.Line("One-time code: "); err != nil {
			return err
		}
	}
	if err := s.Operators.RemoveTOTP(s.ctx, o.ID, p); err != nil {
		return err
	}
	return s.out.Done(nil, "From now on %s logs in with the password alone. "+ended, o.Username)
}

// codeAttempts is how often a first code may be mistyped.
const codeAttempts = 3

func (s *session) enrolTOTP(o apitype.Operator) error {
	if !s.out.ShowSecrets {
		return Usage("this shows the secret of the second factor on the screen: add --show-secrets if it is " +
			"meant. Nothing was done")
	}
	password, err := s.ask.Secret("Password: ")
	if err != nil {
		return err
	}
	begun, err := s.Operators.StartTOTP(s.ctx, o.ID, apitype.TOTPStart{Password: password.Reveal()})
	if err != nil {
		return err
	}
	picture, err := qr.Draw(begun.URI)
	if err != nil {
		return err
	}
	if _, err := fmt.Fprintf(s.out.Out, "%s\nScan this, or type the secret into the authenticator app. It is "+
		"shown "+
		"this once:\n\n    %s\n    %s\n\nNothing has changed yet. Type the code that the app shows now.\n", picture,
		begun.Secret, begun.URI); err != nil {
		return err
	}
	codes, err := s.confirmTOTP(o)
	if err != nil {
		return err
	}
	if _, err := fmt.Fprintf(s.out.Out, "From now on %s needs a one-time code. %s\nIf the app is lost, each of "+
		"these recovery codes takes the place of one, once: gatehouse login --recovery-code. They are shown this "+
		"once:\n\n",
		o.Username, ended); err != nil {
		return err
	}
	for _, code := range codes.RecoveryCodes {
		if _, err := fmt.Fprintf(s.out.Out, "    %s\n", code); err != nil {
			return err
		}
	}
	return nil
}

// confirmTOTP asks for a code of the new second factor until one is right.
func (s *session) confirmTOTP(o apitype.Operator) (apitype.RecoveryCodes, error) {
	for attempt := 1; ; attempt++ {
		code, err := s.ask.Line("One-time code: ")
		if err != nil {
			return apitype.RecoveryCodes{}, fmt.Errorf("nothing was changed: %w", err)
		}
		codes, err := s.Operators.ConfirmTOTP(s.ctx, o.ID, apitype.TOTPConfirmation{TOTP: code})
		wrong := errors.Is(err, client.ErrInvalid) || errors.Is(err, client.ErrDenied)
		if err == nil || !wrong || attempt == codeAttempts {
			return codes, err
		}
		if _, err := fmt.Fprintln(s.out.Out, "That is no code of this second factor at this moment. Try "+
			"again."); err != nil {
			return codes, err
		}
	}
}
