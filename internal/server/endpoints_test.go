// SPDX-License-Identifier: Apache-2.0

package server_test

import (
	"os"
	"slices"
	"strings"
	"testing"

	"gatehouse/internal/tenancytest"
)

// Every known address of the vendors is served, or the README of its door says why it is
// not. Every served address is known.
func TestEveryKnownAddressIsServedOrADeparture(t *testing.T) {
	t.Parallel()
	var routes []string // "door METHOD /path"
	departures := map[string]string{}
	for _, door := range doors(tenancytest.Services{})[:2] { // the others have no vendor
		for _, line := range served(door) {
			routes = append(routes, door.Name+" "+strings.Join(strings.Fields(line)[1:3], " "))
		}
		readme, err := os.ReadFile("../dialect/" + door.Name + "/README.md")
		if err != nil {
			t.Fatal(err)
		}
		_, departures[door.Name], _ = strings.Cut(string(readme), "\n## Departures\n")
	}
	known, err := os.ReadFile("testdata/endpoints.txt")
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(known)) {
		if strings.HasPrefix(line, "#") {
			continue
		}
		address, words, departs := strings.Cut(strings.TrimSpace(line), " ! ")
		door, _, _ := strings.Cut(address, " ")
		there := slices.Contains(routes, address)
		switch {
		case departs && there:
			t.Errorf("%s is served, though it is said to be a departure", address)
		case departs && !strings.Contains(departures[door], words):
			t.Errorf("%s: the departures of %s do not say %q", address, door, words)
		case !departs && !there:
			t.Errorf("%s is not served", address)
		}
		routes = slices.DeleteFunc(routes, func(r string) bool { return r == address })
	}
	for _, r := range routes {
		t.Errorf("%s is served, but nothing is known of it", r)
	}
}
