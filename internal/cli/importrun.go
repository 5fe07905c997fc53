// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"time"

	"gatehouse/client"
	"gatehouse/internal/bulk"
)

// importResult is what an import did, for programs.
type importResult struct {
	Lines       int64  `json:"lines"`
	Done        int64  `json:"done"`
	Refused     int64  `json:"refused"`
	RefusedFile string `json:"refusedFile,omitempty"`
}

func (i *importer) run(in bulk.Input, choice string, mints bool) error {
	o := bulk.Options{Journal: i.flags.journal, Refused: i.flags.refused, Concurrency: i.flags.concurrency,
		KeyLife: keyLife, Unsure: bulk.Unsure(i.flags.unsure), Grace: grace}
	switch o.Unsure {
	case bulk.UnsureStop, bulk.UnsureRepeat, bulk.UnsureRefuse:
	default:
		return Usage("--unsure %q: give stop, repeat or refuse", i.flags.unsure)
	}
	work := strings.ReplaceAll(strings.TrimPrefix(i.cmd.CommandPath(), i.cmd.Root().Name()+" "), " ", "-")
	if o.Journal == "" {
		o.Journal = in.Path + "." + work + ".journal"
	}
	if o.Refused == "" {
		end := filepath.Ext(in.Path)
		o.Refused = strings.TrimSuffix(in.Path, end) + ".refused" + end
	}
	if err := i.placeSecrets(&o, mints); err != nil {
		return err
	}
	target, err := i.target()
	if err != nil {
		return err
	}
	p := newProgress(i.cmd.ErrOrStderr(), i.out.Quiet)
	o.Progress = p.show
	stats, err := bulk.Run(i.ctx, in, bulk.Job{Work: i.cmd.CommandPath(), Target: target, Choice: choice}, o,
		i.work)
	p.end(stats)
	return i.report(stats, o, err)
}

// placeSecrets says where secrets go. Without a place nothing is begun.
func (i *importer) placeSecrets(o *bulk.Options, mints bool) error {
	if i.kind.made == nil {
		return nil
	}
	o.MadeHeader = i.kind.made
	path, err := i.cmd.Flags().GetString("secret-file")
	switch {
	case err != nil:
		return err
	case path != "":
		o.Made = path
	case i.cmd.Flags().Changed("secret-file"):
		return Usage("--secret-file is empty: give the path of a new file")
	case i.out.ShowSecrets:
		o.MadeTo = i.out.Out
	case mints:
		return Usage("this makes secrets that are shown once: give --secret-file FILE to keep them, or " +
			"--show-secrets to see them. Nothing was done")
	}
	return nil
}

// target says which server it is, and who is logged in: the server knows a request again only of the
// same operator.
func (i *importer) target() (string, error) {
	if i.kind.open {
		return i.Server(), nil
	}
	me, err := i.Operators.Get(i.ctx, "me")
	return i.Server() + " as " + me.Username, err
}

// work does one line. While the server asks to slow down, it waits.
func (i *importer) work(ctx context.Context, t bulk.Task) ([]string, error) {
	do, err := i.kind.prepare(i, ctx, t)
	for err == nil {
		var made []string
		if made, err = do(client.WithIdempotencyKey(ctx, t.Key)); err == nil {
			return made, nil
		}
		if errors.Is(err, client.ErrTooMany) {
			err = waitFor(ctx, err)
		}
	}
	if refusesLine(err) {
		return nil, &bulk.Refusal{Err: errors.New(reasonOf(err))}
	}
	return nil, err
}

// waitFor waits as long as the server asks.
func waitFor(ctx context.Context, err error) error {
	wait := time.Second
	if e, ok := errors.AsType[*client.Error](err); ok {
		wait = max(wait, e.RetryAfter)
	}
	select {
	case <-time.After(wait):
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// refusesLine reports whether an error is about this line: the next one may be done.
func refusesLine(err error) bool {
	if _, ofServer := errors.AsType[*client.Error](err); !ofServer {
		code := ExitCode(err)
		return code == ExitUsage || code == ExitNotFound || code == ExitRefused
	}
	switch code := client.CodeOf(err); {
	case code == "": // not an answer of Gatehouse
		return false
	case errors.Is(err, client.ErrDenied):
		return code == client.CodeEnrolmentRefused
	}
	return errors.Is(err, client.ErrInvalid) || errors.Is(err, client.ErrConflict) ||
		errors.Is(err, client.ErrNotFound)
}

// reasonOf returns the text of an error in one line.
func reasonOf(err error) string {
	return strings.Join(strings.Fields(err.Error()), " ")
}

// report says what was done, and what to do next.
func (i *importer) report(stats bulk.Stats, o bulk.Options, err error) error {
	if err != nil {
		return i.stopped(stats, err)
	}
	result := importResult{Lines: stats.Lines, Done: stats.Done, Refused: stats.Refused}
	before := ""
	if stats.Before == stats.Lines && stats.Lines > 0 {
		before = " Earlier runs did all of it: see " + o.Journal + "."
	}
	if stats.Refused > 0 {
		result.RefusedFile = o.Refused
	}
	err = i.out.Done(result, "%d of %d lines are done.%s", stats.Done, stats.Lines, before)
	if err == nil && stats.Refused > 0 {
		err = WithExit(ExitPartly, fmt.Errorf("%d lines were refused: %s has them with the reasons. Mend them there, "+
			"and import that file", stats.Refused, o.Refused))
	}
	return err
}

// stopped says how to go on after an error or a signal.
func (i *importer) stopped(stats bulk.Stats, err error) error {
	if errors.Is(err, bulk.ErrUnsure) {
		return WithExit(ExitConflict, fmt.Errorf("%w. Look whether they are there, and run the same command again with "+
			"--unsure repeat (what is there already is refused, but a second code or request may be made) or "+
			"--unsure refuse (they go to the file of refused lines)", err))
	}
	on := fmt.Sprintf("%d of %d lines are over. To go on, run the same command again", stats.Next, stats.Lines)
	if i.ctx.Err() != nil {
		if _, err := fmt.Fprintf(i.cmd.ErrOrStderr(), "gatehouse: stopped. %s.\n", on); err != nil {
			return err
		}
		return err
	}
	if stats.Next == 0 && stats.Before == 0 {
		return err
	}
	return fmt.Errorf("%w\n%s", err, on)
}
