// SPDX-License-Identifier: Apache-2.0

package bulk

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"
)

// Refusal is the error of a line that cannot be done, while others can. Every other error of a line ends
// the run; the next run begins again at that line.
type Refusal struct{ Err error }

// Error implements error.
func (r *Refusal) Error() string { return r.Err.Error() }

// Unwrap returns the reason.
func (r *Refusal) Unwrap() error { return r.Err }

// Task is a line to be done. Key and Begun are the same for the same line in a later run; who is asked to
// do something with the same key again must not do it twice.
type Task struct {
	Record
	Key   string    // nobody can guess it
	Begun time.Time // when the first run began
}

// Work does one line. It returns the cells for the file of what was made, or nil.
type Work func(ctx context.Context, t Task) (made []string, err error)

// Stats say how far a run is.
type Stats struct {
	Lines   int64 // of the file
	Next    int64 // lines that are over
	Done    int64 // lines that were done
	Refused int64
	Before  int64 // how many of Next earlier runs had
}

// Unsure says what becomes of lines that an earlier run may have done without an answer, once
// their keys are too old to be known.
type Unsure string

// The choices.
const (
	UnsureStop   Unsure = "stop"   // the run does not begin
	UnsureRepeat Unsure = "repeat" // they are done, perhaps for the second time
	UnsureRefuse Unsure = "refuse" // they are refused lines
)

// Options are the choices of a run.
type Options struct {
	Journal     string
	Refused     string    // file for refused lines; made when there is one
	Made        string    // file for what is made; "" for none
	MadeHeader  []string  // its first line
	MadeTo      io.Writer // where the same goes without a file; may be nil
	Concurrency int
	KeyLife     time.Duration // how long keys are known for certain
	Unsure      Unsure
	Progress    func(Stats)   // called often, by one goroutine
	Grace       time.Duration // how long lines under way may take once the run is stopped
}

// ErrUnsure is the error of a run that does not begin because of Unsure.
var ErrUnsure = errors.New("some lines may be done already")

const (
	// window is how many lines may be ahead of the first that is not over, for each worker.
	window = 4
	// betweenMarks is how many lines may be over that are not in the journal yet.
	betweenMarks = 100
	// restBeforeMark is how long they are not in the journal at most.
	restBeforeMark = 50 * time.Millisecond
)

// Run does the lines of a file that no earlier run has done. When the context ends, it takes no further
// lines, waits for those that are under way, and returns the context's error.
func Run(ctx context.Context, in Input, job Job, o Options, work Work) (stats Stats, err error) {
	job.Digest, job.Made, job.Refuse = in.Digest, o.Made, o.Refused
	j, err := openJournal(o.Journal, job, time.Now())
	if err != nil {
		return Stats{Lines: in.Lines}, err
	}
	defer func() { err = errors.Join(err, j.close()) }()
	r := &run{input: in, options: o, work: work, journal: j, before: j.last.Next}
	if j.last.Finished {
		return r.stats(), nil
	}
	if err := r.begin(time.Now()); err != nil {
		return r.stats(), errors.Join(err, r.close())
	}
	err = r.all(ctx)
	return r.stats(), errors.Join(err, r.close())
}

type run struct {
	input   Input
	options Options
	work    Work
	journal *journal
	reader  *Reader
	source  io.Closer
	refused *refusals
	made    *outFile
	before  int64
	late    int64 // lines before this one may be done already, and their keys are too old
	now     mark  // what is over, and not all of it in the journal
}

// begin opens the files where the journal says.
func (r *run) begin(now time.Time) error {
	last := r.journal.last
	ahead := min(last.Next+int64(r.options.Concurrency*window+betweenMarks), r.input.Lines)
	if r.journal.resumed && now.Sub(last.At) > r.options.KeyLife && ahead > last.Next {
		if r.options.Unsure == UnsureStop {
			return fmt.Errorf("%w: the last run ended at %s, too long ago to know what became of up to %d lines "+
				"after the first %d", ErrUnsure, last.At.UTC().Format(time.RFC3339), ahead-last.Next, last.Next)
		}
		r.late = ahead
	}
	reader, source, err := r.input.open(io.Discard)
	if err != nil {
		return err
	}
	r.reader, r.source, r.now = reader, source, last
	r.refused = newRefusals(r.options.Refused, r.input.Format, reader.header)
	r.made = &outFile{path: r.options.Made}
	if err := errors.Join(r.refused.reopen(last.RefOurs, last.RefSize),
		r.made.reopen(last.MadeOurs, last.MadeSize)); err != nil {
		return err
	}
	if (r.made.path != "" || r.options.MadeTo != nil) && last.MadeSize == 0 && len(r.options.MadeHeader) > 0 {
		if err := errors.Join(r.made.create(r.claimMade), r.made.writeRow(r.options.MadeHeader)); err != nil {
			return err
		}
	}
	return reader.Skip(last.Next)
}

func (r *run) close() error {
	var errs []error
	if r.source != nil {
		errs = append(errs, r.source.Close())
	}
	if r.refused != nil {
		errs = append(errs, r.refused.close(), r.made.close())
	}
	return errors.Join(errs...)
}

// claimMade and claimRefused note that a file which is not there is about to be made by this job.
func (r *run) claimMade() error {
	r.now.MadeOurs = true
	claimed := r.journal.last
	claimed.MadeOurs = true
	return r.journal.mark(claimed)
}

func (r *run) claimRefused() error {
	r.now.RefOurs = true
	claimed := r.journal.last
	claimed.RefOurs = true
	return r.journal.mark(claimed)
}

func (r *run) stats() Stats {
	m := r.journal.last
	return Stats{Lines: r.input.Lines, Next: m.Next, Done: m.Done, Refused: m.Refused, Before: r.before}
}
