// SPDX-License-Identifier: Apache-2.0

package sqltext

import "gatehouse/internal/tenancy"

// Parts of the statements about log-ins. The first argument is the owner, the second the token.
// The third is the family of a signed token.
const (
	organizationActive = `(SELECT state = 'active' FROM organizations WHERE organizations.id = organization_id)`
	signedTokenEnded   = `EXISTS (SELECT 1 FROM revoked_tokens WHERE token_id IN (?2, ?3))`
	sessionEnded       = `NOT EXISTS (SELECT 1 FROM sessions WHERE id = ?2 AND ended_at IS NULL)`
	operatorTokenEnded = `NOT EXISTS (SELECT 1 FROM operator_tokens WHERE id = ?2 AND ended_at IS NULL)`
	selectLogin        = `SELECT organization_id, ` + organizationActive + `, `
	ofOperator         = `, username, number, role, active, login_generation FROM operators WHERE id = ?1`
	ofApplication      = `, name, key_id, key_expires_at, former_key_id, former_key_expires_at, overlap_until,
		former_tokens_until FROM applications WHERE id = ?1`
	ofClient = `, name, state = 'active' FROM clients WHERE id = ?1`
)

// Statements about log-ins.
const (
	SelectOperatorLogin      = selectLogin + signedTokenEnded + ofOperator
	SelectOperatorSession    = selectLogin + sessionEnded + ofOperator
	SelectOperatorTokenLogin = selectLogin + operatorTokenEnded + ofOperator
	SelectApplicationLogin   = selectLogin + signedTokenEnded + ofApplication
	SelectClientLogin        = selectLogin + signedTokenEnded + ofClient
	// SelectClientKey takes the id of the client.
	SelectClientKey = `SELECT organization_id, ` + organizationActive + `, state, key_digest, thumbprint, key_place,
		last_seen_at FROM clients WHERE id = ?`
)

// ScanOperatorLogin reads the columns of the statements about an operator's log-in.
func ScanOperatorLogin(row Row) (l tenancy.Login, err error) {
	err = row.Scan(&l.Organization, &l.OrganizationActive, &l.TokenEnded, &l.Name, &l.Number, &l.Role,
		&l.OwnerActive, &l.Generation)
	return l, err
}

// ScanApplicationLogin reads the columns of SelectApplicationLogin.
func ScanApplicationLogin(row Row) (l tenancy.Login, err error) {
	k := &l.Keys
	err = row.Scan(&l.Organization, &l.OrganizationActive, &l.TokenEnded, &l.Name, &k.Key.ID,
		Time{&k.Key.ExpiresAt}, &k.Former.ID, Time{&k.Former.ExpiresAt}, Time{&k.Former.OverlapUntil},
		Time{&k.Former.TokensUntil})
	return l, err
}

// ScanClientLogin reads the columns of SelectClientLogin.
func ScanClientLogin(row Row) (l tenancy.Login, err error) {
	err = row.Scan(&l.Organization, &l.OrganizationActive, &l.TokenEnded, &l.Name, &l.OwnerActive)
	return l, err
}

// ScanClientKey reads the columns of SelectClientKey.
func ScanClientKey(row Row) (k tenancy.ClientKey, err error) {
	err = row.Scan(&k.Organization, &k.OrganizationActive, &k.State, Bytes{&k.Digest}, &k.Thumbprint, &k.Place,
		Time{&k.LastSeenAt})
	return k, err
}
