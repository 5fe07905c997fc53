// SPDX-License-Identifier: Apache-2.0

package fill

import (
	"encoding/binary"
	"fmt"
	"time"

	"github.com/google/uuid"

	"gatehouse/internal/secret"
	"gatehouse/internal/tenancy"
)

// rowID returns the id of a code or a client. Like the server's it begins with the time, and
// as those it rises with the number.
func rowID(at time.Time, number int) string {
	var id uuid.UUID
	binary.BigEndian.PutUint64(id[:8], uint64(at.UnixMilli())<<16)
	binary.BigEndian.PutUint64(id[8:], uint64(number))
	id[6], id[8] = 0x70, id[8]&0x3f|0x80
	return id.String()
}

// codes are the primary ones of the active organizations, made a minute after these were
// let in, and after them those of Data.Codes.
func (p *plan) codes(s spelling) table {
	primary, more := p.having(placeOfApproved), p.sample(placeOfApproved, maxCodes)
	return table{"auth_codes", columns(`id organization_id is_primary digest sealed created_at created_by ended_at
		end_reason name updated_at uses last_used_at`),
		primary + len(more), func(to []any, k int) []any {
			text := secret.NewAuthCode()
			if k < primary {
				return p.code(to, s, k, text, true)
			}
			i := int(more[k-primary]) - firstID
			of := (i - placeOfApproved) / len(statuses())
			known := Code{Organization: more[k-primary], ID: p.codeID(of, false), Text: text.Reveal(),
				Digest: p.keys.Digest(secret.ForAuthCode, text)}
			p.knownCodes = append(p.knownCodes, known)
			return p.code(to, s, of, text, false)
		}}
}

// code appends the k-th organization's primary code, or its other one.
func (p *plan) code(to []any, s spelling, k int, text secret.Secret, primary bool) []any {
	i := placeOfApproved + k*len(statuses())
	organization, id, at := tenancy.OrganizationID(firstID+i), p.codeID(k, primary),
		p.settledAt(i).Add(time.Minute)
	name, uses, used := "fleet", 0, any(nil)
	if primary {
		name, uses = "", p.clientsOf(k)
	}
	if uses > 0 {
		used = s.at(at)
	}
	return append(to, id, int64(organization), s.flag(primary), p.keys.Digest(secret.ForAuthCode, text),
		p.keys.Seal(secret.ForAuthCode, text, organization.String()+"/"+id),
		s.at(at), p.by, nil, "", name, s.at(at), int64(uses), used)
}

// codeID returns the id of the k-th active organization's primary code, or of its other one.
func (p *plan) codeID(k int, primary bool) string {
	number := 2 * k
	if !primary {
		number++
	}
	return rowID(p.createdAt(placeOfApproved+k*len(statuses())), number)
}

// clientsOf returns how many clients the k-th active organization has.
func (p *plan) clientsOf(k int) int {
	active := p.having(placeOfApproved)
	return (p.clients - k + active - 1) / active
}

// enrolled are the clients: each organization gets its first one before any gets a second.
// Their log-ins write nothing, since they were seen just now.
func (p *plan) enrolled(s spelling) table {
	active, every := p.having(placeOfApproved), (p.clients+maxClients-1)/maxClients
	begun, seen := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC), time.Now().UTC().Truncate(time.Millisecond)
	return table{"clients", columns(`id organization_id auth_code_id name instance_id thumbprint public_key key_digest
		tags state address created_at updated_at last_seen_at decided_by`), p.clients, func(to []any, j int) []any {
		k, key, at := j%active, secret.NewClientKey(), begun.Add(time.Duration(j)*time.Millisecond)
		id := rowID(at, j)
		if j%every == 0 {
			p.knownClients = append(p.knownClients, Client{id, key.Reveal()})
		}
		name := fmt.Sprintf("till %d", j)
		return append(to, id, int64(firstID+placeOfApproved+k*len(statuses())), p.codeID(k, true), name,
			fmt.Sprintf("till-%d.example.test", j), "", "", p.keys.Digest(secret.ForClientKey, key), "[]",
			string(tenancy.ClientActive), "192.0.2.1", s.at(at), s.at(at), s.at(seen), "")
	}}
}
