// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"context"
	"encoding/json"
	"iter"
	"time"

	"github.com/spf13/cobra"

	"gatehouse/apitype"
	"gatehouse/client"
	"gatehouse/internal/output"
	"gatehouse/internal/profile"
)

// completer returns what may be the next argument, after the ones that are there.
type completer func(s *session, args []string, begun string) ([]cobra.Completion, error)

const (
	// completionLimit bounds how long a shell waits, and mostCompletions what it shows.
	completionLimit = 2 * time.Second
	mostCompletions = 50
)

// mustComplete sets how a flag is completed. Its error says only that there is no such flag.
func mustComplete(cmd *cobra.Command, flag string, fn cobra.CompletionFunc) {
	if err := cmd.RegisterFlagCompletionFunc(flag, fn); err != nil {
		panic(err)
	}
}

// complete makes a function that asks the server for ids. It needs a log-in, asks no question, and
// returns nothing if anything is wrong: a shell shows no error there.
func (o *Options) complete(fn completer) cobra.CompletionFunc {
	return func(cmd *cobra.Command, args []string, begun string) ([]cobra.Completion, cobra.ShellCompDirective) {
		if fn == nil || len(args) >= words(cmd.Use) {
			return nil, cobra.ShellCompDirectiveNoFileComp
		}
		ctx, cancel := context.WithTimeout(cmd.Context(), completionLimit)
		defer cancel()
		cmd.SetContext(ctx)
		s, err := o.open(cmd, true)
		if err != nil {
			return nil, cobra.ShellCompDirectiveNoFileComp
		}
		found, err := fn(s, args, begun)
		if err != nil {
			return nil, cobra.ShellCompDirectiveNoFileComp
		}
		return found, cobra.ShellCompDirectiveNoFileComp | cobra.ShellCompDirectiveKeepOrder
	}
}

// idsOf returns the ids of the newest things that begin with a text, each with its name. The server
// looks for names, too.
func idsOf[T any](begun string, list func(client.ListOptions) iter.Seq2[T, error],
	describe func(T) candidate) ([]cobra.Completion, error) {
	o := client.ListOptions{PageSize: mostCompletions}
	if begun != "" {
		quoted, err := json.Marshal(begun)
		if err != nil {
			return nil, err
		}
		o.Filter = "name sw " + string(quoted)
	}
	var found []cobra.Completion
	for item, err := range first(list(o), mostCompletions) {
		if err != nil {
			return nil, err
		}
		c := describe(item)
		if begun == "" {
			found = append(found, cobra.CompletionWithDesc(c.id, output.Printable(c.name)))
		} else { // the shell keeps only what begins with the text
			found = append(found, cobra.CompletionWithDesc(output.Printable(c.name), c.id))
		}
	}
	return found, nil
}

func completeOrganization(s *session, _ []string, begun string) ([]cobra.Completion, error) {
	return idsOf(begun, func(o client.ListOptions) iter.Seq2[apitype.Organization, error] {
		return s.Organizations.List(s.ctx, o)
	}, func(o apitype.Organization) candidate { return candidate{o.ID, o.Name, o.State} })
}

func completeRequest(s *session, _ []string, begun string) ([]cobra.Completion, error) {
	return idsOf(begun, func(o client.ListOptions) iter.Seq2[apitype.OrganizationRequest, error] {
		return s.Requests.List(s.ctx, o)
	}, func(r apitype.OrganizationRequest) candidate { return candidate{r.ID, r.Name, r.Status} })
}

// completeCode completes an organization, and then one of its codes.
func completeCode(s *session, args []string, begun string) ([]cobra.Completion, error) {
	if len(args) == 0 {
		return completeOrganization(s, args, begun)
	}
	organization, err := s.organization(args[0])
	if err != nil {
		return nil, err
	}
	return idsOf(begun, func(o client.ListOptions) iter.Seq2[apitype.AuthCode, error] {
		return s.AuthCodes.List(s.ctx, organization, o)
	}, func(c apitype.AuthCode) candidate { return candidate{c.ID, c.Name, c.State} })
}

func completeClient(s *session, _ []string, begun string) ([]cobra.Completion, error) {
	return idsOf(begun, func(o client.ListOptions) iter.Seq2[apitype.Client, error] {
		return s.Clients.List(s.ctx, client.ClientListOptions{ListOptions: o})
	}, func(c apitype.Client) candidate { return candidate{c.ID, c.Name, c.State} })
}

func completeApplication(s *session, _ []string, begun string) ([]cobra.Completion, error) {
	return idsOf(begun, func(o client.ListOptions) iter.Seq2[apitype.Application, error] {
		return s.Applications.List(s.ctx, client.ApplicationListOptions{ListOptions: o})
	}, func(a apitype.Application) candidate { return candidate{a.ID, a.Name, a.Type} })
}

// completeProfiles returns the names of all profiles. It asks no server.
func (o *Options) completeProfiles(_ *cobra.Command, args []string, _ string) ([]cobra.Completion,
	cobra.ShellCompDirective) {
	folder, err := profile.Find(o.environ)
	if err != nil || len(args) > 0 {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	names, err := folder.List()
	if err != nil {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	return names, cobra.ShellCompDirectiveNoFileComp
}
