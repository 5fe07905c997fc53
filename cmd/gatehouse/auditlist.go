// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"
	"unicode"

	"github.com/spf13/cobra"

	"gatehouse/internal/api"
	"gatehouse/internal/filter"
	"gatehouse/internal/tenancy"
)

// followEvery is how often --follow looks for new events.
const followEvery = time.Second

// auditOutput writes events of the audit that match a filter.
type auditOutput struct {
	filter filter.Node
	out    io.Writer
	json   bool
	titled bool // the table has its first line
	// last has, by chain, the number of the last event that was read.
	last map[tenancy.OrganizationID]int64
}

const filterHelp = "a SCIM `filter` over at, action, actor, actorName, organizationId, seq, target, source, " +
	"requestId and outcome (success or failure)"

func newAuditList(environ []string) *cobra.Command {
	var text string
	var count int
	var follow, lines bool
	cmd := &cobra.Command{Use: "list", Short: "Show the newest events of the audit", Args: cobra.NoArgs,
		Example: `  gatehouse audit list --filter 'outcome eq "failure" and at ge "2026-11-01"'`,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return withServices(cmd, environ, func(ctx context.Context, s *services, out io.Writer) error {
				if count < 1 {
					return fmt.Errorf("--count is %d: give how many events to show, at least 1", count)
				}
				o, err := newAuditOutput(cmd, text, out, lines)
				if err != nil {
					return err
				}
				if follow { // before the list, so that no event is between the two
					if err := o.skip(ctx, s); err != nil {
						return err
					}
				}
				if err := o.newest(ctx, s, count); err != nil || !follow {
					return err
				}
				return o.follow(ctx, s)
			})
		}}
	cmd.Flags().StringVar(&text, "filter", "", filterHelp)
	cmd.Flags().IntVar(&count, "count", 50, "how `many` events at most")
	cmd.Flags().BoolVar(&follow, "follow", false, "go on with new events until interrupted")
	cmd.Flags().BoolVar(&lines, "json", false, "one JSON object a line in place of the table")
	addOptions(cmd, environ)
	return cmd
}

func newAuditExport(environ []string) *cobra.Command {
	var text string
	var follow bool
	cmd := &cobra.Command{Use: "export", Args: cobra.NoArgs,
		Short: "Write every event as a line of JSON, chain by chain, in the order of each chain",
		RunE: func(cmd *cobra.Command, _ []string) error {
			return withServices(cmd, environ, func(ctx context.Context, s *services, out io.Writer) error {
				o, err := newAuditOutput(cmd, text, out, true)
				if err != nil {
					return err
				}
				if err := o.newEvents(ctx, s); err != nil || !follow {
					return err
				}
				return o.follow(ctx, s)
			})
		}}
	cmd.Flags().StringVar(&text, "filter", "", filterHelp+"; without one, the export is complete")
	cmd.Flags().BoolVar(&follow, "follow", false, "go on with new events until interrupted")
	addOptions(cmd, environ)
	return cmd
}

func newAuditOutput(cmd *cobra.Command, text string, out io.Writer, lines bool) (*auditOutput, error) {
	o := &auditOutput{out: out, json: lines, last: map[tenancy.OrganizationID]int64{}}
	if cmd.Flags().Changed("filter") { // an empty one is a mistake, and not every event
		var err error
		if o.filter, err = filter.Parse(text, api.AuditSchema()); err != nil {
			return nil, fmt.Errorf("--filter: %w", err)
		}
	}
	return o, nil
}

// newest writes the newest events that match, the oldest of them first.
func (o *auditOutput) newest(ctx context.Context, s *services, count int) error {
	var found []tenancy.AuditEvent
	list := tenancy.AuditList{Filter: o.filter}
	for {
		list.Limit = count - len(found)
		page, err := s.tenancy.ListAudit(ctx, commandLine(), list)
		if err != nil {
			return err
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
		if err := o.write(e); err != nil {
			return err
		}
	}
	return nil
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
					if err := o.write(e); err != nil {
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

func (o *auditOutput) write(e tenancy.AuditEvent) error {
	if o.json {
		return json.NewEncoder(o.out).Encode(api.AuditEvent(e))
	}
	const row = "%-20s  %-7s  %-28s  %-24s  %-10s  %-36s  %-15s  %s\n"
	if !o.titled {
		o.titled = true
		if _, err := fmt.Fprintf(o.out, row, "TIME", "OUTCOME", "ACTION", "ACTOR", "CHAIN", "TARGET", "SOURCE",
			"DETAIL"); err != nil {
			return err
		}
	}
	actor := e.ActorName
	if actor == "" {
		actor = strings.TrimSuffix(e.Actor(), ":")
	}
	_, err := fmt.Fprintf(o.out, row, e.At.Format(time.RFC3339), e.Outcome(), printable(e.Action),
		printable(actor), e.OrganizationID, printable(e.Target), printable(e.Address), printable(e.Detail))
	return err
}

// printable replaces what would control a terminal.
func printable(text string) string {
	return strings.Map(func(r rune) rune {
		if !unicode.IsPrint(r) {
			return '�'
		}
		return r
	}, text)
}
