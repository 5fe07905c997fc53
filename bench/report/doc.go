// SPDX-License-Identifier: Apache-2.0

// Package report is what the bench found: the figures, the targets they are
// held against, and how they are shown: as a table, as JSON and as a chart.
//
// It measures nothing. Test-only, outside the floors: it imports the standard library.
package report
