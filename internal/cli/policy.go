// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"github.com/spf13/cobra"

	"gatehouse/apitype"
	"gatehouse/client"
)

func newPolicy(o *Options) *cobra.Command {
	show := o.command("show ORGANIZATION", "Show the rules of an organization's codes and clients",
		completeOrganization, func(s *session, args []string) error {
			id, err := s.organization(args[0])
			if err != nil {
				return err
			}
			found, err := s.Organizations.Policy(s.ctx, id)
			if err != nil {
				return err
			}
			return s.out.Show(found)
		})
	return Group("policy", "The rules of an organization's codes and clients", show, newPolicySet(o))
}

func newPolicySet(o *Options) *cobra.Command {
	var once, approve bool
	var life string
	var cmd *cobra.Command
	cmd = o.command("set ORGANIZATION", "Change the rules that flags name; the rest stays as it is",
		completeOrganization, func(s *session, args []string) error {
			f := cmd.Flags()
			if !f.Changed("show-codes-once") && !f.Changed("max-code-life") && !f.Changed("approve-enrolments") {
				return nothingToChange(cmd)
			}
			id, err := s.organization(args[0])
			if err != nil {
				return err
			}
			var answer client.Answer
			found, err := s.Organizations.Policy(client.WithAnswer(s.ctx, &answer), id)
			if err != nil {
				return err
			}
			if f.Changed("show-codes-once") {
				found.ShowCodesOnce = &once
			}
			if f.Changed("max-code-life") {
				found.MaxCodeLife = &life
			}
			if f.Changed("approve-enrolments") {
				found.ApproveEnrolments = &approve
			}
			return s.replacePolicy(id, answer.ETag, found)
		})
	cmd.Flags().BoolVar(&once, "show-codes-once", false, "the text of a code leaves the server once, when it "+
		"is made")
	cmd.Flags().StringVar(&life, "max-code-life", "", "longest `life` of a code, such as 720h, or unlimited")
	cmd.Flags().BoolVar(&approve, "approve-enrolments", false, "clients wait until somebody approves them")
	return cmd
}

// replacePolicy writes the rules, unless somebody else did since they were read.
func (s *session) replacePolicy(id, etag string, p apitype.Policy) error {
	ctx := s.ctx
	if etag != "" {
		ctx = client.WithIfMatch(ctx, etag)
	}
	p, err := s.Organizations.ReplacePolicy(ctx, id, p)
	if err != nil {
		return err
	}
	return s.out.Done(p, "Changed the rules of the organization %s.", id)
}
