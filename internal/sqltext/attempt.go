// SPDX-License-Identifier: Apache-2.0

package sqltext

import "gatehouse/internal/tenancy"

// Statements about failed attempts.
const (
	AttemptColumns = `subject, failures, locked_until, updated_at`
	SelectAttempt  = `SELECT ` + AttemptColumns + ` FROM attempts WHERE subject = ?`
	PutAttempt     = `INSERT INTO attempts (` + AttemptColumns + `) VALUES (?, ?, ?, ?)
		ON CONFLICT (subject) DO UPDATE SET failures = excluded.failures,
			locked_until = excluded.locked_until, updated_at = excluded.updated_at`
)

// ScanAttempt reads AttemptColumns.
func ScanAttempt(row Row) (a tenancy.Attempt, err error) {
	err = row.Scan(&a.Subject, &a.Failures, Time{&a.LockedUntil}, Time{&a.UpdatedAt})
	return a, err
}
