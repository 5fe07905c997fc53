// SPDX-License-Identifier: Apache-2.0

package main

import (
	"cmp"
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"gatehouse/bench/host"
	"gatehouse/bench/report"
)

// options say what is measured and how long.
type options struct {
	full     bool
	sizes    []int
	clients  int // enrolled clients; 0: as many as organizations
	engines  []string
	only     *regexp.Regexp // of operations and chapters
	turns    int
	duration time.Duration // of a turn
	out      string
	binary   string
	work     string
	seed     uint64
	strict   bool
	// of the rollout
	installers int
	within     time.Duration
	soak       time.Duration // instead of measuring; 0: no soak
	soakRate   int           // tasks a second
	against    string        // an older build to compare with; empty: none
	profile    bool          // the server's profiles are taken, too
	budget     time.Duration // for all; when it gets short, each is measured once, and then no more
}

const usage = `bench measures the built server beside yardsticks; see bench/README.md.

`

func parse(args []string) (options, error) {
	o := options{}
	var sizes, engines, only string
	f := flag.NewFlagSet("bench", flag.ContinueOnError)
	f.Usage = func() {
		fmt.Fprint(f.Output(), usage)
		f.PrintDefaults()
	}
	f.BoolVar(&o.full, "full", false, "measure 10,000, 100,000 and 1,000,000 organizations; under half an hour")
	f.StringVar(&sizes, "sizes", "", "organizations, by comma; overrides -full's and the quick run's 10,000")
	f.IntVar(&o.clients, "clients", 0, "enrolled clients in the database; 0: as many as organizations")
	f.StringVar(&engines, "engines", report.SQLite+","+report.Postgres, "engines, by comma")
	f.StringVar(&only, "only", "",
		"a regular expression: only operations and chapters (footprint, memory, walk, offset-90, login-storm, overload, replicas, rollout) that match; the rollout is measured only if it is named")
	f.IntVar(&o.installers, "installers", rolloutInstallers, "how many installers come in at a rollout")
	f.DurationVar(&o.within, "within", 3*time.Minute, "in which time they come")
	f.IntVar(&o.turns, "turns", 3, "how often each is measured; the median counts")
	f.DurationVar(&o.duration, "duration", 0, "of one turn; 0: what fits the time of the run")
	f.StringVar(&o.out, "out", filepath.Join("bench", "out"), "folder for the report")
	f.StringVar(&o.binary, "binary", filepath.Join("bin", "gatehouse"), "the built server")
	f.StringVar(&o.against, "against", "",
		"an older build of the server: every operation is measured on both in turn, and nothing else is")
	f.DurationVar(&o.soak, "soak", 0,
		"run servers under a mixed load for so long, with a backup, a rotation of the master key and a new "+
			"certificate; nothing is measured but what they hold")
	f.IntVar(&o.soakRate, "soak-rate", 10, "tasks a second of the soak, of about five requests each")
	f.StringVar(&o.work, "work", "",
		"folder for the databases, on the disk that is to be measured; empty: a temporary one")
	f.Uint64Var(&o.seed, "seed", 1, "of the names")
	f.DurationVar(&o.budget, "budget", 0,
		"for the whole run: when it gets short, each is measured once only, and when it is used up, the rest is left out; 0: what the kind of run may take, none with -sizes")
	f.BoolVar(&o.strict, "strict", false,
		"exit with 1 when a target is missed, too; where a million organizations were not measured, also below a target")
	f.BoolVar(&o.profile, "profile", false,
		"take profiles of the server at the largest size, for go tool pprof, into the folder profiles in -out")
	if err := f.Parse(args); err != nil {
		return o, err
	}
	if f.NArg() > 0 {
		return o, fmt.Errorf("unknown argument %q", f.Arg(0))
	}
	return o.complete(sizes, engines, only)
}

func (o options) complete(sizes, engines, only string) (_ options, err error) {
	o.sizes = []int{10_000}
	if o.full {
		o.sizes = []int{10_000, 100_000, 1_000_000}
	}
	if sizes != "" {
		o.sizes = nil
		for _, text := range strings.Split(sizes, ",") {
			n, err := strconv.Atoi(strings.ReplaceAll(text, "_", ""))
			if err != nil || n < 1000 {
				return o, fmt.Errorf("-sizes: %q is not a number of at least 1000", text)
			}
			o.sizes = append(o.sizes, n)
		}
		slices.Sort(o.sizes)
	}
	for _, e := range strings.Split(engines, ",") {
		if e != report.SQLite && e != report.Postgres {
			return o, fmt.Errorf("-engines: there is no %q", e)
		}
		o.engines = append(o.engines, e)
	}
	if o.only, err = regexp.Compile(only); err != nil {
		return o, fmt.Errorf("-only: %w", err)
	}
	if o.turns < 1 {
		return o, fmt.Errorf("-turns: at least 1")
	}
	if o.installers < 1 || o.within < 0 {
		return o, errors.New("-installers and -within: at least one installer, and no time below zero")
	}
	if o.soak < 0 || o.soakRate < 1 || o.soakRate > 1000 {
		return o, errors.New("-soak and -soak-rate: no time below zero, and 1 to 1000 tasks a second")
	}
	if o.clients < 0 || o.clients > 0 && o.clients < 1000 {
		return o, fmt.Errorf("-clients: %d is not a number of at least 1000", o.clients)
	}
	if o.budget == 0 && sizes == "" {
		o.budget = 165 * time.Second
		if o.full {
			o.budget = 27 * time.Minute
		} else if o.profile { // a quick run is as long as it takes to look
			o.budget += time.Duration(float64(len(operations())*len(o.engines))*profileCost) * time.Second
		}
	}
	if o.duration == 0 {
		o.duration = 93 * time.Millisecond
		if o.full {
			o.duration = 320 * time.Millisecond
		}
	}
	if o.binary, err = filepath.Abs(o.binary); err != nil {
		return o, err
	}
	if o.against != "" {
		if o.against, err = filepath.Abs(o.against); err != nil {
			return o, err
		}
		if _, err := os.Stat(o.against); err != nil {
			return o, fmt.Errorf("-against: %w", err)
		}
	}
	_, err = os.Stat(o.binary)
	return o, err
}

// clientsAt returns how many clients a database of so many organizations has.
func (o options) clientsAt(organizations int) int { return cmp.Or(o.clients, organizations) }

// workFolder makes the folder for the databases. Durable writes need a real
// disk, so a file system in memory is not used.
func workFolder(o options) (string, error) {
	if o.work != "" {
		if err := os.MkdirAll(o.work, 0o755); err != nil {
			return "", err
		}
		return os.MkdirTemp(o.work, "gatehouse-bench-")
	}
	for _, parent := range []string{os.TempDir(), "/var/tmp", o.out} {
		if kind := host.FileSystem(parent); kind != "tmpfs" && kind != "ramfs" {
			if err := os.MkdirAll(parent, 0o755); err == nil {
				return os.MkdirTemp(parent, "gatehouse-bench-")
			}
		}
	}
	return os.MkdirTemp("", "gatehouse-bench-")
}
