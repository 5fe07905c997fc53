// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"iter"

	"github.com/spf13/cobra"

	"gatehouse/apitype"
	"gatehouse/client"
	"gatehouse/internal/output"
)

func newClient(o *Options) *cobra.Command {
	return Group("client", "Administer clients, which are enrolled installations", newClientList(o),
		newClientShow(o), newClientUpdate(o), newClientApprove(o), newClientRefuse(o), newClientRevoke(o))
}

func clientColumns() []output.Column {
	return []output.Column{{Title: "NAME", Path: "name", Least: 10}, {Title: "STATE", Path: "state"},
		{Title: "ID", Path: "id", Dispensable: true}, {Title: "ORGANIZATION", Path: "organizationId",
			Dispensable: true},
		{Title: "LAST SEEN", Path: "lastSeenAt", Dispensable: true},
		{Title: "TAGS", Path: "tags", Least: 6, Dispensable: true}, {Path: "instanceId"}, {Path: "authCodeId"},
		{Path: "address"}, {Path: "createdAt"}, {Path: "thumbprint"}, {Path: "decidedBy"}}
}

func newClientList(o *Options) *cobra.Command {
	var organization, state, code string
	cmd := addSort(listCommand(o, "list", "List clients",
		"id, name, instanceId, state, organizationId, authCodeId, tags, createdAt, updatedAt and lastSeenAt",
		clientColumns(), nil,
		func(s *session, _ []string, l client.ListOptions) (iter.Seq2[apitype.Client, error], error) {
			options := client.ClientListOptions{ListOptions: l, State: state, AuthCode: code}
			if s.cmd.Flags().Changed("organization") {
				var err error
				if options.Organization, err = s.organization(organization); err != nil {
					return nil, err
				}
			}
			for _, name := range []string{"state", "code"} {
				if f := s.cmd.Flags().Lookup(name); f.Changed && f.Value.String() == "" {
					return nil, Usage("--%s is empty: fill it or leave it out", name)
				}
			}
			return s.Clients.List(s.ctx, options), nil
		}), "one of name, createdAt, updatedAt and lastSeenAt")
	f := cmd.Flags()
	f.StringVar(&organization, "organization", "", "only those of an `organization`, by its id or its name")
	f.StringVar(&state, "state", "", "only those in a `state`: pending, active, refused or revoked")
	f.StringVar(&code, "code", "", "only those that a code let in, by its `id`")
	mustComplete(cmd, "state", cobra.FixedCompletions([]string{"pending", "active", "refused", "revoked"},
		cobra.ShellCompDirectiveNoFileComp))
	return cmd
}

func (s *session) getClient(text string) (apitype.Client, error) {
	id, err := s.client(text)
	if err != nil {
		return apitype.Client{}, err
	}
	return s.Clients.Get(s.ctx, id)
}

func newClientShow(o *Options) *cobra.Command {
	return o.command("show CLIENT", "Show a client", completeClient, func(s *session, args []string) error {
		found, err := s.getClient(args[0])
		if err != nil {
			return err
		}
		return s.out.Show(found)
	})
}

func newClientUpdate(o *Options) *cobra.Command {
	var name string
	var tags []string
	var cmd *cobra.Command
	cmd = o.command("update CLIENT", "Change what flags name; the rest stays as it is", completeClient,
		func(s *session, args []string) error {
			change := apitype.ClientChange{Name: changed(cmd, "name", name), Tags: changed(cmd, "tag", nonEmpty(tags))}
			if change == (apitype.ClientChange{}) {
				return nothingToChange(cmd)
			}
			id, err := s.client(args[0])
			if err != nil {
				return err
			}
			found, err := s.Clients.Update(s.ctx, id, change)
			if err != nil {
				return err
			}
			return s.out.Done(found, "Changed the client %s.", named(found.ID, found.Name))
		})
	cmd.Flags().StringVar(&name, "name", "", "new `name`")
	cmd.Flags().StringArrayVar(&tags, "tag", nil, "`text`, in place of all tags; may be repeated; '' removes "+
		"all")
	return cmd
}

// clientChange makes a command that changes the state of a client.
func clientChange(o *Options, verb, short, question, done string,
	do func(s *session, id string) (apitype.Client, error)) *cobra.Command {
	return o.command(verb+" CLIENT", short, completeClient, func(s *session, args []string) error {
		found, err := s.getClient(args[0])
		if err == nil && question != "" {
			err = s.confirm(question, named(found.ID, found.Name))
		}
		if err != nil {
			return err
		}
		if found, err = do(s, found.ID); err != nil {
			return err
		}
		return s.out.Done(found, done+" the client %s.", named(found.ID, found.Name))
	})
}

func newClientApprove(o *Options) *cobra.Command {
	return clientChange(o, "approve", "Let a client in that waits for approval", "", "Approved",
		func(s *session, id string) (apitype.Client, error) { return s.Clients.Approve(s.ctx, id) })
}

func newClientRefuse(o *Options) *cobra.Command {
	return addYes(clientChange(o, "refuse", "Keep a client out that waits for approval",
		"Refuse the client %s, for good?", "Refused",
		func(s *session, id string) (apitype.Client, error) { return s.Clients.Refuse(s.ctx, id) }))
}

func newClientRevoke(o *Options) *cobra.Command {
	return addYes(clientChange(o, "revoke", "Keep a client out that was let in, and end its tokens",
		"Revoke the client %s, for good?", "Revoked",
		func(s *session, id string) (apitype.Client, error) { return s.Clients.Revoke(s.ctx, id) }))
}
