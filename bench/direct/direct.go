// SPDX-License-Identifier: Apache-2.0

package direct

import (
	"context"
	"strings"
	"time"
)

// Result is what a yardstick measured. Of an operation on many pages each page is
// a request.
type Result struct {
	Requests int
	Elapsed  time.Duration
	P50, P99 time.Duration
	Errors   int
}

// Yardstick is one way to do an operation without the server.
type Yardstick struct {
	Operation string
	Name      string // Driver or Pgbench
	// Run does it for about d, for so many clients at once. It ends earlier when
	// there is nothing left to do: a request is approved once. An error is the
	// first of those counted, or says why there is no result.
	Run func(ctx context.Context, connections int, d time.Duration) (Result, error)
	// Text is the statement, of a list that has one: what the server's is held against.
	Text string
}

// said is a yardstick with its statement.
func said(y Yardstick, text string) Yardstick {
	y.Text = strings.Join(strings.Fields(text), " ")
	return y
}

// The names of yardsticks.
const (
	Driver  = "driver"
	Pgbench = "pgbench"
)

// The operations. Those that begin with list- or offset- ask for a page of 50 and
// how many there are in all; walk asks for all pages of 250 by key.
const (
	Organization   = "organization"
	Request        = "request"
	Application    = "application"
	Reveal         = "reveal-json"
	Generate       = "generate"
	Renew          = "renew"
	Approve        = "approve"
	Enrol          = "enrol"          // with the codes of many organizations
	EnrolOne       = "enrol-one-code" // all with the same code
	VerifyCode     = "verify-code"
	Token          = "token"
	Introspect     = "introspect"
	ListStatus     = "list-status"
	ListRare       = "list-co-rare"
	ListCommon     = "list-co-common"
	ListAbsent     = "list-co-absent"
	Walk           = "walk"
	Offset90       = "offset-90"        // newest first
	Offset90Oldest = "offset-90-oldest" // oldest first
)

const (
	pageSize     = 50
	walkPage     = 250
	applications = 1000 // made for Application and Renew
)
