// SPDX-License-Identifier: Apache-2.0

package tenancy

import "context"

// SimilarNames says which names to find: those that look like the names of some organizations
// and requests.
type SimilarNames struct {
	Organizations []OrganizationID
	Requests      []RequestID
	// InMembers and InRequests say where to look: in the names of members and of the root, and
	// in those of undecided requests.
	InMembers, InRequests bool
	Limit                 int // of each of the two, for each name
}

// SimilarName is a name that people may take for another one: filter.LookAlike is equal.
type SimilarName struct {
	OfOrganization OrganizationID // the organization with the other name; 0 if it is a request
	OfRequest      RequestID
	Organization   OrganizationID // that has this name, or that will have it
	Request        RequestID      // that has this name; 0 if it is that of a member
	Name           string
	State          string // of the organization, or the status of the request
}

// maxSimilar is how many members, and how many requests, are named for one name.
const maxSimilar = 3

// FindSimilarNames returns names that look like those of some organizations and requests, the
// oldest first, at most three members and three undecided requests for each. What belongs to
// the same organization is left out. A caller gets names that it may read: none unless it is of
// the root.
func (s *Service) FindSimilarNames(ctx context.Context, caller Caller, organizations []OrganizationID,
	requests []RequestID) ([]SimilarName, error) {
	if err := caller.RequireLogin(); err != nil {
		return nil, err
	}
	q := SimilarNames{Organizations: organizations, Requests: requests,
		InMembers: caller.May(ReadOrganizations), InRequests: caller.May(ReadRequests), Limit: maxSimilar}
	nobody := len(organizations)+len(requests) == 0
	if caller.Organization != RootID || nobody || !q.InMembers && !q.InRequests {
		return nil, nil
	}
	var found []SimilarName
	err := s.core.Read(ctx, func(tx Reader) (err error) {
		found, err = tx.SimilarNames(ctx, q)
		return err
	})
	return found, err
}
