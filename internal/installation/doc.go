// SPDX-License-Identifier: Apache-2.0

// Package installation enrols this machine as a client, and gets its access tokens. What it must not
// lose is in a folder: a key pair, the id of the installation, and what the server answered.
//
// The order of the writes is the point. The key and the id are on the disk before the first
// request, with a name for that request; so whatever happens to the program, the next run sends the
// same request again, and the server has one client with one key.
//
// It is not: the commands, which are in internal/cli, or the rules by which a server lets clients in.
//
// Floor F2: it knows the client, apitype and datafolder.
package installation
