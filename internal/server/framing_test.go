// SPDX-License-Identifier: Apache-2.0

package server

import (
	"bufio"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"gatehouse/internal/certtest"
	"gatehouse/internal/httpkit"
)

const chunked = "Transfer-Encoding: chunked\r\n"

// post is the beginning of a request with these headers; the body follows.
func post(headers string) string {
	return "POST /test/x HTTP/1.1\r\nHost: example.test\r\n" + headers + "\r\n"
}

var echoRoute = httpkit.Route{Method: http.MethodPost, Pattern: "/test/x", Name: "x",
	Handler: func(w http.ResponseWriter, r *http.Request) error {
		b, err := httpkit.ReadBody(w, r)
		if err != nil {
			return err
		}
		return text(w, http.StatusOK, string(b))
	}}

// exchange sends texts on one connection, each when the answer before it has arrived. It
// returns the statuses, and reports whether the server then closed the connection.
func exchange(t *testing.T, c net.Conn, requests ...string) (statuses []int, closed bool) {
	t.Helper()
	in := bufio.NewReader(c)
	for _, text := range requests {
		if _, err := io.WriteString(c, text); err != nil {
			return statuses, true
		}
		res, err := http.ReadResponse(in, nil)
		if err != nil {
			return statuses, true
		}
		_, _ = io.Copy(io.Discard, res.Body)
		_ = res.Body.Close()
		statuses = append(statuses, res.StatusCode)
	}
	_ = c.SetReadDeadline(time.Now().Add(time.Second))
	_, err := in.ReadByte()
	return statuses, err == io.EOF
}

func TestTwoFramings(t *testing.T) {
	t.Parallel()
	door := testDoor(nil)
	door.Routes = append(door.Routes, echoRoute)
	address := newServer([]*httpkit.Door{door}, nil, 0).running(t)
	const body = "4\r\nsafe\r\n0\r\n\r\n"
	long := strings.Repeat("X-Filler: "+strings.Repeat("y", 1000)+"\r\n",
		6) // longer than one reading of net/http
	for name, tt := range map[string]struct {
		requests []string
		want     []int
		closed   bool
	}{
		"only a length": {[]string{post("Content-Length: 4\r\n") + "safe"}, []int{200}, false},
		"only chunks":   {[]string{post(chunked) + body, post(chunked) + body}, []int{200, 200}, false},
		"one after the other": {[]string{post("Content-Length: 4\r\n") + "safe", post(chunked) + body},
			[]int{200, 200}, false},
		"both":                {[]string{post("Content-Length: 4\r\n"+chunked) + body}, []int{400}, true},
		"both, the other way": {[]string{post(chunked+"content-LENGTH: 4\r\n") + body}, []int{400}, true},
		"both, far apart":     {[]string{post("Content-Length: 4\r\n"+long+chunked) + body}, []int{400}, true},
		"both, later": {[]string{post(chunked) + body, post("Content-Length: 4\r\n"+chunked) + body},
			[]int{200, 400}, true},
		"both, sent at once": {[]string{post("Content-Length: 4\r\n") + "safe" +
			post("Content-Length: 4\r\n"+chunked) + body, ""}, []int{200, 400}, true},
		"names that are alike": {[]string{post("X-Content-Length: 4\r\nContent-Len: 4\r\n"+chunked) + body},
			[]int{200}, false},
	} {
		got, closed := exchange(t, connect(t, address, nil), tt.requests...)
		if len(got) != len(tt.want) || got[len(got)-1] != tt.want[len(tt.want)-1] || closed != tt.closed {
			t.Errorf("%s: %v, closed: %t; want %v, %t", name, got, closed, tt.want, tt.closed)
		}
	}
}

// A client may send a request byte by byte.
func TestTwoFramingsByteByByte(t *testing.T) {
	t.Parallel()
	door := testDoor(nil)
	door.Routes = append(door.Routes, echoRoute)
	c := connect(t, newServer([]*httpkit.Door{door}, nil, 0).running(t), nil)
	for _, b := range []byte(post("Content-Length: 4\r\n" + chunked)) {
		if _, err := c.Write([]byte{b}); err != nil {
			t.Fatal(err)
		}
	}
	if got, closed := exchange(t, c, "4\r\nsafe\r\n0\r\n\r\n"); len(got) != 1 || got[0] != 400 || !closed {
		t.Errorf("%v, closed: %t", got, closed)
	}
}

// Over TLS the headers cannot be seen, so every connection ends after chunks.
func TestChunksOverTLS(t *testing.T) {
	t.Parallel()
	ca := certtest.New(t)
	address := secure(t, load(t, ca.Issue()), 0, echoRoute)
	config := ca.Client()
	config.NextProtos = []string{"http/1.1"}
	for headers, want := range map[string]bool{"Content-Length: 0\r\n": false, chunked: true,
		"Content-Length: 4\r\n" + chunked: true} {
		body := ""
		if strings.Contains(headers, chunked) {
			body = "0\r\n\r\n"
		}
		if _, closed := exchange(t, connect(t, address, config.Clone()), post(headers)+body); closed != want {
			t.Errorf("%q: closed: %t", headers, closed)
		}
	}
}
