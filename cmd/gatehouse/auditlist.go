// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"fmt"
	"io"
	"iter"
	"slices"
	"time"

	"github.com/spf13/cobra"

	"gatehouse/apitype"
	"gatehouse/internal/api"
	"gatehouse/internal/cli"
	"gatehouse/internal/filter"
	"gatehouse/internal/tenancy"
)

// followEvery is how often --follow looks for new events.
const followEvery = time.Second

// auditOutput writes events of the audit that match a filter.
type auditOutput struct {
	filter filter.Node
	lines  cli.AuditLines
	// last has, by chain, the number of the last event that was read.
	last map[tenancy.OrganizationID]int64
}

const filterHelp = "a SCIM `filter` over at, action, actor, actorName, organizationId, seq, target, source, " +
	"requestId and outcome (success or failure)"

func newAuditList(opts *cli.Options, environ []string) *cobra.Command {
	var flags cli.AuditFlags
	offline := func(cmd *cobra.Command, _ []string) error {
		return withServices(cmd, environ, func(ctx context.Context, s *services, out io.Writer) error {
			o, err := newAuditOutput(&flags, out, flags.JSON)
			if err != nil {
				return err
			}
			if flags.Follow { // before the list, so that no event is between the two
				if err := o.skip(ctx, s); err != nil {
					return err
				}
			}
			newest, err := o.newest(ctx, s, flags.Count)
			if err != nil {
				return err
			}
			if !flags.Follow && !flags.JSON {
				return opts.PrintAudit(cmd, wireEvents(newest))
			}
			for _, e := range newest {
				if err := o.lines.Write(api.AuditEvent(e)); err != nil {
					return err
				}
			}
			if !flags.Follow {
				return nil
			}
			return o.follow(ctx, s)
		})
	}
	cmd := &cobra.Command{Use: "list", Short: "Show the newest events of the audit", Args: cobra.NoArgs,
		Example: `  gatehouse audit list --filter 'outcome eq "failure" and at ge "2026-11-01"'`,
		RunE:    checkedAudit(&flags, either(opts, opts.AuditList(&flags), offline))}
	cmd.Flags().StringVar(&flags.Filter, "filter", "", filterHelp)
	cmd.Flags().IntVar(&flags.Count, "count", 50, "how `many` events at most")
	cmd.Flags().BoolVar(&flags.Follow, "follow", false, "go on with new events until interrupted")
	cmd.Flags().BoolVar(&flags.JSON, "json", false, "one JSON object a line in place of the table")
	addOptions(cmd, environ)
	addWays(cmd)
	return cmd
}

// checkedAudit refuses flags that mean nothing, and those that exclude each other.
func checkedAudit(flags *cli.AuditFlags, do func(*cobra.Command, []string) error,
) func(*cobra.Command, []string) error {
	return func(cmd *cobra.Command, args []string) error {
		f := cmd.Flags()
		switch {
		case f.Changed("count") && flags.Count < 1:
			return cli.Usage("--count is %d: give how many events to show, at least 1", flags.Count)
		case f.Changed("filter") && flags.Filter == "": // a mistake, and not every event
			return cli.Usage("--filter is empty: fill it or leave it out")
		case f.Changed("output") && (flags.Follow || flags.JSON):
			return cli.Usage("--output excludes --follow and --json: leave out either")
		}
		return do(cmd, args)
	}
}

// wireEvents returns events as the API has them.
func wireEvents(events []tenancy.AuditEvent) iter.Seq2[apitype.AuditEvent, error] {
	return func(yield func(apitype.AuditEvent, error) bool) {
		for _, e := range events {
			if !yield(api.AuditEvent(e), nil) {
				return
			}
		}
	}
}

