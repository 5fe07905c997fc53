// SPDX-License-Identifier: Apache-2.0

package api

import (
	"net/http"
	"time"

	"gatehouse/apitype"
	"gatehouse/internal/tenancy"
)

// updateAuthCode answers PATCH …/{code}.
func (a *api) updateAuthCode(w http.ResponseWriter, r *http.Request, caller tenancy.Caller) error {
	id, err := organizationOf(r)
	if err != nil {
		return err
	}
	var body apitype.AuthCodeChange
	seen, err := readChange(w, r, &body)
	if err != nil {
		return err
	}
	change, err := updateOf(body)
	if err != nil {
		return err
	}
	change.Expected = seen
	code, err := a.tenancy.UpdateAuthCode(r.Context(), caller, id, r.PathValue("code"), change)
	if err != nil {
		return err
	}
	return writeCode(w, code)
}

func updateOf(body apitype.AuthCodeChange) (tenancy.AuthCodeUpdate, error) {
	u := tenancy.AuthCodeUpdate{Name: body.Name, Note: body.Note, Tags: body.Tags}
	if body.ExpiresAt != nil {
		u.Expiry = &tenancy.CodeExpiry{At: body.ExpiresAt.At, Never: body.ExpiresAt.At.IsZero()}
	}
	if body.MaxUses != nil {
		u.Uses = &tenancy.CodeUsesLimit{Max: body.MaxUses.Count, AnyNumber: body.MaxUses.Count == 0}
	}
	if body.CIDRs != nil {
		sources, err := sourcesOf(*body.CIDRs)
		if err != nil {
			return tenancy.AuthCodeUpdate{}, err
		}
		u.Sources = &sources
	}
	return u, nil
}

// rotateAuthCode answers POST …/{code}/rotate.
func (a *api) rotateAuthCode(w http.ResponseWriter, r *http.Request, caller tenancy.Caller) error {
	id, err := organizationOf(r)
	if err != nil {
		return err
	}
	var body apitype.Rotation
	if err := read(w, r, &body); err != nil {
		return err
	}
	if body.Overlap == nil {
		return required(tenancy.FieldOverlap)
	}
	overlap, err := time.ParseDuration(*body.Overlap)
	if err != nil {
		return aboutField(tenancy.FieldOverlap, codeBadOverlap, tenancy.FieldOverlap)
	}
	if body.DryRun {
		return a.previewRotation(w, r, caller, id, overlap, body.Days)
	}
	if body.Days != nil {
		return aboutField(tenancy.FieldDays, codeOnlyDryRun, tenancy.FieldDays)
	}
	issued, err := a.tenancy.RotateAuthCode(r.Context(), caller, id, r.PathValue("code"), overlap)
	if err != nil {
		return err
	}
	return writeIssued(w, http.StatusCreated, issued)
}

// previewRotation answers a rotation with dryRun.
func (a *api) previewRotation(w http.ResponseWriter, r *http.Request, caller tenancy.Caller,
	id tenancy.OrganizationID, overlap time.Duration, days *int) error {
	back := apitype.DefaultPreviewDays
	if days != nil {
		back = *days
	}
	p, err := a.tenancy.PreviewRotation(r.Context(), caller, id, r.PathValue("code"), overlap, back)
	if err != nil {
		return err
	}
	out := apitype.RotationPreview{Overlap: p.Overlap.String(), Days: p.Days, RefusedSince: p.Since,
		RefusedUses: p.Uses, Sources: []apitype.RefusedSource{}, TotalSources: p.Total, OlderUses: p.Older}
	for _, s := range p.Sources {
		out.Sources = append(out.Sources, apitype.RefusedSource{InstanceID: s.InstanceID, Address: s.Address,
			ClientID: s.ClientID, Uses: s.Uses, LastUsedAt: s.LastAt})
	}
	return write(w, http.StatusOK, out)
}

// revealAuthCode answers POST …/{code}/reveal.
func (a *api) revealAuthCode(w http.ResponseWriter, r *http.Request, caller tenancy.Caller) error {
	id, err := organizationOf(r)
	if err != nil {
		return err
	}
	if err := readNothing(w, r); err != nil {
		return err
	}
	issued, err := a.tenancy.RevealAuthCode(r.Context(), caller, id, r.PathValue("code"))
	if err != nil {
		return err
	}
	return writeIssued(w, http.StatusOK, issued)
}
