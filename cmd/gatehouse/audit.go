// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"fmt"
	"io"

	"github.com/spf13/cobra"
)

func newAudit(environ []string) *cobra.Command {
	cmd := &cobra.Command{Use: "audit", Short: "Check the audit", Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() }}
	verify := &cobra.Command{Use: "verify", Short: "Check every organization's chain; exit 1 when one is broken",
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return withServices(cmd, environ, func(ctx context.Context, s *services, out io.Writer) error {
				chains, events, err := s.tenancy.VerifyAudits(ctx)
				if err != nil {
					return err
				}
				_, err = fmt.Fprintf(out, "The audit is unbroken: %d events in %d chains.\n", events, chains)
				return err
			})
		}}
	addOptions(verify, environ)
	cmd.AddCommand(verify)
	return cmd
}
