// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"context"
	"errors"
	"fmt"
	"math"
	"path/filepath"
	"runtime/debug"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"gatehouse/client"
	"gatehouse/internal/bulk"
	"gatehouse/internal/output"
)

// importKind is what lines of a file become.
type importKind struct {
	noun    string // of several
	columns []bulk.Column
	open    bool                     // needs no log-in
	key     func(bulk.Values) string // two lines with the same key are one too many; "": no key
	made    []string                 // the header of the file for secrets; nil: none are made
	// mints reports whether the server makes a secret for a line.
	mints func(bulk.Values) bool
	// prepare checks a line without changing anything, and returns what sends it.
	prepare func(i *importer, ctx context.Context, t bulk.Task) (send, error)
}

// send does one line. It returns the cells for the file for secrets, or nil.
type send func(ctx context.Context) ([]string, error)

// importFlags are the choices of an import.
type importFlags struct {
	format, journal, refused, unsure string
	concurrency                      int
	dryRun                           bool
}

func newImport(o *Options) *cobra.Command {
	var commands []*cobra.Command
	for _, kind := range importKinds() {
		commands = append(commands, newImportOf(o, kind))
	}
	return Group("import", "Make many things from the lines of a file, in CSV or JSON lines", commands...)
}

// keyLife is how long the server knows the key of a request for certain: an hour less than the day for
// which it keeps the answer.
const keyLife = 23 * time.Hour

// softMemory is the memory from which on the garbage collector works harder. Little lives, and much passes
// through: on a busy machine, what passes would otherwise grow while the collector waits for its turn.
const softMemory = 24 << 20

// grace is how long requests under way may take once somebody stops the command.
const grace = 10 * time.Second

func (f *importFlags) add(cmd *cobra.Command) {
	flags := cmd.Flags()
	flags.StringVar(&f.format, "format", "", "`format` of the file: csv or jsonl; without it, its name says so")
	flags.BoolVar(&f.dryRun, "dry-run", false, "check every line, and change nothing")
	flags.IntVar(&f.concurrency, "concurrency", 8, "how `many` lines are sent at once, 1 to 16")
	flags.StringVar(&f.journal, "journal", "", "`file` that knows how far it is; without it, one next to the file")
	flags.StringVar(&f.refused, "refused", "", "new `file` for lines that are refused; without it, FILE.refused")
	flags.StringVar(&f.unsure, "unsure", string(bulk.UnsureStop), "what to do with lines that may be done "+
		"already if the last run is a day ago: stop, repeat or `refuse` them")
	completeFormats(cmd)
	mustComplete(cmd, "unsure", cobra.FixedCompletions([]string{"stop", "repeat", "refuse"},
		cobra.ShellCompDirectiveNoFileComp))
}

// completeFormats completes the flag --format.
func completeFormats(cmd *cobra.Command) {
	mustComplete(cmd, "format", cobra.FixedCompletions([]string{string(bulk.CSV), string(bulk.Lines)},
		cobra.ShellCompDirectiveNoFileComp))
}

func newImportOf(o *Options, kind importKind) *cobra.Command {
	var flags importFlags
	cmd := &cobra.Command{Use: kind.noun + " FILE", Short: "Make " + kind.noun + " from the lines of a file",
		Args: cobra.ExactArgs(1)}
	run := o.run
	if kind.open {
		run = o.runOpen
	}
	cmd.RunE = run(func(s *session, args []string) error { return s.importFile(kind, flags, args[0], "") })
	flags.add(cmd)
	if kind.made != nil {
		addSecretFile(cmd)
	}
	if kind.noun == nounClients {
		cmd.Flags().String("code-file", "", "`file` with the authorization code of all lines, - for the input; "+
			"without it, the column authorizationCode has one for each")
	}
	cmd.Long = cmd.Short + ".\n\nThe columns, or members in JSON lines: " + listColumns(kind.columns) +
		".\n\nA run that was stopped goes on if it is started again: each line is done once. Lines that are refused " +
		"are in a file with their numbers and the reasons, and can be mended there and imported from it."
	return cmd
}

// listColumns lists the columns, those that every line needs with an asterisk.
func listColumns(columns []bulk.Column) string {
	var all []string
	for _, c := range columns {
		switch {
		case c.Ignored:
		case c.Required:
			all = append(all, c.Name+"*")
		default:
			all = append(all, c.Name)
		}
	}
	return strings.Join(all, ", ") + " (* must be there)"
}

// importer is an import at work.
type importer struct {
	*session
	kind          importKind
	flags         importFlags
	organizations *organizationMemory
	code          string // of all lines: see --code-file
}

// importFile imports a file. Choice has the flags that change what its lines become.
func (s *session) importFile(kind importKind, flags importFlags, path, choice string) error {
	i := &importer{session: s, kind: kind, flags: flags, organizations: &organizationMemory{}}
	if f := s.cmd.Flags().Lookup("code-file"); f != nil && f.Changed {
		code, err := readSecret(s.cmd, f.Value.String(), "the authorization code")
		if err != nil {
			return err
		}
		i.code = code.Reveal()
	}
	format := bulk.Format(flags.format)
	if flags.format == "" {
		var err error
		if format, err = bulk.FormatOf(path); err != nil {
			return Usage("%w", err)
		}
	} else if format != bulk.CSV && format != bulk.Lines {
		return Usage("--format %q: give csv or jsonl", flags.format)
	}
	if flags.concurrency < 1 || flags.concurrency > 16 {
		return Usage("--concurrency %d: give a number from 1 to 16", flags.concurrency)
	}
	if debug.SetMemoryLimit(-1) == math.MaxInt64 { // GOMEMLIMIT says nothing
		debug.SetMemoryLimit(softMemory)
	}
	mints := false
	in, err := bulk.Scan(path, format, kind.columns, func(v bulk.Values) string {
		mints = mints || kind.mints != nil && kind.mints(v)
		return kind.key(v)
	})
	if err != nil {
		return WithExit(ExitUsage, err)
	}
	if flags.dryRun {
		return i.dryRun(in)
	}
	return i.run(in, choice, mints)
}

// dryRun checks all lines. It says of each that would be refused why, as far as that is known before it is
// sent.
func (i *importer) dryRun(in bulk.Input) error {
	bad, begun := 0, time.Now()
	err := in.Check(func(r bulk.Record, refusal error) error {
		if refusal == nil {
			_, refusal = i.kind.prepare(i, i.ctx, bulk.Task{Record: r, Begun: begun})
			if refusal != nil && !refusesLine(refusal) {
				return fmt.Errorf("line %d: %w", r.Line, refusal)
			}
		}
		if err := i.ctx.Err(); err != nil || refusal == nil {
			return err
		}
		bad++
		_, err := fmt.Fprintf(i.cmd.ErrOrStderr(), "line %d: %s\n", r.Line, output.Printable(reasonOf(refusal)))
		return err
	})
	if err != nil {
		return err
	}
	if bad > 0 {
		return WithExit(ExitPartly, fmt.Errorf("%d of %d lines would be refused. Nothing was changed, and "+
			"the server may refuse others", bad, in.Lines))
	}
	return i.out.Done(importResult{Lines: in.Lines}, "%d lines can be sent. Nothing was changed, and the server "+
		"may still refuse some.", in.Lines)
}

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
