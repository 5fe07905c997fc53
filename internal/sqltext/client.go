// SPDX-License-Identifier: Apache-2.0

package sqltext

import (
	"gatehouse/internal/filter"
	"gatehouse/internal/jsoncolumn"
	"gatehouse/internal/tenancy"
)

// Statements about clients.
const (
	clientColumns = `id, organization_id, auth_code_id, name, instance_id, thumbprint, public_key, key_digest,
		tags, state, address, created_at, updated_at, last_seen_at, decided_by, key_place`
	// clientSearch are columns that a filter compares, and nothing reads.
	clientSearch           = `, name_folded, instance_id_folded, tags_folded`
	SelectClient           = `SELECT ` + clientColumns + ` FROM clients`
	SelectClientByInstance = SelectClient + ` WHERE auth_code_id = ?` + NewestOfInstance
	// NewestOfInstance follows a condition for the code.
	NewestOfInstance = ` AND instance_id = ? ORDER BY id DESC LIMIT 1`
	clientMarks      = `?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?`
	InsertClient     = `INSERT INTO clients (` + clientColumns + clientSearch + `) VALUES (` + clientMarks + `)`
	// EnrolClient is TakeCodeUse, InsertClient and InsertCodeUse in one statement, where an
	// engine can. It takes the arguments of all three, and changes nothing if the first does
	// not.
	EnrolClient = `WITH taken AS (` + TakeCodeUse + ` RETURNING id),
		client AS (INSERT INTO clients (` + clientColumns + clientSearch + `) SELECT ` + clientMarks + ` FROM taken)
		INSERT INTO auth_code_uses (` + codeUseColumns + `) SELECT ` + codeUseMarks + ` FROM taken`
	// EnrolClientSurely is EnrolClient for a use that is there to be taken. If it is not, the
	// line has no code, and the engine refuses the statement. It takes the arguments of
	// EnrolClient, but the code of the line.
	EnrolClientSurely = `WITH taken AS (` + TakeCodeUse + ` RETURNING id),
		client AS (INSERT INTO clients (` + clientColumns + clientSearch + `) SELECT ` + clientMarks + ` FROM taken)
		INSERT INTO auth_code_uses (` + codeUseColumns + `) VALUES ((SELECT id FROM taken), ` + codeUseRest + `)`
	UpdateClient = `UPDATE clients SET name = ?, tags = ?, state = ?, updated_at = ?, decided_by = ?,
		thumbprint = ?, public_key = ?, key_place = ?, name_folded = ?, tags_folded = ? WHERE id = ?`
	ReplaceClientKey = `UPDATE clients SET key_digest = ?, updated_at = ? WHERE id = ?`
	// TouchClient takes the time and the id.
	TouchClient = `UPDATE clients SET last_seen_at = ?1 WHERE id = ?2
		AND (last_seen_at IS NULL OR last_seen_at < ?1)`
	EndClients = `UPDATE clients SET state = 'revoked', updated_at = ? WHERE organization_id = ?`
)

// ScanClient reads a client.
func ScanClient(row Row) (c tenancy.StoredClient, err error) {
	err = row.Scan(&c.ID, &c.OrganizationID, &c.AuthCodeID, &c.Name, &c.InstanceID, &c.Thumbprint, &c.PublicKey,
		Bytes{&c.KeyDigest}, JSON[[]string]{&c.Tags}, &c.State, &c.Address, Time{&c.CreatedAt},
		Time{&c.UpdatedAt}, Time{&c.LastSeenAt}, &c.DecidedBy, &c.KeyPlace)
	return c, err
}

// ScanBareClient reads a client and leaves the digest of its key out.
func ScanBareClient(row Row) (tenancy.Client, error) {
	c, err := ScanClient(row)
	return c.Client, err
}

// ClientArgs returns the arguments of InsertClient.
func ClientArgs(c tenancy.StoredClient, s Stamps) ([]any, error) {
	tags, err := jsoncolumn.Text(c.Tags, jsoncolumn.NoList)
	return []any{c.ID, int64(c.OrganizationID), c.AuthCodeID, c.Name, c.InstanceID, c.Thumbprint, c.PublicKey,
		Blob(c.KeyDigest), tags, string(c.State), c.Address, s.Time(c.CreatedAt), s.Time(c.UpdatedAt),
		s.Optional(c.LastSeenAt), c.DecidedBy, string(c.KeyPlace), filter.Fold(c.Name),
		filter.Fold(c.InstanceID), tenancy.ListedText(c.Tags...)}, err
}

// ClientUpdateArgs returns the arguments of UpdateClient. At is the time of the update as the
// engine stores it.
func ClientUpdateArgs(c tenancy.Client, at any) ([]any, error) {
	tags, err := jsoncolumn.Text(c.Tags, jsoncolumn.NoList)
	return []any{c.Name, tags, string(c.State), at, c.DecidedBy, c.Thumbprint, c.PublicKey, string(c.KeyPlace),
		filter.Fold(c.Name), tenancy.ListedText(c.Tags...), c.ID}, err
}
