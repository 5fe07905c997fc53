// SPDX-License-Identifier: Apache-2.0

package sqltext

import "gatehouse/internal/tenancy"

// SimilarSearch finds names that look like those of some rows of a table, the subjects.
type SimilarSearch struct {
	subjects     string // a table
	organization string // the column of a subject with its organization
	candidates   string
	ofRequests   bool // whether the candidates are requests
	of           []int64
}

// SimilarSearches returns the searches that a question needs.
func SimilarSearches(q tenancy.SimilarNames) (searches []SimilarSearch) {
	add := func(s SimilarSearch) {
		if len(s.of) == 0 {
			return
		}
		if q.InMembers {
			s.candidates = "organizations"
			searches = append(searches, s)
		}
		if q.InRequests {
			s.candidates, s.ofRequests = "requests", true
			searches = append(searches, s)
		}
	}
	add(SimilarSearch{subjects: "organizations", organization: "id", of: numbers(q.Organizations)})
	add(SimilarSearch{subjects: "requests", organization: "organization_id", of: numbers(q.Requests)})
	return searches
}

func numbers[ID ~int64](ids []ID) []int64 {
	list := make([]int64, len(ids))
	for i, id := range ids {
		list[i] = int64(id)
	}
	return list
}

// Of returns the ids of the subjects.
func (s SimilarSearch) Of() []int64 { return s.of }

// Columns returns what a row of an answer has, for Scan: s is a subject, c a candidate.
func (s SimilarSearch) Columns() string {
	if s.ofRequests {
		return "s.id, c.organization_id, c.id, c.name, c.status"
	}
	return "s.id, c.id, 0, c.name, c.state"
}

// Subjects and Candidates return the two tables.
func (s SimilarSearch) Subjects() string { return s.subjects }

// Candidates returns the table with the names to find.
func (s SimilarSearch) Candidates() string { return s.candidates }

// Condition returns the condition for candidates of a subject s. The second part is, word for
// word, that of the index.
func (s SimilarSearch) Condition() string {
	if s.ofRequests {
		return "name_likeness = s.name_likeness AND status NOT IN ('approved', 'rejected')" +
			" AND organization_id <> s." + s.organization
	}
	return "name_likeness = s.name_likeness AND state IN ('active', 'inactive') AND id <> s." + s.organization
}

// Scan reads Columns.
func (s SimilarSearch) Scan(row Row) (n tenancy.SimilarName, err error) {
	var subject int64
	err = row.Scan(&subject, &n.Organization, &n.Request, &n.Name, &n.State)
	if s.subjects == "requests" {
		n.OfRequest = tenancy.RequestID(subject)
	} else {
		n.OfOrganization = tenancy.OrganizationID(subject)
	}
	return n, err
}
