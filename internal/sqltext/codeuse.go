// SPDX-License-Identifier: Apache-2.0

package sqltext

import (
	"time"

	"gatehouse/internal/tenancy"
)

// Statements about the ledgers of codes.
const (
	codeUseColumns = `auth_code_id, at, day, outcome, refusal, address, instance_id, client_id`
	codeUseRest    = `?, ?, ?, ?, ?, ?, ?` // of all columns but the first
	codeUseMarks   = `?, ` + codeUseRest
	InsertCodeUse  = `INSERT INTO auth_code_uses (` + codeUseColumns + `) VALUES (` + codeUseMarks + `)`
	// SelectCodeUses takes the code, the id of the last line of the page before and the size
	// of a page. SelectNewestCodeUses takes no id.
	SelectCodeUses = `SELECT id, ` + codeUseColumns + ` FROM auth_code_uses
		WHERE auth_code_id = ? AND id < ? ORDER BY id DESC LIMIT ?`
	SelectNewestCodeUses = `SELECT id, ` + codeUseColumns + ` FROM auth_code_uses
		WHERE auth_code_id = ? ORDER BY id DESC LIMIT ?`
	SelectCodeDays = `SELECT day, outcome, refusal, uses FROM auth_code_days
		WHERE auth_code_id = ? ORDER BY day DESC, outcome, refusal`
	// oldUses are the lines of a code but the newest ones, of which ?2 says how many.
	oldUses = `auth_code_id = ?1 AND id <= (SELECT id FROM auth_code_uses WHERE auth_code_id = ?1
		ORDER BY id DESC LIMIT 1 OFFSET ?2)`
	CountOldUses = `INSERT INTO auth_code_days (auth_code_id, day, outcome, refusal, uses)
		SELECT auth_code_id, day, outcome, refusal, count(*) FROM auth_code_uses WHERE ` + oldUses + `
		GROUP BY auth_code_id, day, outcome, refusal
		ON CONFLICT (auth_code_id, day, outcome, refusal) DO UPDATE SET uses = auth_code_days.uses + excluded.uses`
	DeleteOldUses = `DELETE FROM auth_code_uses WHERE ` + oldUses
)

const day = 24 * time.Hour

// CodeUseArgs returns the arguments of InsertCodeUse. At is the time as the engine stores it.
func CodeUseArgs(u tenancy.CodeUse, at any) []any {
	return []any{u.AuthCodeID, at, u.At.UnixMilli() / day.Milliseconds(), string(u.Outcome), string(u.Refusal),
		u.Address, u.InstanceID, u.ClientID}
}

// ScanCodeUse reads a line of a ledger.
func ScanCodeUse(row Row) (u tenancy.CodeUse, err error) {
	var number int64
	err = row.Scan(&u.ID, &u.AuthCodeID, Time{&u.At}, &number, &u.Outcome, &u.Refusal, &u.Address,
		&u.InstanceID, &u.ClientID)
	return u, err
}

// ScanDailyUses reads the count of a day.
func ScanDailyUses(row Row) (d tenancy.DailyUses, err error) {
	var number int64
	err = row.Scan(&number, &d.Outcome, &d.Refusal, &d.Count)
	d.Day = time.UnixMilli(number * day.Milliseconds()).UTC()
	return d, err
}
