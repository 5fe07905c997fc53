// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"gatehouse/internal/identity"
	"gatehouse/internal/secret"
	"gatehouse/internal/tenancy"
)

// newOperator makes the commands that work on the database itself, whether a server is
// running or not. They need the master key, and whoever can read that owns the database.
func newOperator(environ []string) *cobra.Command {
	cmd := &cobra.Command{Use: "operator", Short: "Add operators and enrol second factors", Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() }}
	cmd.AddCommand(newOperatorAdd(environ), newOperatorTOTP(environ))
	return cmd
}

func newOperatorAdd(environ []string) *cobra.Command {
	var role, organization string
	cmd := &cobra.Command{Use: "add USERNAME", Short: "Add an operator with a generated password, printed once",
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			id, err := tenancy.ParseOrganizationID(organization)
			if err != nil {
				return err
			}
			return withServices(cmd, environ, func(ctx context.Context, s *services, out io.Writer) error {
				password := secret.NewPassword()
				o, err := s.identity.CreateOperator(ctx, tenancy.System("command-line"), identity.CreateOperatorParams{
					Username: args[0], Password: password, Role: tenancy.Role(role), Organization: id})
				if err != nil {
					return err
				}
				_, err = fmt.Fprintf(out, "Added %s as %s of %s. The password, shown this once, is\n\n    %s\n",
					o.Username, o.Role, o.OrganizationID, password.Reveal())
				return err
			})
		}}
	cmd.Flags().StringVar(&role, "role", string(tenancy.Administrator),
		"`role`: administrator, account-manager or auditor")
	cmd.Flags().StringVar(&organization, "organization", tenancy.RootID.String(),
		"`id` of the one organization the operator is bound to; or-0: all")
	addOptions(cmd, environ)
	return cmd
}

func newOperatorTOTP(environ []string) *cobra.Command {
	cmd := &cobra.Command{Use: "totp USERNAME", Short: "Enrol a new second factor, printed once",
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			return withServices(cmd, environ, func(ctx context.Context, s *services, out io.Writer) error {
				text, err := s.identity.EnrollTOTP(ctx, tenancy.System("command-line"), args[0])
				if err != nil {
					return err
				}
				_, err = fmt.Fprintf(out,
					"From now on %s needs a one-time code. Shown this once, for the authenticator app:\n\n    %s\n    %s\n",
					args[0], text.Reveal(), secret.TOTPURL(text, args[0]).Reveal())
				return err
			})
		}}
	addOptions(cmd, environ)
	return cmd
}

// withServices runs fn on the database that the settings name. A server must have been
// started on it before.
func withServices(cmd *cobra.Command, environ []string,
	fn func(ctx context.Context, s *services, out io.Writer) error) (err error) {
	c, err := load(cmd, environ)
	if err != nil {
		return err
	}
	ctx := cmd.Context()
	s, db, err := joinServices(ctx, c)
	if db != nil {
		defer func() { err = errors.Join(err, db.Close()) }()
	}
	if err != nil {
		return err
	}
	return fn(ctx, s, cmd.OutOrStdout())
}
