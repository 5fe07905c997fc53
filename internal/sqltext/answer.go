// SPDX-License-Identifier: Apache-2.0

package sqltext

import "gatehouse/internal/tenancy"

// Statements about the answers of requests that may be repeated.
const (
	AnswerColumns = `digest, request, sealed, created_at`
	SelectAnswer  = `SELECT ` + AnswerColumns + ` FROM answers WHERE digest = ?`
	PutAnswer     = `INSERT INTO answers (` + AnswerColumns + `) VALUES (?, ?, ?, ?)
		ON CONFLICT (digest) DO UPDATE SET request = excluded.request, sealed = excluded.sealed,
			created_at = excluded.created_at`
	DeleteAnswer = `DELETE FROM answers WHERE digest = ?`
)

// ScanAnswer reads AnswerColumns.
func ScanAnswer(row Row) (a tenancy.StoredAnswer, err error) {
	err = row.Scan(Bytes{&a.Digest}, Bytes{&a.Request}, Bytes{&a.Sealed}, Time{&a.CreatedAt})
	return a, err
}

// AnswerArgs returns the arguments of PutAnswer.
func AnswerArgs(a tenancy.StoredAnswer, s Stamps) []any {
	return []any{Blob(a.Digest), Blob(a.Request), Blob(a.Sealed), s.Time(a.CreatedAt)}
}
