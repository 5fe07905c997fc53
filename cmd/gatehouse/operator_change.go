// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"fmt"
	"io"
	"iter"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"gatehouse/apitype"
	"gatehouse/internal/api"
	"gatehouse/internal/cli"
	"gatehouse/internal/identity"
	"gatehouse/internal/tenancy"
)

// ended says what a change did besides.
const ended = "Its sessions and tokens have ended; servers that are running know within a second.\n"

// operatorCommand makes a command about the operator whose name is its first argument.
func operatorCommand(o *cli.Options, environ []string, use, short string,
	remote func(*cobra.Command, []string) error,
	do func(ctx context.Context, s *services, o tenancy.ListedOperator, args []string, out io.Writer) error,
) *cobra.Command {
	cmd := &cobra.Command{Use: use, Short: short, Args: cobra.ExactArgs(strings.Count(use, " ")),
		RunE: either(o, remote, func(cmd *cobra.Command, args []string) error {
			return withServices(cmd, environ, func(ctx context.Context, s *services, out io.Writer) error {
				o, err := findOperator(ctx, s, args[0])
				if err != nil {
					return err
				}
				return do(ctx, s, o, args[1:], out)
			})
		})}
	addOptions(cmd, environ)
	addWays(cmd)
	return cmd
}

func newOperatorDisable(o *cli.Options, environ []string) *cobra.Command {
	return operatorCommand(o, environ, "disable USERNAME",
		"Keep an operator from logging in, and end its sessions and tokens", o.OperatorDisable(),
		func(ctx context.Context, s *services, o tenancy.ListedOperator, _ []string, out io.Writer) error {
			if _, err := s.identity.DisableOperator(ctx, commandLine(), o.ID); err != nil {
				return err
			}
			_, err := fmt.Fprintf(out, "Disabled %s. %s", o.Username, ended)
			return err
		})
}

func newOperatorEnable(o *cli.Options, environ []string) *cobra.Command {
	return operatorCommand(o, environ, "enable USERNAME",
		"Let a disabled operator log in again; what was ended stays ended", o.OperatorEnable(),
		func(ctx context.Context, s *services, o tenancy.ListedOperator, _ []string, out io.Writer) error {
			if _, err := s.identity.EnableOperator(ctx, commandLine(), o.ID); err != nil {
				return err
			}
			_, err := fmt.Fprintf(out, "Enabled %s. What was ended stays ended.\n", o.Username)
			return err
		})
}

func newOperatorRemove(o *cli.Options, environ []string) *cobra.Command {
	cmd := operatorCommand(o, environ, "remove USERNAME",
		"Remove an operator for good, with its sessions and tokens; its name is free again", o.OperatorRemove(),
		func(ctx context.Context, s *services, o tenancy.ListedOperator, _ []string, out io.Writer) error {
			if err := s.identity.DeleteOperator(ctx, commandLine(), o.ID); err != nil {
				return err
			}
			_, err := fmt.Fprintf(out, "Removed %s. %s", o.Username, ended)
			return err
		})
	cmd.Flags().BoolP("yes", "y", false, "do not ask whether this is meant, if a server is asked")
	return cmd
}

func newOperatorRole(o *cli.Options, environ []string) *cobra.Command {
	cmd := operatorCommand(o, environ, "role USERNAME ROLE",
		"Give an operator another role, and end its sessions and tokens", o.OperatorRole(),
		func(ctx context.Context, s *services, o tenancy.ListedOperator, args []string, out io.Writer) error {
			role := tenancy.Role(args[0])
			if !slices.Contains(tenancy.Roles(), role) {
				return cli.Usage("%q is no role. Give %s", args[0], roleNames())
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

func newOperatorSessionsEnd(o *cli.Options, environ []string) *cobra.Command {
	return operatorCommand(o, environ, "end USERNAME", "End all sessions and tokens of an operator, on every "+
		"wire",
		o.OperatorSessionsEnd(),
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

func newOperatorList(o *cli.Options, environ []string) *cobra.Command {
	cmd := &cobra.Command{Use: "list", Short: "List all operators, the newest first", Args: cobra.NoArgs,
		RunE: either(o, o.OperatorList(), func(cmd *cobra.Command, _ []string) error {
			return withServices(cmd, environ, func(ctx context.Context, s *services, _ io.Writer) error {
				return o.PrintOperators(cmd, operators(ctx, s))
			})
		})}
	addOptions(cmd, environ)
	addWays(cmd)
	return cmd
}

// operators returns all operators, as the API has them.
func operators(ctx context.Context, s *services) iter.Seq2[apitype.Operator, error] {
	return func(yield func(apitype.Operator, error) bool) {
		for p := (identity.OperatorList{Limit: operatorPage}); ; {
			page, err := s.identity.OperatorPage(ctx, commandLine(), p)
			if err != nil {
				yield(apitype.Operator{}, err)
				return
			}
			for _, o := range page {
				if !yield(api.Operator(o), nil) {
					return
				}
				p.After = o.Number
			}
			if len(page) < operatorPage {
				return
			}
		}
	}
}

func choose(condition bool, yes, no string) string {
	if condition {
		return yes
	}
	return no
}
