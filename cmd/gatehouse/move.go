// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"gatehouse/internal/cli"
	"gatehouse/internal/config"
	"gatehouse/internal/move"
	"gatehouse/internal/tenancy"
)

// moveFlags are the flags of migrate that move a server.
type moveFlags struct {
	to, toFile     string
	broken, forget bool
}

func (f *moveFlags) add(cmd *cobra.Command) {
	cmd.Flags().StringVar(&f.to, "to", "",
		"move everything to another database, while no server runs: the `place` is a postgres:// URL, or a data folder "+
			"if the settings name PostgreSQL; with a password in it use --to-file, since others can read command lines")
	cmd.Flags().StringVar(&f.toFile, "to-file", "", "`file` that has the place of --to")
	cmd.Flags().BoolVar(&f.broken, "broken-audit", false,
		"with --to: move although chains of the audit are broken, as they are")
	cmd.Flags().BoolVar(&f.forget, "forget-move", false,
		"let servers use a database again that was moved; what was done at the other place since is not in it")
	cmd.MarkFlagsMutuallyExclusive("to", "to-file", "forget-move")
}

// target returns the place to move to; "" if the flags name none.
func (f *moveFlags) target(cmd *cobra.Command) (to string, err error) {
	to = f.to
	if f.toFile != "" {
		text, err := readSecret(f.toFile)
		if err != nil {
			return "", cli.WithExit(cli.ExitUsage, fmt.Errorf("read --to-file: %w", err))
		}
		to = strings.TrimSpace(string(text))
		if strings.ContainsAny(to, "\r\n") {
			return "", cli.Usage("read --to-file: the file must have one line, with the place, and nothing else")
		}
	}
	if to == "" && (cmd.Flags().Changed("to") || cmd.Flags().Changed("to-file")) {
		return "", cli.Usage("--to is empty: give a postgres:// URL, or a data folder")
	}
	return to, nil
}

// run moves the database of the settings, or lets servers use it again.
func (f *moveFlags) run(cmd *cobra.Command, c config.Config, to string) (err error) {
	if to == "" && !f.forget {
		return nil
	}
	m := moving{config: c, out: cmd.OutOrStdout(), stderr: cmd.ErrOrStderr(), broken: f.broken}
	defer func() { err = errors.Join(err, m.close()) }()
	if !f.forget {
		if err := m.setTarget(to); err != nil {
			return err
		}
	}
	if err := m.openSource(cmd.Context()); err != nil {
		return err
	}
	if f.forget {
		return m.forget(cmd.Context())
	}
	if err := m.checkSource(cmd.Context()); err != nil { // before anything is made at the target
		return err
	}
	if err := m.openTarget(cmd.Context()); err != nil {
		return err
	}
	return m.run(cmd.Context())
}

// run moves. Each step may be interrupted, and the same command goes on. Nothing is written to the
// source except the mark, at the end, and servers use the target only after that.
func (m *moving) run(ctx context.Context) (err error) {
	m.mover.Say = func(format string, args ...any) { fmt.Fprintf(m.stderr, format+"\n", args...) }
	if m.mover.Tables, err = m.tables(ctx); err != nil {
		return err
	}
	if err := m.mover.Source.Begin(ctx, m.mover.Tables); err != nil {
		return fmt.Errorf("the source cannot be held: %w", err)
	}
	defer func() { err = errors.Join(err, m.mover.Source.Rollback()) }()
	if err := m.checkSource(ctx); err != nil { // again: now nobody can change it
		return err
	}
	origin, err := m.mover.Origin(ctx)
	if err != nil {
		return err
	}
	if over, err := m.movedBefore(ctx, origin); err != nil || over {
		return err
	}
	key, err := checkKey(ctx, m.config, m.source, schemaOfToday)
	if err != nil {
		return fmt.Errorf("the source: %w", err)
	}
	before, err := m.audit(ctx, m.config, m.source)
	if err != nil {
		return err
	}
	resumed, err := m.mover.Prepare(ctx, origin)
	if err != nil {
		return err
	}
	if resumed {
		m.mover.Say("This move was begun before, and goes on.")
	}
	report, err := m.mover.Run(ctx, resumed)
	if err != nil {
		return err
	}
	m.print(report)
	if err := m.sameAudit(ctx, before); err != nil {
		return err
	}
	return m.finish(ctx, key)
}

