// SPDX-License-Identifier: Apache-2.0

package tenancy

import "context"

// ActFor returns the caller limited to one organization that it reaches. For the limited
// caller things of other organizations do not exist, and use cases of the root are
// Denied. It is the same party in the audit and has the same permissions. It cannot make
// or change operator tokens, since those would not be limited. NotFound if the caller
// reaches no such organization; Denied without the permission to read organizations.
func (s *Service) ActFor(ctx context.Context, caller Caller, id OrganizationID) (Caller, error) {
	o, err := s.GetOrganization(ctx, caller, id)
	if err != nil {
		return Caller{}, err
	}
	caller.Limited = caller.Limited || caller.Organization != o.ID
	caller.Organization = o.ID
	return caller, nil
}
