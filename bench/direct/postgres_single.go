// SPDX-License-Identifier: Apache-2.0

package direct

// The reads of one thing: internal/postgres organization.go, request.go,
// application.go. One statement needs no transaction around it.
const (
	pgOrganization = `SELECT ` + organizationColumns + ` FROM organizations WHERE id = $1`
	pgRequest      = `SELECT ` + requestColumns + ` FROM requests WHERE id = $1`
	pgApplication  = `SELECT ` + applicationColumns + ` FROM applications WHERE id = $1`
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
