// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"context"
	"fmt"
	"math"
	"runtime/debug"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"gatehouse/internal/bulk"
	"gatehouse/internal/output"
)

// importKind is what lines of a file become.
type importKind struct {
	noun    string // of several
	columns []bulk.Column
	open    bool                       // needs no log-in
	keys    func(bulk.Values) []string // two lines with the same key are one too many
	same    string                     // what such lines have in common
	made    []string                   // the header of the file for secrets; nil: none are made
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
	flags.StringVar(&f.refused, "refused", "", "new `file` for lines that are refused; without it, one next to the file")
	flags.StringVar(&f.unsure, "unsure", string(bulk.UnsureStop), "`what` to do with lines that may be done "+
		"already if the last run is a day ago: stop, repeat or refuse them")
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
	cmd.Example = "  gatehouse import " + kind.noun + " " + kind.noun + ".csv"
	if kind.made != nil {
		addSecretFile(cmd)
		cmd.Example += " --secret-file made.csv"
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
	in, err := bulk.Scan(path, format, kind.columns, func(v bulk.Values) []string {
		mints = mints || kind.mints != nil && kind.mints(v)
		return kind.keys(v)
	})
	if err != nil {
		return WithExit(ExitUsage, err)
	}
	in.Same = kind.same
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
