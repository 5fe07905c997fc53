// SPDX-License-Identifier: Apache-2.0

package api

import (
	"net/http"
	"time"

	"gatehouse/apitype"
	"gatehouse/internal/problem"
	"gatehouse/internal/tenancy"
)

// readPolicy answers GET /v1/organizations/{organization}/policy.
func (a *api) readPolicy(w http.ResponseWriter, r *http.Request, caller tenancy.Caller) error {
	id, err := organizationOf(r)
	if err != nil {
		return err
	}
	o, err := a.tenancy.GetOrganization(r.Context(), caller, id)
	if err != nil {
		return err
	}
	return writePolicy(w, o)
}

// writePolicy answers with a policy. Its version is that of its organization.
func writePolicy(w http.ResponseWriter, o tenancy.Organization) error {
	w.Header().Set("ETag", etag(o.UpdatedAt))
	return write(w, http.StatusOK, policy(o.Policy))
}

// replacePolicy answers PUT /v1/organizations/{organization}/policy. The body has every
// member, so that an absent one cannot lift a bound.
func (a *api) replacePolicy(w http.ResponseWriter, r *http.Request, caller tenancy.Caller) error {
	id, err := organizationOf(r)
	if err != nil {
		return err
	}
	var body apitype.Policy
	versions, err := readChange(w, r, &body)
	if err != nil {
		return err
	}
	p, err := policyOf(body)
	if err != nil {
		return err
	}
	o, err := a.tenancy.UpdateOrganization(r.Context(), caller, id, tenancy.UpdateOrganizationParams{Policy: &p,
		Expected: tenancy.ExpectedState{Versions: versions}})
	if err != nil {
		return err
	}
	return writePolicy(w, o)
}

// policyOf reads a policy. Every member must be there.
func policyOf(body apitype.Policy) (tenancy.Policy, error) {
	var missing []problem.FieldError
	for _, member := range []struct {
		name string
		sent bool
	}{{fieldShowOnce, body.ShowCodesOnce != nil}, {tenancy.FieldMaxCodeLife, body.MaxCodeLife != nil},
		{fieldApprove, body.ApproveEnrolments != nil}} {
		if !member.sent {
			missing = append(missing, problem.Wrong(member.name, problem.CodeRequired))
		}
	}
	if len(missing) > 0 {
		return tenancy.Policy{}, problem.InvalidFields(missing)
	}
	p := tenancy.Policy{ShowCodesOnce: *body.ShowCodesOnce, ApproveEnrolments: *body.ApproveEnrolments}
	if *body.MaxCodeLife == apitype.Unlimited {
		return p, nil
	}
	life, err := time.ParseDuration(*body.MaxCodeLife)
	if err != nil || life <= 0 { // none is said by its word
		return tenancy.Policy{}, aboutField(tenancy.FieldMaxCodeLife, codeBadLife, tenancy.FieldMaxCodeLife)
	}
	p.MaxCodeLife = life
	return p, nil
}

// The members of a policy that no error of the domain is about.
const (
	fieldShowOnce = "showCodesOnce"
	fieldApprove  = "approveEnrolments"
)

// policy returns a policy as this API shows it.
func policy(p tenancy.Policy) apitype.Policy {
	life := apitype.Unlimited
	if p.MaxCodeLife > 0 {
		life = p.MaxCodeLife.String()
	}
	return apitype.Policy{ShowCodesOnce: &p.ShowCodesOnce, MaxCodeLife: &life,
		ApproveEnrolments: &p.ApproveEnrolments}
}
