// SPDX-License-Identifier: Apache-2.0

package direct

import "gatehouse/internal/sqltext"

// The reads of one thing: internal/sqlite organization.go, request.go,
// application.go. One statement needs no transaction around it.
const (
	liteOrganization = sqltext.SelectOrganization
	liteRequest      = sqltext.SelectRequest
	liteApplication  = sqltext.SelectApplication + sqltext.ByID
)

const (
	organizationWidth = 13
	authCodeWidth     = 22
	requestWidth      = 13
	applicationWidth  = 11
)

func (s *lite) single() []Yardstick {
	once := func(c *session, columns int, query string, key func() any) work {
		return func() (int, error) { return 1, c.one(columns, query, key()) }
	}
	return []Yardstick{
		s.reading(Organization, func(c *session) work {
			return once(c, organizationWidth, liteOrganization, func() any { return s.active.any() })
		}),
		s.reading(Request, func(c *session) work {
			return once(c, requestWidth, liteRequest, func() any { return s.every.any() })
		}),
		s.reading(Application, func(c *session) work {
			return once(c, applicationWidth, liteApplication, func() any { return s.application() })
		}),
	}
}
