// SPDX-License-Identifier: Apache-2.0

// Package csvcell makes the cells of a CSV file safe for spreadsheets, and reads them back. A
// spreadsheet calculates a cell that begins with an equals sign, even if it is quoted, and so a
// name that a stranger chose could run a formula on the machine of the person who opens the file.
//
// It is not: a reader or writer of CSV, which encoding/csv is.
//
// Floor F0: it imports the standard library only.
package csvcell

import "strings"

// dangerous are the characters that begin a formula in some spreadsheet, with their full-width
// forms, and those that a spreadsheet removes before it looks for one.
const dangerous = "=+-@\t\r\n＝＋－＠"

// Safe returns the text as a cell that no spreadsheet calculates: if a formula could begin
// there, an apostrophe is put before it. Plain returns the text again.
func Safe(text string) string {
	if disguised(text) {
		return "'" + text
	}
	return text
}

// Plain returns the text of a cell that Safe made. A cell that Safe would not have made, such as
// one with a bare formula, is returned as it is.
func Plain(cell string) string {
	if rest, ok := strings.CutPrefix(cell, "'"); ok && disguised(rest) {
		return rest
	}
	return cell
}

// disguised reports whether the first character after any apostrophes is dangerous. Apostrophes
// count, so that a text which looks like a safe cell already can be told from one.
func disguised(text string) bool {
	rest := strings.TrimLeft(text, "'")
	for _, r := range rest {
		return strings.ContainsRune(dangerous, r)
	}
	return false
}
