// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"gatehouse/internal/cli"
	"gatehouse/internal/filter"
	"gatehouse/internal/identity"
	"gatehouse/internal/secret"
	"gatehouse/internal/tenancy"
)

// newOperator makes the commands that work on the database itself, whether a server is
// running or not. They need the master key, and whoever can read that owns the database.
func newOperator(environ []string) *cobra.Command {
	o := cli.NewOptions(environ)
	cmd := cli.Group("operator", "Administer operators, on the database or over a server", newOperatorList(o,
		environ),
		newOperatorAdd(o, environ), newOperatorDisable(o, environ), newOperatorEnable(o, environ),
		newOperatorRole(o, environ), newOperatorPassword(o, environ), newOperatorTOTP(o, environ),
		newOperatorRemove(o, environ), cli.Group("sessions", "End what an operator is logged in with",
			newOperatorSessionsEnd(o, environ)))
	o.AddFlags(cmd)
	return cmd
}

// commandLine is the caller of these commands in the audit.
func commandLine() tenancy.Caller { return tenancy.System("command-line") }

// roleNames returns the names of all roles, as a sentence lists them.
func roleNames() string {
	var names []string
	for _, r := range tenancy.Roles() {
		names = append(names, string(r))
	}
	last := len(names) - 1
	return strings.Join(names[:last], ", ") + " or " + names[last]
}

func newOperatorAdd(o *cli.Options, environ []string) *cobra.Command {
	var role, organization string
	cmd := &cobra.Command{Use: "add USERNAME", Short: "Add an operator with a generated password, printed once",
		Args: cobra.ExactArgs(1),
		RunE: either(o, o.OperatorAdd(&role, &organization), func(cmd *cobra.Command, args []string) error {
			id, err := tenancy.ParseOrganizationID(organization)
			if err != nil {
				return err
			}
			return withServices(cmd, environ, func(ctx context.Context, s *services, out io.Writer) error {
				password := secret.NewPassword()
				o, err := s.identity.CreateOperator(ctx, commandLine(), identity.CreateOperatorParams{
					Username: args[0], Password: password, Role: tenancy.Role(role), Organization: id})
				if err != nil {
					return err
				}
				_, err = fmt.Fprintf(out, "Added %s as %s of %s. The password, shown this once, is\n\n    %s\n",
					o.Username, o.Role, o.OrganizationID, password.Reveal())
				return err
			})
		})}
	roles := tenancy.Roles()
	cmd.Flags().StringVar(&role, "role", string(roles[len(roles)-1]),
		"`role`: "+roleNames()+"; without it the one that may do least")
	cmd.Flags().StringVar(&organization, "organization", tenancy.RootID.String(),
		"`id` of the one organization the operator is bound to; or-0: all")
	addSecretFile(cmd)
	addOptions(cmd, environ)
	addWays(cmd)
	return cmd
}

// addSecretFile adds the flag that a server's answer with a secret needs.
func addSecretFile(cmd *cobra.Command) {
	cmd.Flags().String("secret-file", "", "new `file` for the secret, if a server is asked; without it, "+
		"--show-secrets shows it on the screen")
}

// findOperator returns the operator with a user name.
func findOperator(ctx context.Context, s *services, username string) (tenancy.ListedOperator, error) {
	name := filter.Compare{Property: tenancy.OperatorProperties()[tenancy.PropertyUsername], Op: filter.Eq,
		Value: filter.Value{Text: filter.Fold(username)}}
	found, err := s.identity.OperatorPage(ctx, commandLine(), identity.OperatorList{Filter: name, Limit: 1})
	if err == nil && len(found) == 0 {
		err = cli.WithExit(cli.ExitNotFound,
			fmt.Errorf("there is no operator %q. See: gatehouse operator list", username))
	}
	if err != nil {
		return tenancy.ListedOperator{}, err
	}
	return found[0], nil
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
	return cli.WithKind(fn(ctx, s, cmd.OutOrStdout()))
}
