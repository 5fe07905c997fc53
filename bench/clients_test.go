// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"testing"

	"gatehouse/apitype"
	"gatehouse/bench/fill"
	"gatehouse/bench/load"
)

// Each installation has its own id in a request that is whole, whatever its number.
func TestEnrolments(t *testing.T) {
	t.Parallel()
	e := newEnrolments([]fill.Code{{Text: "GHCONE"}, {Text: "GHCTWO"}})
	seen := map[string]bool{}
	for _, n := range []int64{1, 10, 123_456_789_012} {
		for code, text := range []string{"GHCONE", "GHCTWO"} {
			r, err := http.ReadRequest(bufio.NewReader(bytes.NewReader(e.of(code, n, nil).Bytes)))
			if err != nil {
				t.Fatal(err)
			}
			b, err := io.ReadAll(r.Body)
			var body apitype.Enrolment
			if err == nil {
				err = json.Unmarshal(b, &body)
			}
			if err != nil || body.AuthorizationCode != text || seen[text+body.Client.InstanceID] {
				t.Errorf("installation %d with %s: got %s, %v", n, text, b, err)
			}
			seen[text+body.Client.InstanceID] = true
		}
	}
}

func TestAnswered(t *testing.T) {
	t.Parallel()
	check := answered(201, `"clientKey":"GHK`)
	for body, right := range map[string]bool{`{"clientKey":"GHK1"}`: true, `{"clientKey":""}`: false} {
		if err := check(&load.Response{Status: 201, Body: []byte(body)}); (err == nil) != right {
			t.Errorf("%s: got %v", body, err)
		}
	}
	if check(&load.Response{Status: 200, Body: []byte(`{"clientKey":"GHK1"}`)}) == nil {
		t.Error("a repeat is taken for a new client")
	}
}
