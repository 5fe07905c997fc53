// SPDX-License-Identifier: Apache-2.0

package config

import (
	"strings"
	"testing"
)

// A host that is written like an address and is none is found before anything is opened.
func TestAddressesThatAreNone(t *testing.T) {
	t.Parallel()
	for _, host := range []string{"256.1.1.1", "1.2.3", "1.2.3.4.5", "[::1::2]", "[12345::]", "7"} {
		for _, env := range []string{envListen, envInternalListen} {
			_, err := sample{env: map[string]string{env: host + ":90"}}.load()
			if err == nil || !strings.Contains(err.Error(), "is no address") ||
				strings.Contains(err.Error(), "\n") {
				t.Errorf("%s %s: %v", env, host, err)
			}
		}
	}
	for _, host := range []string{"", "localhost", "gatehouse.example.test", "a10", "0.0.0.0", "[::]",
		"[fe80::1%eth0]", "1.example"} {
		if _, err := (sample{env: map[string]string{envInternalListen: host + ":90"}}).load(); err != nil {
			t.Errorf("%s: %v", host, err)
		}
	}
}

// Two listeners with one address could not be opened both.
func TestSameAddressTwice(t *testing.T) {
	t.Parallel()
	for _, pair := range [][2]string{{"127.0.0.1:90", "127.0.0.1:90"}, {":90", "127.0.0.1:90"},
		{"127.0.0.1:90", "0.0.0.0:90"}, {"[::]:90", "[::1]:90"}, {"[::1]:90", "[0:0::1]:90"},
		{"A.example:90", "a.example:090"},
		{"127.0.0.1:90", "[::ffff:127.0.0.1]:90"}} {
		_, err := sample{env: map[string]string{envListen: pair[0], envInternalListen: pair[1]}}.load()
		if err == nil || !strings.Contains(err.Error(), "are the same address") ||
			strings.Contains(err.Error(), "\n") {
			t.Errorf("%q: %v", pair, err)
		}
	}
	_, err := sample{env: map[string]string{envInternalListen: "[::1]:90", envProfileListen: "[::1]:90"}}.load()
	if err == nil || !strings.Contains(err.Error(), envProfileListen) {
		t.Errorf("health and profiles: %v", err)
	}
	for _, pair := range [][2]string{{"127.0.0.1:0", "127.0.0.1:0"}, {"127.0.0.1:90", "127.0.0.1:91"},
		{"127.0.0.1:90", "127.0.0.2:90"}, {"127.0.0.1:90", "[::1]:90"}} {
		_, err := sample{env: map[string]string{envListen: pair[0], envInternalListen: pair[1]}}.load()
		if err != nil {
			t.Errorf("%q: %v", pair, err)
		}
	}
}
