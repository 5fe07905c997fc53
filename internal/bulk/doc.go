// SPDX-License-Identifier: Apache-2.0

// Package bulk does something for each line of a file: it reads CSV and JSON lines, works at several
// lines at once, and writes what came of them in the order of the lines. A journal next to the file
// knows how far it is, so that a run that was stopped, by whatever, goes on with the next run, and each
// line is done once. Memory does not grow with the file.
//
// It is not: the commands, which are in package cli, nor what is done for a line. It knows no server.
//
// Floor F1: it imports csvcell only.
package bulk
