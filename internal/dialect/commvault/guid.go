// SPDX-License-Identifier: Apache-2.0

package commvault

import (
	"encoding/binary"
	"strings"

	"github.com/google/uuid"

	"gatehouse/internal/tenancy"
)

// Organizations have no GUID of their own. The wire's is a UUID of version 8
// (RFC 9562, section 5.8), whose bits are the maker's: eight bytes that are
// always the same, then the number. So it stays the same, and a client that
// looks a company up by it finds it without a column for it.
const (
	guidHead   = 0x6761746568_6F_8573 // "gatehous", with the version
	guidTail   = 1 << 63              // the variant's two bits, 10
	guidNumber = 1<<62 - 1
)

// guidOf returns an organization's GUID, in the upper case of the vendor's.
func guidOf(id tenancy.OrganizationID) string {
	var u uuid.UUID
	binary.BigEndian.PutUint64(u[:8], guidHead)
	binary.BigEndian.PutUint64(u[8:], guidTail|uint64(id)&guidNumber)
	return strings.ToUpper(u.String())
}

// numberOfGUID returns the number in a GUID; ours is false when it is of nobody
// here, and the error is for a text that is no GUID.
func numberOfGUID(text string) (id int64, ours bool, err error) {
	u, err := uuid.Parse(text)
	if err != nil {
		return 0, false, err
	}
	tail := binary.BigEndian.Uint64(u[8:])
	return int64(tail & guidNumber), binary.BigEndian.Uint64(u[:8]) == guidHead && tail>>62 == guidTail>>62, nil
}
