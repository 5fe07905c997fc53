// SPDX-License-Identifier: Apache-2.0

package e2e

import (
	"bufio"
	"crypto/sha256"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"
)

// TestImportInBoundedMemory imports a file and one with many times its lines, and compares how much memory
// the command takes at most. The server is an empty one, so that only the command is measured. With
// GATEHOUSE_MILLION=1 the long file has a million lines.
func TestImportInBoundedMemory(t *testing.T) {
	const short = 10_000
	long := 4 * short
	if os.Getenv("GATEHOUSE_MILLION") == "1" {
		long = 1_000_000
	}
	var made atomic.Int64
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		w.Header().Set("Content-Type", "application/json")
		if r.Method == http.MethodGet {
			_, _ = io.WriteString(w, `{"id":"1","username":"admin"}`)
			return
		}
		w.WriteHeader(http.StatusCreated)
		_, _ = fmt.Fprintf(w,
			`{"id":"%08d-0000-7000-8000-000000000000","organizationId":"or-100001","name":"code",`+
				`"expiresAt":"never","maxUses":1,"authorizationCode":"GHC000000000000000000000000000000"}`, made.Add(1))
	}))
	server.Listener = must(net.Listen("tcp", "127.0.0.1:0"))(t)
	server.Start()
	t.Cleanup(server.Close)
	peak := func(lines int) int64 {
		made.Store(0)
		dir := t.TempDir()
		token, path := filepath.Join(dir, "token"), filepath.Join(dir, "codes.csv")
		if err := os.WriteFile(token, []byte("token\n"), 0o600); err != nil {
			t.Fatal(err)
		}
		writeLines(t, path, lines)
		begun := time.Now()
		p := launch(t, command(settings{"GATEHOUSE_SERVER": server.URL, "XDG_CONFIG_HOME": dir}, "import", "codes",
			path, "--token-file", token, "--secret-file", filepath.Join(dir, "made.csv")))
		var most int64
		for ; !p.ended(); time.Sleep(5 * time.Millisecond) {
			most = max(most, highWater(p.cmd.Process.Pid))
		}
		if code := p.wait(t, time.Minute); code != 0 || made.Load() != int64(lines) {
			t.Fatalf("exit code %d, and %d of %d lines were sent: %s", code, made.Load(), lines, p.stderr.String())
		}
		t.Logf("%d lines: %d KiB at most, %.0f lines a second", lines, most,
			float64(lines)/time.Since(begun).Seconds())
		return most
	}
	little := peak(short)
	if much := peak(long); float64(much) > 1.2*float64(little) {
		t.Errorf("%d lines take %d KiB, and %d lines take %d KiB", short, little, long, much)
	}
}

// writeLines writes a file of codes, each of which has a name of its own.
func writeLines(t *testing.T, path string, lines int) {
	t.Helper()
	f := must(os.Create(path))(t)
	out := bufio.NewWriter(f)
	_, _ = out.WriteString("organization,name,expiresAt,maxUses,note,authorizationCode\n")
	for n := range lines {
		text := "" // the server makes it
		if n%2 == 1 {
			text = fmt.Sprintf("%x", sha256.Sum256([]byte{byte(n), byte(n >> 8), byte(n >> 16)}))
		}
		_, _ = fmt.Fprintf(out, "or-100001,code %d,90d,1,%s,%s\n", n, strings.Repeat("x", n%50), text)
	}
	if err := out.Flush(); err != nil {
		t.Fatal(err)
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
}
