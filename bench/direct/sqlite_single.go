// SPDX-License-Identifier: Apache-2.0

package direct

// The reads of one thing: internal/sqlite organization.go, request.go,
// application.go. One statement needs no transaction around it.
const (
	organizationColumns = `id, name, alias, description, external_id, state, created_at, updated_at, email_domains, deactivation, properties`
	requestColumns      = `id, name, status, requester_comments, approver_comments, related_organization,
		organization_id, contact_id, email, created_at, updated_at, decided_at, decided_by`
	applicationColumns = `id, organization_id, name, type, lifetime_days, created_at, created_by,
		key_id, key_issued_at, key_expires_at, key_digest`

	liteOrganization = `SELECT ` + organizationColumns + ` FROM organizations WHERE id = ?`
	liteRequest      = `SELECT ` + requestColumns + ` FROM requests WHERE id = ?`
	liteApplication  = `SELECT ` + applicationColumns + ` FROM applications WHERE id = ?`
)

const (
	organizationWidth = 11
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
