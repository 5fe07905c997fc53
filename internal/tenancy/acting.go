// SPDX-License-Identifier: Apache-2.0

package tenancy

import "context"

// ActFor returns the caller limited to one organization it reaches: things of other
// organizations do not exist for it then, and what needs the root is Denied. It is the
// same party in the audit and has no permission that it had not. An operator so limited
// makes and changes no operator tokens, which would not be limited. NotFound when there
// is no such organization, or none that the caller reaches; Denied without the permission
// to read organizations.
func (s *Service) ActFor(ctx context.Context, caller Caller, id OrganizationID) (Caller, error) {
	o, err := s.GetOrganization(ctx, caller, id)
	if err != nil {
		return Caller{}, err
	}
	caller.Limited = caller.Limited || caller.Organization != o.ID
	caller.Organization = o.ID
	return caller, nil
}
