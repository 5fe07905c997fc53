// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"encoding/json"
	"fmt"
	"io"
	"iter"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"gatehouse/apitype"
	"gatehouse/client"
	"gatehouse/internal/output"
)

// AuditColumns are those of a list of audit events.
func AuditColumns() []output.Column {
	return []output.Column{{Title: "TIME", Path: "at"}, {Title: "OUTCOME", Path: "outcome"},
		{Title: "ACTION", Path: "action"}, {Title: "ACTOR", Path: "actorName", Least: 8},
		{Title: "CHAIN", Path: "organizationId"}, {Title: "TARGET", Path: "target", Least: 8, Dispensable: true},
		{Title: "SOURCE", Path: "source", Dispensable: true},
		{Title: "DETAIL", Path: "detail", Least: 8, Dispensable: true}, {Path: "actor"}, {Path: "seq"},
		{Path: "requestId"}}
}

// nameless gives events whose actor has no name the actor's kind.
func nameless(events iter.Seq2[apitype.AuditEvent, error]) iter.Seq2[apitype.AuditEvent, error] {
	return func(yield func(apitype.AuditEvent, error) bool) {
		for e, err := range events {
			if e.ActorName == "" {
				e.ActorName = strings.TrimSuffix(e.Actor, ":")
			}
			if !yield(e, err) {
				return
			}
		}
	}
}

// PrintAudit writes a list of events.
func (o *Options) PrintAudit(cmd *cobra.Command, events iter.Seq2[apitype.AuditEvent, error]) error {
	out, err := o.printer(cmd)
	if err != nil {
		return err
	}
	if out.Format.Table() {
		events = nameless(events)
	}
	return output.List(out, AuditColumns(), events)
}

// AuditLines writes events one by one, as a table whose columns are fixed, or as lines of JSON.
type AuditLines struct {
	Out    io.Writer
	JSON   bool
	titled bool
}

// Write writes the next event.
func (l *AuditLines) Write(e apitype.AuditEvent) error {
	if l.JSON {
		return json.NewEncoder(l.Out).Encode(e)
	}
	const row = "%-20s  %-7s  %-28s  %-24s  %-10s  %-36s  %-15s  %s\n"
	if !l.titled {
		l.titled = true
		if _, err := fmt.Fprintf(l.Out, row, "TIME", "OUTCOME", "ACTION", "ACTOR", "CHAIN", "TARGET", "SOURCE",
			"DETAIL"); err != nil {
			return err
		}
	}
	actor := e.ActorName
	if actor == "" {
		actor = strings.TrimSuffix(e.Actor, ":")
	}
	_, err := fmt.Fprintf(l.Out, row, e.At.Format(time.RFC3339), e.Outcome, output.Printable(e.Action),
		output.Printable(actor), e.OrganizationID, output.Printable(e.Target), output.Printable(e.Source),
		output.Printable(string(e.Detail)))
	return err
}

// AuditFlags are the choices of audit list and audit export.
type AuditFlags struct {
	Filter string
	Count  int // of the newest; 0: all
	Follow bool
	JSON   bool // one JSON object a line
}

// AuditList writes the newest events, the oldest of them first.
func (o *Options) AuditList(flags *AuditFlags) body {
	return o.run(func(s *session, _ []string) error {
		lines := &AuditLines{Out: s.out.Out, JSON: flags.JSON}
		f := &follower{session: s, filter: flags.Filter, lines: lines, seen: map[eventID]time.Time{}}
		if flags.Follow { // before the list, so that no event is between the two
			if err := f.skip(); err != nil {
				return err
			}
		}
		var newest []apitype.AuditEvent
		l := client.ListOptions{Filter: flags.Filter, PageSize: min(pageSize, flags.Count)}
		for e, err := range first(s.Audit.List(s.ctx, l), flags.Count) {
			if err != nil {
				return err
			}
			newest = append(newest, e)
		}
		slices.Reverse(newest)
		if !flags.Follow && !flags.JSON {
			return o.PrintAudit(s.cmd, each(newest))
		}
		for _, e := range newest {
			f.see(e)
			if err := lines.Write(e); err != nil {
				return err
			}
		}
		if !flags.Follow {
			return nil
		}
		return f.follow()
	})
}

// AuditExport writes all events as lines of JSON, from the oldest on.
func (o *Options) AuditExport(flags *AuditFlags) body {
	return o.run(func(s *session, _ []string) error {
		f := &follower{session: s, filter: flags.Filter, lines: &AuditLines{Out: s.out.Out, JSON: true},
			seen: map[eventID]time.Time{}}
		if err := f.read(); err != nil || !flags.Follow {
			return err
		}
		return f.follow()
	})
}

const (
	// followEvery is how often a server is asked for new events.
	followEvery = time.Second
	// late is how long after its time an event may become visible: the time it takes to commit.
	late = 30 * time.Second
)

// eventID names an event.
type eventID struct {
	chain string
	seq   int64
}

// follower writes events that it has not seen.
type follower struct {
	*session
	filter string
	lines  *AuditLines
	seen   map[eventID]time.Time
	since  time.Time // of the latest event; zero: there was none
}

// see notes an event, and reports whether it is new.
func (f *follower) see(e apitype.AuditEvent) bool {
	id := eventID{e.OrganizationID, e.Seq}
	_, known := f.seen[id]
	f.seen[id] = e.At
	if e.At.After(f.since) {
		f.since = e.At
	}
	return !known
}

// skip notes the events of the last seconds. Those before them are not asked for.
func (f *follower) skip() error {
	for e, err := range f.Audit.List(f.ctx, client.ListOptions{Filter: f.filter, PageSize: pageSize}) {
		if err != nil {
			return err
		}
		if f.see(e); e.At.Before(f.since.Add(-late)) {
			return nil
		}
	}
	return nil
}

// follow writes new events until the command is interrupted, which is no error.
func (f *follower) follow() error {
	for {
		select {
		case <-f.ctx.Done():
			return nil
		case <-time.After(followEvery):
		}
		if err := f.read(); err != nil {
			if f.ctx.Err() != nil {
				return nil
			}
			return err
		}
	}
}

// read writes the events that were not seen, from shortly before the latest on.
func (f *follower) read() error {
	text, from := f.filter, f.since.Add(-late)
	if !f.since.IsZero() {
		text = fmt.Sprintf("at ge %q", from.UTC().Format(time.RFC3339Nano))
		if f.filter != "" {
			text += " and (" + f.filter + ")"
		}
	}
	for e, err := range f.Audit.List(f.ctx, client.ListOptions{Filter: text, Sort: "at:asc",
		PageSize: pageSize}) {
		if err != nil {
			return err
		}
		if f.see(e) {
			if err := f.lines.Write(e); err != nil {
				return err
			}
		}
		if len(f.seen) > mostSeen {
			f.forget(f.since.Add(-late))
		}
	}
	f.forget(from)
	return nil
}

// mostSeen is how many events are noted before old ones are forgotten.
const mostSeen = 10_000

func (f *follower) forget(before time.Time) {
	for id, at := range f.seen {
		if at.Before(before) {
			delete(f.seen, id)
		}
	}
}
