// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"fmt"
	"io"
	"slices"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"gatehouse/internal/identity"
	"gatehouse/internal/tenancy"
)

// ended says what a change did besides.
const ended = "Its sessions and tokens have ended; servers that are running know within a second.\n"

// operatorCommand makes a command about the operator whose name is its first argument.
func operatorCommand(environ []string, use, short string,
	do func(ctx context.Context, s *services, o tenancy.ListedOperator, args []string, out io.Writer) error,
) *cobra.Command {
	cmd := &cobra.Command{Use: use, Short: short, Args: cobra.ExactArgs(strings.Count(use, " ")),
		RunE: func(cmd *cobra.Command, args []string) error {
			return withServices(cmd, environ, func(ctx context.Context, s *services, out io.Writer) error {
				o, err := findOperator(ctx, s, args[0])
				if err != nil {
					return err
				}
				return do(ctx, s, o, args[1:], out)
			})
		}}
	addOptions(cmd, environ)
	return cmd
}

func newOperatorDisable(environ []string) *cobra.Command {
	return operatorCommand(environ, "disable USERNAME",
		"Keep an operator from logging in, and end its sessions and tokens",
		func(ctx context.Context, s *services, o tenancy.ListedOperator, _ []string, out io.Writer) error {
			if _, err := s.identity.DisableOperator(ctx, commandLine(), o.ID); err != nil {
				return err
			}
			_, err := fmt.Fprintf(out, "Disabled %s. %s", o.Username, ended)
			return err
		})
}

func newOperatorEnable(environ []string) *cobra.Command {
	return operatorCommand(environ, "enable USERNAME",
		"Let a disabled operator log in again; what was ended stays ended",
		func(ctx context.Context, s *services, o tenancy.ListedOperator, _ []string, out io.Writer) error {
			if _, err := s.identity.EnableOperator(ctx, commandLine(), o.ID); err != nil {
				return err
			}
			_, err := fmt.Fprintf(out, "Enabled %s. What was ended stays ended.\n", o.Username)
			return err
		})
}

func newOperatorRemove(environ []string) *cobra.Command {
	return operatorCommand(environ, "remove USERNAME",
		"Remove an operator for good, with its sessions and tokens; its name is free again",
		func(ctx context.Context, s *services, o tenancy.ListedOperator, _ []string, out io.Writer) error {
			if err := s.identity.DeleteOperator(ctx, commandLine(), o.ID); err != nil {
				return err
			}
			_, err := fmt.Fprintf(out, "Removed %s. %s", o.Username, ended)
			return err
		})
}

func newOperatorRole(environ []string) *cobra.Command {
	cmd := operatorCommand(environ, "role USERNAME ROLE",
		"Give an operator another role, and end its sessions and tokens",
		func(ctx context.Context, s *services, o tenancy.ListedOperator, args []string, out io.Writer) error {
			role := tenancy.Role(args[0])
			if !slices.Contains(tenancy.Roles(), role) {
				return fmt.Errorf("%q is no role. Give %s", args[0], roleNames())
			}
			if role == o.Role {
				_, err := fmt.Fprintf(out, "%s is %s already. Nothing was changed.\n", o.Username, o.Role)
				return err
			}
			changed, err := s.identity.UpdateOperator(ctx, commandLine(), o.ID,
				identity.UpdateOperatorParams{Role: &role})
			if err != nil {
				return err
			}
			_, err = fmt.Fprintf(out, "%s is %s now. %s", o.Username, changed.Role, ended)
			return err
		})
	cmd.Long = strings.Replace(cmd.Long, cmd.Short+".", cmd.Short+".\n\nROLE is "+roleNames()+".", 1)
	return cmd
}

func newOperatorSessionsEnd(environ []string) *cobra.Command {
	return operatorCommand(environ, "end USERNAME", "End all sessions and tokens of an operator, on every wire",
		func(ctx context.Context, s *services, o tenancy.ListedOperator, _ []string, out io.Writer) error {
			if _, err := s.identity.EndOperatorSessions(ctx, commandLine(), o.ID); err != nil {
				return err
			}
			_, err := fmt.Fprintf(out, "%s %s. %s", o.Username, choose(o.Active, "may log in again", "stays disabled"),
				ended)
			return err
		})
}

// operatorPage is how many operators are read at a time.
const operatorPage = 500

func newOperatorList(environ []string) *cobra.Command {
	cmd := &cobra.Command{Use: "list", Short: "List all operators, the newest first", Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return withServices(cmd, environ, func(ctx context.Context, s *services, out io.Writer) error {
				w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
				fmt.Fprintln(w, "USERNAME\tROLE\tORGANIZATION\tSTATE\tSECOND FACTOR\tNUMBER")
				for p := (identity.OperatorList{Limit: operatorPage}); ; {
					page, err := s.identity.OperatorPage(ctx, commandLine(), p)
					if err != nil {
						return err
					}
					for _, o := range page {
						fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\t%s\n", o.Username, o.Role, o.OrganizationID,
							choose(o.Active, "active", "disabled"), choose(o.SecondFactor, "yes", "no"), o.Number)
						p.After = o.Number
					}
					if len(page) < operatorPage {
						return w.Flush()
					}
				}
			})
		}}
	addOptions(cmd, environ)
	return cmd
}

func choose(condition bool, yes, no string) string {
	if condition {
		return yes
	}
	return no
}
