// SPDX-License-Identifier: Apache-2.0

package commvault

import (
	"encoding/binary"
	"strings"

	"github.com/google/uuid"

	"gatehouse/internal/tenancy"
)

// Organizations have no GUID of their own, so the wire's is computed from the number. It is a UUID of version
// 8 (RFC 9562, section 5.8), whose bits are free to use: eight constant bytes, then the number. It never
// changes, and a company is found by it without a column in the database.
const (
	guidHead   = 0x6761746568_6F_8573 // "gatehous", with the version
	guidTail   = 1 << 63              // the variant's two bits, 10
	guidNumber = 1<<62 - 1
)

// guidOf returns an organization's GUID, in upper case as the vendor writes it.
func guidOf(id tenancy.OrganizationID) string {
	var u uuid.UUID
	binary.BigEndian.PutUint64(u[:8], guidHead)
	binary.BigEndian.PutUint64(u[8:], guidTail|uint64(id)&guidNumber)
	return strings.ToUpper(u.String())
}

// numberOfGUID returns the organization number in a GUID. ours is false if this server did not make the GUID.
// The error says that the text is not a GUID.
func numberOfGUID(text string) (id int64, ours bool, err error) {
	u, err := uuid.Parse(text)
	if err != nil {
		return 0, false, err
	}
	tail := binary.BigEndian.Uint64(u[8:])
	return int64(tail & guidNumber), binary.BigEndian.Uint64(u[:8]) == guidHead &&
		tail>>62 == guidTail>>62, nil
}
