// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"errors"
	"fmt"
	"iter"

	"github.com/spf13/cobra"

	"gatehouse/apitype"
	"gatehouse/client"
	"gatehouse/internal/output"
)

func newRequest(o *Options) *cobra.Command {
	return Group("request", "Handle requests of organizations that ask to be let in", newRequestList(o),
		newRequestShow(o), newRequestSubmit(o), newRequestUpdate(o), newRequestApprove(o), newRequestReject(o),
		newRequestDecide(o), newRequestDelete(o))
}

func requestColumns() []output.Column {
	return []output.Column{{Title: "ID", Path: "id"}, {Title: "NAME", Path: "name", Least: 10},
		{Title: "STATUS", Path: "status"}, {Title: "EMAIL", Path: "email", Least: 10, Dispensable: true},
		{Title: "ORGANIZATION", Path: "organizationId", Dispensable: true},
		{Title: "CREATED", Path: "createdAt", Dispensable: true}, {Path: "requesterComments"},
		{Path: "approverComments"}, {Path: "relatedOrganization"}, {Path: "decidedAt"}, {Path: "decidedBy"}}
}

func newRequestList(o *Options) *cobra.Command {
	return addSort(listCommand(o, "list", "List requests",
		"id, name, status, organizationId, email and createdAt", requestColumns(), nil,
		func(s *session, _ []string, l client.ListOptions) (iter.Seq2[apitype.OrganizationRequest, error], error) {
			return s.Requests.List(s.ctx, l), nil
		}), "id, name, status or createdAt")
}

func (s *session) getRequest(text string) (apitype.OrganizationRequest, error) {
	id, err := s.request(text)
	if err != nil {
		return apitype.OrganizationRequest{}, err
	}
	return s.Requests.Get(s.ctx, id)
}

func newRequestShow(o *Options) *cobra.Command {
	return o.command("show REQUEST", "Show a request, and whom its name may be taken for", completeRequest,
		func(s *session, args []string) error {
			found, err := s.getRequest(args[0])
			if err != nil {
				return err
			}
			return s.out.Show(found)
		})
}

func newRequestSubmit(o *Options) *cobra.Command {
	var organization organizationFlags
	var comments, related, first, last, email string
	cmd := &cobra.Command{Use: "submit NAME", Short: "Ask for an organization to be let in; needs no log-in if " +
		"" +
		"" +
		"" +
		"the server lets the public ask", Args: cobra.ExactArgs(1)}
	cmd.RunE = o.runOpen(func(s *session, args []string) error {
		further, err := properties(organization.properties)
		if err != nil {
			return err
		}
		p := apitype.OrganizationRequestParams{Name: args[0], RequesterComments: comments,
			RelatedOrganization: related}
		applicant := apitype.ApplicantParams{Alias: changed(cmd, "alias", organization.alias),
			Description:  changed(cmd, "description", organization.description),
			ExternalID:   changed(cmd, "external-id", organization.externalID),
			EmailDomains: changed(cmd, "email-domain", nonEmpty(organization.domains)), Properties: further}
		p.Organization = &applicant
		p.Contact = &apitype.ContactParams{FirstName: changed(cmd, "first-name", first),
			LastName: changed(cmd, "last-name", last), Email: changed(cmd, "email", email)}
		made, err := s.Requests.Submit(s.ctx, p)
		if err != nil {
			return err
		}
		return s.out.Created(made, "Submitted the request %s, which waits for a decision.", named(made.ID,
			made.Name))
	})
	organization.add(cmd)
	f := cmd.Flags()
	f.Lookup("contact").Hidden = true // a request has one contact, of the flags below
	f.StringVar(&comments, "comments", "", "`text` for those who decide")
	f.StringVar(&related, "related-organization", "", "`name` of an organization that the requester belongs to")
	f.StringVar(&first, "first-name", "", "first `name` of the contact")
	f.StringVar(&last, "last-name", "", "last `name` of the contact")
	f.StringVar(&email, "email", "", "`address` of the contact")
	return cmd
}

func newRequestUpdate(o *Options) *cobra.Command {
	var name, status, comments, related string
	var cmd *cobra.Command
	cmd = o.command("update REQUEST", "Change what flags name; the rest stays as it is", completeRequest,
		func(s *session, args []string) error {
			change := apitype.OrganizationRequestChange{Name: changed(cmd, "name", name),
				Status: changed(cmd, "status", status), RequesterComments: changed(cmd, "comments", comments),
				RelatedOrganization: changed(cmd, "related-organization", related)}
			if change == (apitype.OrganizationRequestChange{}) {
				return nothingToChange(cmd)
			}
			id, err := s.request(args[0])
			if err != nil {
				return err
			}
			found, err := s.Requests.Update(s.ctx, id, change)
			if err != nil {
				return err
			}
			return s.out.Done(found, "Changed the request %s, whose status is %s.", named(found.ID, found.Name),
				found.Status)
		})
	f := cmd.Flags()
	f.StringVar(&name, "name", "", "new `name`")
	f.StringVar(&status, "status", "", "new `status`: review or moreInfoNeeded")
	f.StringVar(&comments, "comments", "", "`text` of the requester")
	f.StringVar(&related, "related-organization", "", "`name` of an organization that the requester belongs to")
	mustComplete(cmd, "status", cobra.FixedCompletions([]string{"review", "moreInfoNeeded"},
		cobra.ShellCompDirectiveNoFileComp))
	return cmd
}

