// SPDX-License-Identifier: Apache-2.0

// Package output writes the answers of commands: as tables for people, which fit the width of their
// terminal, and as JSON, YAML, CSV or what a JSONPath selects for programs. Lists are written while
// they are read, so a list of any length takes bounded memory. Secrets are hidden in every
// format unless they are asked for.
//
// It is not: a reader of files, or the texts of commands.
//
// Floor F1: it knows csvcell only. An answer is whatever encoding/json writes.
package output