func newAuditExport(opts *cli.Options, environ []string) *cobra.Command {
	var flags cli.AuditFlags
	offline := func(cmd *cobra.Command, _ []string) error {
		return withServices(cmd, environ, func(ctx context.Context, s *services, out io.Writer) error {
			o, err := newAuditOutput(&flags, out, true)
			if err != nil {
				return err
			}
			if err := o.newEvents(ctx, s); err != nil || !flags.Follow {
				return err
			}
			return o.follow(ctx, s)
		})
	}
	cmd := &cobra.Command{Use: "export", Args: cobra.NoArgs,
		Short: "Write every event as a line of JSON, in the order of each chain",
		RunE:  checkedAudit(&flags, either(opts, opts.AuditExport(&flags), offline))}
	cmd.Flags().StringVar(&flags.Filter, "filter", "", filterHelp+"; without one, the export is complete")
	cmd.Flags().BoolVar(&flags.Follow, "follow", false, "go on with new events until interrupted")
	addOptions(cmd, environ)
	addWays(cmd)
	return cmd
}

func newAuditOutput(flags *cli.AuditFlags, out io.Writer, lines bool) (*auditOutput, error) {
	o := &auditOutput{lines: cli.AuditLines{Out: out, JSON: lines}, last: map[tenancy.OrganizationID]int64{}}
	if flags.Filter != "" {
		var err error
		if o.filter, err = filter.Parse(flags.Filter, api.AuditSchema()); err != nil {
			return nil, cli.Usage("--filter: %w", err)
		}
	}
	return o, nil
}

// newest returns the newest events that match, the oldest of them first.
func (o *auditOutput) newest(ctx context.Context, s *services, count int) ([]tenancy.AuditEvent, error) {
	var found []tenancy.AuditEvent
	list := tenancy.AuditList{Filter: o.filter}
	for {
		list.Limit = count - len(found)
		page, err := s.tenancy.ListAudit(ctx, commandLine(), list)
		if err != nil {
			return nil, err
		}
		found = append(found, page.Items...)
		if len(found) >= count || page.Next == nil {
			break
		}
		list.After = page.Next
	}
	slices.Reverse(found)
	for _, e := range found {
		o.last[e.OrganizationID] = max(o.last[e.OrganizationID], e.Seq)
	}
	return found, nil
}

// chainsPerPage and eventsPerPage bound what is in memory.
const (
	chainsPerPage = 1000
	eventsPerPage = 1000
)

// chains calls fn with the end of each chain, by organization.
func chains(ctx context.Context, s *services, fn func(tenancy.AuditHead) error) error {
	for after := tenancy.RootID - 1; ; {
		heads, err := s.tenancy.AuditChains(ctx, commandLine(), after, chainsPerPage)
		if err != nil {
			return err
		}
		for _, h := range heads {
			if err := fn(h); err != nil {
				return err
			}
			after = h.OrganizationID
		}
		if len(heads) < chainsPerPage {
			return nil
		}
	}
}

// skip takes all events that there are as read.
func (o *auditOutput) skip(ctx context.Context, s *services) error {
	return chains(ctx, s, func(h tenancy.AuditHead) error {
		o.last[h.OrganizationID] = h.Seq
		return nil
	})
}

// newEvents writes the events that were not read yet.
func (o *auditOutput) newEvents(ctx context.Context, s *services) error {
	return chains(ctx, s, func(h tenancy.AuditHead) error {
		for id := h.OrganizationID; o.last[id] < h.Seq; {
			events, err := s.tenancy.AuditChain(ctx, commandLine(), id, o.last[id], eventsPerPage)
			if err != nil {
				return err
			}
			if len(events) == 0 {
				return fmt.Errorf("the audit of %s ends at event %d, and %d must be there: run gatehouse audit verify",
					id, o.last[id], h.Seq)
			}
			for _, e := range events {
				if tenancy.AuditMatches(o.filter, e) {
					if err := o.lines.Write(api.AuditEvent(e)); err != nil {
						return err
					}
				}
				o.last[id] = e.Seq
			}
		}
		return nil
	})
}

// follow writes new events until the context ends.
func (o *auditOutput) follow(ctx context.Context, s *services) error {
	ticker := time.NewTicker(followEvery)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-ticker.C:
		}
		if err := o.newEvents(ctx, s); err != nil && ctx.Err() == nil {
			return err
		}
	}
}
