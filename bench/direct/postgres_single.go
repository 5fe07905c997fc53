// SPDX-License-Identifier: Apache-2.0

package direct

import "gatehouse/internal/sqltext"

// The reads of one thing: internal/postgres organization.go, request.go,
// application.go. One statement needs no transaction around it.
var (
	pgOrganization = sqltext.Numbered(sqltext.SelectOrganization)
	pgRequest      = sqltext.Numbered(sqltext.SelectRequest)
	pgApplication  = sqltext.Numbered(sqltext.SelectApplication + sqltext.ByID)
)

func (s *postgres) single() []Yardstick {
	once := func(operation, query string, key func() any) Yardstick {
		return s.reading(operation, func(c *client) work {
			return func() (int, error) { return 1, c.one(query, key()) }
		})
	}
	return []Yardstick{
		once(Organization, pgOrganization, func() any { return s.active.any() }),
		once(Request, pgRequest, func() any { return s.every.any() }),
		once(Application, pgApplication, func() any { return s.application() }),
	}
}
