// SPDX-License-Identifier: Apache-2.0

// Package client is the Go client of Gatehouse's native API, /v1, with the bodies of package
// apitype.
//
//	c, err := client.New("https://gatehouse.example.test", client.WithToken(token))
//	…
//	for organization, err := range c.Organizations.List(ctx, client.ListOptions{Sort: "name:asc"}) {
//
// Every operation has a method, in a group of its noun: [Client.Organizations] and so on. All of
// them take a context and may be called by many goroutines at a time.
//
// # Credentials
//
// [WithPassword], [WithLogin], [WithClientKey] and [WithPrivateKey] get access tokens, and renew each
// before it ends, once for all goroutines. [WithToken] and [WithTokenSource] are given them.
//
// # Errors
//
// An answer that is an error is an [*Error], with the code, the sentence and the fields of
// [apitype.Problem]. [errors.Is] tells what kind it is: [ErrNotFound], [ErrConflict] and others. The
// codes are constants, such as [CodeOrganizationNameTaken].
//
// # Sending a request again
//
// A request is sent again after 429 and 503, after the time that the server names, and after a lost
// connection, if this can do nothing twice: see [Retry]. A POST that makes or changes something has
// an Idempotency-Key for this, of the client's choice or from [WithIdempotencyKey]; one without a
// key is never sent again.
//
// It is not: the command line, which is internal/cli, or a client of the vendors' wires.
//
// Floor F1: it imports apitype, the standard library and golang.org/x only.
package client
