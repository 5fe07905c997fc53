// SPDX-License-Identifier: Apache-2.0

package occ_test

import (
	"bufio"
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"testing"
)

// A self link is a whole address if the client sent the name of the host, and a path otherwise. The requests
// are written by hand, because HTTP clients add a Host.
func TestSelfLinksWithoutAHost(t *testing.T) {
	t.Parallel()
	c := newClient(t)
	live := httptest.NewServer(c.handler)
	t.Cleanup(live.Close)
	token := c.admin(t, admin)
	key := c.Application(t, "app").KeyText.Reveal()
	org := c.Organization(t, "Birch").ID.String()
	for _, host := range []struct{ version, header, prefix string }{
		{"HTTP/1.0", "", ""}, {"HTTP/1.0", "Host:\r\n", ""}, {"HTTP/1.1", "Host:\r\n", ""},
		{"HTTP/1.1", "Host: \r\n", ""}, {"HTTP/1.1", "Host: :8080\r\n", ""},
		{"HTTP/1.0", "Host: shop.example.test\r\n", "http://shop.example.test"},
		{"HTTP/1.1", "Host: shop.example.test:8080\r\n", "http://shop.example.test:8080"},
		{"HTTP/1.1", "Host: [::1]:8080\r\n", "http://[::1]:8080"},
	} {
		for _, call := range [][3]string{
			{"GET", "/organizations", token}, {"GET", "/organizations/" + org, token}, {"GET", "/organizationRequests",
				token}, {"GET", "/applicationIds", token},
			{"GET", "/locales", token}, {"POST", "/login", key}, {"POST", "/organizations/" + org +
				"/authorizationCode", token}, {"POST", "/refresh", token},
		} {
			text := fmt.Sprintf("%s %s%s?grant_type=client_credentials %s\r\n%sAuthorization: Bearer %s\r\nContent-Length: 0\r\nConnection: close\r\n\r\n",
				call[0], admin, call[1], host.version, host.header, call[2])
			var body struct {
				Links []struct{ Rel, Href string } `json:"links"`
			}
			status := speak(t, live.Listener.Addr().String(), text, &body)
			if status != 200 || len(body.Links) != 1 || body.Links[0].Rel != "self" ||
				body.Links[0].Href != host.prefix+admin+call[1] {
				t.Errorf("%s %s, %s %q: got %d %v", call[0], call[1], host.version, host.header, status,
					body.Links)
			}
		}
	}
}

// speak sends bytes to an address and reads the JSON of the answer.
func speak(t *testing.T, address, request string, v any) (status int) {
	t.Helper()
	conn, err := net.Dial("tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close() }()
	if _, err := conn.Write([]byte(request)); err != nil {
		t.Fatal(err)
	}
	answer, err := http.ReadResponse(bufio.NewReader(conn), nil)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = answer.Body.Close() }()
	if err := json.NewDecoder(answer.Body).Decode(v); err != nil {
		t.Error(err)
	}
	return answer.StatusCode
}