// movedBefore looks for the mark of an earlier move of the source to this target. Over is true if that
// is complete.
func (m *moving) movedBefore(ctx context.Context, origin string) (over bool, err error) {
	moved, err := m.mover.Source.Mark(ctx, move.MovedTo)
	if err != nil || moved == "" {
		return false, err
	}
	if mark, err := m.mover.Target.Mark(ctx, move.MovingFrom); err != nil || mark == origin {
		return false, err // only the last step is missing
	}
	_, err = fmt.Fprintf(m.out, "It was moved already, to %s. There is nothing to do.\n", moved)
	return true, err
}

// audit verifies the audit of one side.
func (m *moving) audit(ctx context.Context, c config.Config, db store) (tenancy.AuditReport, error) {
	s, err := newServices(c, db)
	if err == nil {
		err = s.identity.LearnMasterKeys(ctx)
	}
	if err != nil {
		return tenancy.AuditReport{}, err
	}
	report, err := s.tenancy.VerifyAudits(ctx)
	if err != nil {
		return report, err
	}
	if err := brokenChains(report); err != nil && !m.broken {
		return report, fmt.Errorf("%w\nNothing was moved. Look into it first, or give --broken-audit to move the chains as "+
			"they are", err)
	}
	return report, nil
}

// sameAudit verifies the audit of the target with the key, which must fit, and compares it with the
// source's.
func (m *moving) sameAudit(ctx context.Context, before tenancy.AuditReport) error {
	if err := m.target.Ready(ctx); err != nil {
		return ofTarget(err)
	}
	if _, err := checkKey(ctx, m.other, m.target, schemaOfToday); err != nil {
		return ofTarget(err)
	}
	after, err := m.audit(ctx, m.other, m.target)
	if err != nil {
		return ofTarget(err)
	}
	if after.Events != before.Events || after.Chains != before.Chains ||
		len(after.Broken) != len(before.Broken) {
		return fmt.Errorf("the audit of the target has %d events in %d chains, and that of the source %d in %d",
			after.Events, after.Chains, before.Events, before.Chains)
	}
	fmt.Fprintf(m.out, "The audit is the same on both sides: %d events in %d chains, %s.\n", after.Events,
		after.Chains, newest(after.Newest))
	if n := len(after.Broken); n > 0 {
		fmt.Fprintf(m.out, "%d chains besides are broken on both sides.\n", n)
	}
	return nil
}

func (m *moving) print(r move.Report) {
	for _, t := range r.Tables {
		fmt.Fprintf(m.out, "same  %-20s  %9d rows  %s\n", t.Table, t.Rows, t.Digest[:16])
	}
	fmt.Fprintf(m.out, "All %d rows are the same on both sides.\n", r.Rows)
}

// finish marks the source as moved, and only then opens the target to servers: at no moment does
// a server start on both.
func (m *moving) finish(ctx context.Context, key string) error {
	if err := refuseServers(ctx, m.source); err != nil {
		return err
	}
	err := m.mover.Source.SetMark(ctx, move.MovedTo, m.place+movedAt+time.Now().UTC().Format(time.RFC3339))
	if err == nil {
		err = m.mover.Source.Commit(ctx)
	}
	if err != nil {
		return fmt.Errorf("mark the source as moved: %w", err)
	}
	if err := m.mover.Target.SetMark(ctx, move.MovingFrom, ""); err != nil {
		return fmt.Errorf("open the target to servers: %w. Run the same command again", err)
	}
	setting := "GATEHOUSE_DATABASE set to the URL"
	if m.other.Database == "" {
		setting = "--data " + m.place
	}
	_, err = fmt.Fprintf(m.out, "It is moved to %s. No server starts on the old database any more.\n"+
		"Start servers with %s and the same master key, %s.\nThen run gatehouse doctor with the same settings.\n",
		m.place, setting, key)
	return err
}
