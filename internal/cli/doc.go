// SPDX-License-Identifier: Apache-2.0

// Package cli has the commands that speak to a server: of people in a terminal, of scripts and of
// installers. It finds the server and the log-in, asks questions, and writes answers.
//
// It is not: a client, which package client is, or the commands that work on the database itself,
// which are in cmd/gatehouse. It knows no rule that the server has.
//
// Floor F4: it knows the client, apitype and leaves, but neither the domain nor a door.
package cli
