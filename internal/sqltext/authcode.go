// SPDX-License-Identifier: Apache-2.0

package sqltext

import (
	"net/netip"
	"time"

	"gatehouse/internal/filter"
	"gatehouse/internal/jsoncolumn"
	"gatehouse/internal/tenancy"
)

// Statements about authorization codes.
const (
	AuthCodeColumns = `id, organization_id, is_primary, digest, sealed, created_at, created_by, ended_at,
		end_reason, name, note, canary, expires_at, max_uses, sources, tags, updated_at, disabled_at,
		overlap_until, replaced_by, uses, last_used_at, imported, weak`
	authCodeSearch         = `, name_folded, tags_folded` // a filter compares them, and nothing reads them
	SelectAuthCode         = `SELECT ` + AuthCodeColumns + ` FROM auth_codes`
	SelectAuthCodeByDigest = SelectAuthCode + ` WHERE digest = ?`
	InsertAuthCode         = `INSERT INTO auth_codes (` + AuthCodeColumns + authCodeSearch + `)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`
	// UpdateAuthCode takes AuthCodeChange.
	UpdateAuthCode = `UPDATE auth_codes SET is_primary = ?, name = ?, note = ?, expires_at = ?, max_uses = ?,
		sources = ?, tags = ?, updated_at = ?, disabled_at = ?, overlap_until = ?, replaced_by = ?,
		ended_at = ?, end_reason = ?, sealed = CASE WHEN ? THEN sealed ELSE ? END, name_folded = ?,
		tags_folded = ? WHERE id = ?`
	ForgetAuthCodes = `UPDATE auth_codes SET sealed = ? WHERE organization_id = ?`
	// TakeCodeUse takes the time and the id.
	TakeCodeUse = `UPDATE auth_codes SET uses = uses + 1, last_used_at = ?1 WHERE id = ?2
		AND ended_at IS NULL AND NOT canary AND disabled_at IS NULL AND (max_uses IS NULL OR uses < max_uses)
		AND (expires_at IS NULL OR expires_at > ?1) AND (overlap_until IS NULL OR overlap_until > ?1)`
)

// ScanAuthCode reads AuthCodeColumns.
func ScanAuthCode(row Row) (c tenancy.StoredAuthCode, err error) {
	l := &c.Limits
	var expires, uses bool
	err = row.Scan(&c.ID, &c.OrganizationID, &c.Primary, Bytes{&c.Digest}, Bytes{&c.Sealed},
		Time{&c.CreatedAt}, &c.CreatedBy, Time{&c.EndedAt}, &c.EndReason, &c.Name, &c.Note, &c.Canary,
		OptionalTime{&l.ExpiresAt, &expires}, OptionalNumber{&l.MaxUses, &uses},
		JSON[[]netip.Prefix]{&l.Sources}, JSON[[]string]{&c.Tags}, Time{&c.UpdatedAt}, Time{&c.DisabledAt},
		Time{&c.OverlapUntil}, &c.ReplacedBy, &c.Uses, Time{&c.LastUsedAt}, &c.Imported, &c.Weak)
	l.Never, l.AnyNumber = !expires, !uses
	return c, err
}

// ScanBareAuthCode reads AuthCodeColumns and leaves digest and sealed text out.
func ScanBareAuthCode(row Row) (tenancy.AuthCode, error) {
	c, err := ScanAuthCode(row)
	return c.AuthCode, err
}

// Stamps are how an engine stores a time, and one that may be absent.
type Stamps struct {
	Time     func(time.Time) any
	Optional func(time.Time) any
}

// AuthCodeArgs returns the arguments of InsertAuthCode.
func AuthCodeArgs(c tenancy.StoredAuthCode, s Stamps) ([]any, error) {
	sources, tags, err := codeLists(c.AuthCode)
	if err != nil {
		return nil, err
	}
	return []any{c.ID, int64(c.OrganizationID), c.Primary, Blob(c.Digest), Blob(c.Sealed), s.Time(c.CreatedAt),
		c.CreatedBy, s.Optional(c.EndedAt), string(c.EndReason), c.Name, c.Note, c.Canary,
		expiry(c.Limits, s), numberOfUses(c.Limits), sources, tags, s.Time(c.UpdatedAt), s.Optional(c.DisabledAt),
		s.Optional(c.OverlapUntil), c.ReplacedBy, c.Uses, s.Optional(c.LastUsedAt), c.Imported, c.Weak,
		filter.Fold(c.Name),
		tenancy.ListedText(c.Tags...)}, nil
}

// AuthCodeChange returns the arguments of UpdateAuthCode.
func AuthCodeChange(c tenancy.AuthCode, s Stamps) ([]any, error) {
	sources, tags, err := codeLists(c)
	if err != nil {
		return nil, err
	}
	return []any{c.Primary, c.Name, c.Note, expiry(c.Limits, s), numberOfUses(c.Limits), sources, tags,
		s.Time(c.UpdatedAt), s.Optional(c.DisabledAt), s.Optional(c.OverlapUntil), c.ReplacedBy,
		s.Optional(c.EndedAt), string(c.EndReason), c.Living(), Blob(nil), filter.Fold(c.Name),
		tenancy.ListedText(c.Tags...), c.ID}, nil
}

func codeLists(c tenancy.AuthCode) (sources, tags string, err error) {
	if sources, err = jsoncolumn.Text(c.Limits.Sources, jsoncolumn.NoList); err != nil {
		return "", "", err
	}
	tags, err = jsoncolumn.Text(c.Tags, jsoncolumn.NoList)
	return sources, tags, err
}

// expiry returns NULL only for a code that never expires, so that an absent time does not
// become no limit.
func expiry(l tenancy.CodeLimits, s Stamps) any {
	if l.Never {
		return nil
	}
	return s.Time(l.ExpiresAt)
}

func numberOfUses(l tenancy.CodeLimits) any {
	if l.AnyNumber {
		return nil
	}
	return l.MaxUses
}