// decision makes a command that decides one request.
func decision(o *Options, verb, done, short string, final bool,
	do func(s *session, id string, c apitype.DecisionComments) (apitype.OrganizationRequest,
		error)) *cobra.Command {
	var comments string
	cmd := o.command(verb+" REQUEST", short, completeRequest, func(s *session, args []string) error {
		found, err := s.getRequest(args[0])
		if err == nil && final {
			err = s.confirm("%s the request %s, for good?", verb, named(found.ID, found.Name))
		}
		if err != nil {
			return err
		}
		if found, err = do(s, found.ID, apitype.DecisionComments{ApproverComments: comments}); err != nil {
			return err
		}
		return s.out.Done(found, "%s the request %s. Its organization is %s.", done, named(found.ID, found.Name),
			found.OrganizationID)
	})
	cmd.Flags().StringVar(&comments, "comments", "", "`text` about the decision")
	return cmd
}

func newRequestApprove(o *Options) *cobra.Command {
	return decision(o, "approve", "Approved", "Let an organization in, and activate its contact", false,
		func(s *session, id string, c apitype.DecisionComments) (apitype.OrganizationRequest, error) {
			return s.Requests.Approve(s.ctx, id, c)
		})
}

func newRequestReject(o *Options) *cobra.Command {
	return addYes(decision(o, "reject", "Rejected", "Keep an organization out", true,
		func(s *session, id string, c apitype.DecisionComments) (apitype.OrganizationRequest, error) {
			return s.Requests.Reject(s.ctx, id, c)
		}))
}

// mostDecisions is how many requests the server decides at once.
const mostDecisions = 100

func newRequestDecide(o *Options) *cobra.Command {
	var approve, reject []string
	var comments string
	cmd := o.command("decide", "Approve and reject many requests; exit 8 if some could not be decided", nil,
		func(s *session, _ []string) error {
			decisions, err := s.decisions(approve, reject, comments)
			if err != nil {
				return err
			}
			if len(reject) > 0 {
				if err := s.confirm("Approve %d and reject %d requests, for good?", len(approve),
					len(reject)); err != nil {
					return err
				}
			}
			result, err := s.Requests.Decide(s.ctx, apitype.Decisions{Decisions: decisions})
			if err != nil {
				return err
			}
			return s.showDecisions(result)
		})
	cmd.Flags().StringSliceVar(&approve, "approve", nil, "`requests` to approve, with commas between them; may "+
		"be repeated")
	cmd.Flags().StringSliceVar(&reject, "reject", nil, "`requests` to reject")
	cmd.Flags().StringVar(&comments, "comments", "", "`text` about all of the decisions")
	cmd.Example = "  gatehouse request decide --approve 100001,100002 --reject 100003"
	return addYes(cmd)
}

func (s *session) decisions(approve, reject []string, comments string) ([]apitype.Decision, error) {
	if n := len(approve) + len(reject); n == 0 || n > mostDecisions {
		return nil, Usage("give 1 to %d requests with --approve and --reject", mostDecisions)
	}
	var all []apitype.Decision
	for _, list := range []struct {
		verb string
		of   []string
	}{{"approve", approve}, {"reject", reject}} {
		for _, text := range list.of {
			id, err := s.request(text)
			if err != nil {
				return nil, err
			}
			all = append(all, apitype.Decision{ID: id, Decision: list.verb, ApproverComments: comments})
		}
	}
	return all, nil
}

// showDecisions writes what became of each request. If some failed, that is the error.
func (s *session) showDecisions(result apitype.DecisionResults) error {
	failed := 0
	for _, r := range result.Results {
		if r.Problem != nil {
			failed++
		}
	}
	err := output.List(s.out, []output.Column{{Title: "ID", Path: "id"}, {Title: "STATUS", Path: "status"},
		{Title: "PROBLEM", Path: "problem.detail"}, {Path: "problem.code"}},
		func(yield func(apitype.DecisionResult, error) bool) {
			for _, r := range result.Results {
				if !yield(r, nil) {
					return
				}
			}
		})
	switch {
	case failed == 0:
		return err
	case failed == len(result.Results):
		return errors.Join(err, WithExit(ExitFailed, errors.New("no request was decided")))
	}
	return errors.Join(err, WithExit(ExitPartly, fmt.Errorf("%d of %d requests were not decided", failed,
		len(result.Results))))
}

func newRequestDelete(o *Options) *cobra.Command {
	return addYes(o.command("delete REQUEST", "Delete a request", completeRequest,
		func(s *session, args []string) error {
			found, err := s.getRequest(args[0])
			if err == nil {
				err = s.confirm("Delete the request %s, for good?", named(found.ID, found.Name))
			}
			if err != nil {
				return err
			}
			if err := s.Requests.Delete(s.ctx, found.ID); err != nil {
				return err
			}
			return s.out.Done(nil, "Deleted the request %s.", named(found.ID, found.Name))
		}))
}
