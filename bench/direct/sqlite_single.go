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

func (s *lite) single() []Yardstick {
	once := func(c *session, query string, key func() any) work {
		return func() (int, error) { return 1, c.one(query, key()) }
	}
	return []Yardstick{
		s.reading(Organization, func(c *session) work {
			return once(c, liteOrganization, func() any { return s.active.any() })
		}),
		s.reading(Request, func(c *session) work {
			return once(c, liteRequest, func() any { return s.every.any() })
		}),
		s.reading(Application, func(c *session) work {
			return once(c, liteApplication, func() any { return s.application() })
		}),
	}
}
