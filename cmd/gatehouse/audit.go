// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/spf13/cobra"

	"gatehouse/internal/cli"
	"gatehouse/internal/tenancy"
)

// newest says how old the newest event is. An old copy of a database shows by that.
func newest(at time.Time) string {
	if at.IsZero() {
		return "no event yet"
	}
	return fmt.Sprintf("the newest of %s (%s ago)", at.Format(time.RFC3339), time.Since(at).Round(time.Second))
}

func newAudit(environ []string) *cobra.Command {
	o := cli.NewOptions(environ)
	list, export := newAuditList(o, environ), newAuditExport(o, environ)
	for _, cmd := range []*cobra.Command{list, export} {
		o.AddServerFlags(cmd)
	}
	o.AddOutputFlags(list)
	return cli.Group("audit", "Show, export and check the audit", list, export, newAuditVerify(environ))
}

func newAuditVerify(environ []string) *cobra.Command {
	var file string
	verify := &cobra.Command{Use: "verify",
		Short: "Check every chain, and name each that is broken; exit 1 then", Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return withServices(cmd, environ, func(ctx context.Context, s *services, out io.Writer) error {
				report, err := s.tenancy.VerifyAudits(ctx)
				if err != nil {
					return err
				}
				if err := brokenChains(report); err != nil {
					return err
				}
				if file != "" {
					if err := verifyExport(ctx, s, file, cmd.InOrStdin(), out); err != nil {
						return err
					}
				}
				_, err = fmt.Fprintf(out, "The audit is unbroken: %d events in %d chains, %s.\n", report.Events,
					report.Chains, newest(report.Newest))
				return err
			})
		}}
	verify.Flags().StringVar(&file, "export", "",
		"also check a `file` of audit export (-: standard input), and that the database still has its events")
	addOptions(verify, environ)
	return verify
}

// brokenChains returns an error that names each broken chain; nil if there is none.
func brokenChains(report tenancy.AuditReport) error {
	var all []error
	for _, b := range report.Broken {
		all = append(all, fmt.Errorf("the audit of %s is broken at event %d: %s", b.OrganizationID, b.Seq, b.Fault))
	}
	return errors.Join(all...)
}
