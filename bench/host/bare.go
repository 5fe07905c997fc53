// SPDX-License-Identifier: Apache-2.0

package host

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"os/signal"
	"strconv"
	"strings"
	"sync/atomic"
	"syscall"
)

// BareCommand is the hidden command by which the bench starts itself as the
// bare handler.
const BareCommand = "bare-handler"

// StartBare starts the bare handler as a process of its own.
func StartBare(log string) (*Process, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	cmd := exec.Command(self, BareCommand)
	cmd.Env = cleanEnvironment()
	return start(cmd, log)
}

// SetBare has the bare handler answer so many bytes of a content type from now on.
func SetBare(ctx context.Context, p *Process, size int, contentType string) error {
	_, err := p.get(ctx, "/"+setPath+"?"+url.Values{"size": {strconv.Itoa(size)},
		"type": {contentType}}.Encode())
	return err
}

// setPath is an address no API has.
const setPath = "bench-set"

// answer is what the bare handler says.
type answer struct {
	contentType []string
	body        []byte
}

// Bare is the bare handler's main: a net/http server that answers everything
// with the same bytes. It runs until it receives a signal.
func Bare() error {
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM, os.Interrupt)
	defer stop()
	l, err := (&net.ListenConfig{}).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	server := &http.Server{Handler: bareHandler()}
	go func() {
		<-ctx.Done()
		_ = server.Close()
	}()
	fmt.Printf("bare handler at http://%s\n", l.Addr())
	if err := server.Serve(l); err != nil && ctx.Err() == nil {
		return err
	}
	return nil
}

func bareHandler() http.Handler {
	var current atomic.Pointer[answer]
	current.Store(&answer{})
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/"+setPath {
			size, err := strconv.Atoi(r.URL.Query().Get("size"))
			if err != nil || size < 0 || size > 64<<20 {
				http.Error(w, "size", http.StatusBadRequest)
				return
			}
			current.Store(&answer{[]string{r.URL.Query().Get("type")}, []byte(strings.Repeat("x", size))})
			return
		}
		a := current.Load()
		w.Header()["Content-Type"] = a.contentType
		_, _ = w.Write(a.body)
	})
}
