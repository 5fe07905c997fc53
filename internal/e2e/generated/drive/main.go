// SPDX-License-Identifier: Apache-2.0

// Command drive lets a client that was generated from an OpenAPI document do a
// task: log in with a wrong password, log in, find an organization, make it a
// code and read that back, or enrol clients with it. The task comes in on standard input and the outcome
// goes out on standard output, both as JSON, since they hold secrets.
//
// It is built by the end-to-end tests, next to the packages that they generate.
package main

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
)

// task is what a client is to do.
type task struct {
	Client   string `json:"client"` // the document and the generator
	Server   string `json:"server"` // the address of the server that the document names
	Username string `json:"username"`
	Password string `json:"password"`
	Key      string `json:"key"`  // of an application, on the OCC wire
	Name     string `json:"name"` // of the organization; its id for the native API
}

// outcome is what came of it.
type outcome struct {
	Refused string   `json:"refused"` // what a wrong password is answered with
	Found   []string `json:"found"`   // the ids of the organizations of that name, or of the enrolled clients
	Code    string   `json:"code"`    // as it was made
	// Shown is the code as it was read back, where the wire shows it again, or the name of the
	// client that a token is of.
	Shown string `json:"shown"`
}

func main() {
	if err := run(context.Background()); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(ctx context.Context) error {
	var t task
	if err := json.NewDecoder(os.Stdin).Decode(&t); err != nil {
		return fmt.Errorf("read the task: %w", err)
	}
	clients := map[string]func(context.Context, task) (outcome, error){
		"occ/oapi": occByOapiCodegen, "occ/ogen": occByOgen,
		"commvault/oapi": commvaultByOapiCodegen, "commvault/ogen": commvaultByOgen,
		"native/oapi": nativeByOapiCodegen, "native/ogen": nativeByOgen,
	}
	client, ok := clients[t.Client]
	if !ok {
		return fmt.Errorf("there is no client %q", t.Client)
	}
	o, err := client(ctx, t)
	if err != nil {
		return fmt.Errorf("%s: %w", t.Client, err)
	}
	return json.NewEncoder(os.Stdout).Encode(o)
}

func pointer[T any](v T) *T { return &v }

// asksForJSON sends Accept, which neither generator's clients do by themselves.
type asksForJSON struct{}

func (asksForJSON) Do(r *http.Request) (*http.Response, error) {
	r.Header.Set("Accept", "application/json")
	return http.DefaultClient.Do(r)
}
