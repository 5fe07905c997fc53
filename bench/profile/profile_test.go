// SPDX-License-Identifier: Apache-2.0

package profile

import (
	"os"
	"path/filepath"
	"runtime/pprof"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestParse(t *testing.T) {
	t.Parallel()
	got, err := parse(`File: gatehouse
Type: cpu
Duration: 2s, Total samples = 130000000ns ( 6.50%)
-----------+-------------------------------------------------------
10000000ns   net/http.(*Server).readHeaderTimeout (inline)
             net/http.(*conn).serve
-----------+-------------------------------------------------------
20000000ns   runtime.futex
-----------+-------------------------------------------------------
`)
	want := []Stack{{10_000_000, []string{"net/http.(*Server).readHeaderTimeout", "net/http.(*conn).serve"}}, {20_000_000, []string{"runtime.futex"}}}
	if diff := cmp.Diff(want, got); err != nil || diff != "" {
		t.Errorf("%v\n%s", err, diff)
	}
	if _, err := parse("-----------+---\n many   a.b\n"); err == nil {
		t.Error("a stack without its time is taken")
	}
	if got, err := parse("Type: cpu\n"); err != nil || len(got) != 0 {
		t.Errorf("got %v, %v of a profile without samples", got, err)
	}
}

func TestSplit(t *testing.T) {
	t.Parallel()
	const (
		serve    = "net/http.(*conn).serve < net/http.serverHandler.ServeHTTP"
		handler  = "gatehouse/internal/dialect/occ.(*Dialect).get < " + serve
		useCase  = "gatehouse/internal/tenancy.(*Service).RevealAuthCode"
		write    = "syscall.Syscall < internal/poll.(*FD).Write"
		toClient = write + " < net.(*conn).Write < net/http.checkConnErrorWriter.Write < net/http.(*response).Write"
	)
	for _, c := range []struct{ stack, want string }{
		{toClient + " < gatehouse/internal/httpkit.Write < gatehouse/internal/dialect/occ.writeJSON < " + handler, HTTP},
		{"runtime.mallocgc < net/textproto.readMIMEHeader < " + serve, HTTP},
		{"gatehouse/internal/dialect/occ.(*Dialect).get < " + serve, HTTP},
		{"gatehouse/internal/filter.Parse < " + handler, HTTP},
		{"encoding/json.appendString < log/slog.(*JSONHandler).Handle < gatehouse/internal/httpkit.logRequest < " + serve, Log},
		{write + " < os.(*File).Write < main.(*logWriter).write < main.(*logWriter).flush < time.goFunc", Log},
		{"crypto/hmac.New < gatehouse/internal/secret.(*Keyring).Verify < gatehouse/internal/tenancy.(*Service).AuthenticateToken < " + handler, Token},
		{"modernc.org/sqlite/lib._sqlite3_step < gatehouse/internal/sqlite.one[...] < gatehouse/internal/tenancy.(*Service).AuthenticateToken < " + handler, SQL},
		{"encoding/json.Marshal < gatehouse/internal/tenancy.(*Service).record < " + useCase + " < " + handler, UseCase},
		{"gatehouse/internal/secret.NewCode < " + useCase + ".func1 < gatehouse/internal/sqlite.(*Store).Update < " + useCase + " < " + handler, UseCase},
		{"modernc.org/sqlite/lib._sqlite3VdbeExec < gatehouse/internal/sqlite.(*writer).one < gatehouse/internal/sqlite.(*writer).run", SQL},
		{write + " < net.(*conn).Write < github.com/jackc/pgx/v5/pgconn.(*PgConn).flush < gatehouse/internal/postgres.(*tx).send", SQL},
		{"syscall.Fsync < modernc.org/libc.Xfsync < modernc.org/sqlite/lib._sqlite3PagerCommit < gatehouse/internal/sqlite.(*writer).commit", Commit},
		{"runtime.memmove < encoding/json.Marshal < gatehouse/internal/dialect/occ.marshal < " + handler, Writing},
		{"gatehouse/internal/httpkit.appendEscaped < gatehouse/internal/httpkit.AppendJSON < gatehouse/internal/dialect/occ.text < " + handler, Writing},
		{"runtime.memmove < gatehouse/internal/dialect/occ.text < gatehouse/internal/dialect/occ.organizationResponse.appendJSON < " + handler, Writing},
		{"gatehouse/internal/dialect/occ.appendList[go.shape.struct { At time.Time }] < " + handler, Writing},
		{"gatehouse/internal/dialect/commvault.message.xml < " + handler, Writing},
		{"runtime.scanobject < runtime.gcDrain < runtime.gcBgMarkWorker", Runtime},
		{"runtime.gcDrainN < runtime.gcAssistAlloc < runtime.mallocgc < encoding/json.Marshal < " + useCase, Runtime},
		{"runtime.futex < runtime.findRunnable < runtime.mcall", Runtime},
		{"internal/runtime/syscall.EpollWait < runtime.netpoll < runtime.findRunnable", Runtime},
		{"github.com/prometheus/client_golang/prometheus.(*histogram).Observe < gatehouse/internal/server.(*metrics).observe < " + serve, Other},
		{"runtime/pprof.(*profileBuilder).build < runtime.goexit", Other},
		{"strings.Cut < something.Else", Other},
	} {
		if got := part(strings.Split(c.stack, " < ")); got != c.want {
			t.Errorf("%s: got %q, want %q", c.stack, got, c.want)
		}
		if !slices.Contains(Parts(), c.want) {
			t.Errorf("%q is not shown", c.want)
		}
	}
	shares, all := Split([]Stack{{300, []string{"runtime.futex"}}, {100, []string{"net/http.x"}}})
	if diff := cmp.Diff(map[string]float64{Runtime: 0.75, HTTP: 0.25}, shares); diff != "" || all != 400 {
		t.Errorf("of %d\n%s", all, diff)
	}
	if shares, all := Split(nil); len(shares) != 0 || all != 0 {
		t.Errorf("got %v of %d from nothing", shares, all)
	}
}

// TestRead takes a profile of this process; others may be at work in it.
func TestRead(t *testing.T) {
	path := filepath.Join(t.TempDir(), "cpu.pprof")
	file, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	if err := pprof.StartCPUProfile(file); err != nil {
		t.Fatal(err)
	}
	for begun := time.Now(); time.Since(begun) < 300*time.Millisecond; {
		_ = busy(1000)
	}
	pprof.StopCPUProfile()
	stacks, err := Read(t.Context(), path)
	if err != nil {
		t.Fatal(err)
	}
	if !slices.ContainsFunc(stacks, func(s Stack) bool {
		return s.Nanoseconds > 0 && slices.ContainsFunc(s.Functions, func(f string) bool { return strings.HasSuffix(f, "profile.TestRead") })
	}) {
		t.Errorf("got %v, want a stack with this test", stacks)
	}
	if _, err := Read(t.Context(), filepath.Join(t.TempDir(), "none")); err == nil {
		t.Error("a profile that is not there is read")
	}
}

func busy(n int) (sum int) {
	for i := range n * n {
		sum += i % (n + sum&1)
	}
	return sum
}
