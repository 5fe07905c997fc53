// SPDX-License-Identifier: Apache-2.0

package api

import (
	"net/http"
	"net/netip"
	"strconv"
	"time"

	"gatehouse/apitype"
	"gatehouse/internal/tenancy"
)

// authCode returns a code as this API shows it, without its text.
func authCode(c tenancy.AuthCode) apitype.AuthCode {
	out := apitype.AuthCode{ID: c.ID, OrganizationID: c.OrganizationID.String(), Name: c.Name, Note: c.Note,
		State: string(c.State(c.AsOf)), Primary: c.Primary, Canary: c.Canary, Uses: c.Uses,
		Imported: c.Imported, Weak: c.Weak,
		LastUsedAt: instant(c.LastUsedAt), CIDRs: []string{}, Tags: list(c.Tags), ReplacedBy: c.ReplacedBy,
		CreatedAt: c.CreatedAt, CreatedBy: c.CreatedBy, UpdatedAt: c.UpdatedAt}
	if c.Living() && c.OverlapUntil.After(c.AsOf) {
		out.ValidUntil = instant(c.OverlapUntil)
	}
	if !c.Limits.Never {
		out.ExpiresAt.At = c.Limits.ExpiresAt
	}
	if !c.Limits.AnyNumber {
		out.MaxUses.Count = c.Limits.MaxUses
	}
	for _, net := range c.Limits.Sources {
		out.CIDRs = append(out.CIDRs, net.String())
	}
	return out
}

func writeCode(w http.ResponseWriter, c tenancy.AuthCode) error {
	w.Header().Set("ETag", etag(c.UpdatedAt))
	return write(w, http.StatusOK, authCode(c))
}

// writeIssued answers with a code and its text.
func writeIssued(w http.ResponseWriter, status int, issued tenancy.IssuedAuthCode) error {
	w.Header().Set("ETag", etag(issued.UpdatedAt))
	body := authCode(issued.AuthCode)
	body.AuthorizationCode = issued.Text.Reveal()
	return write(w, status, body)
}

// listUses answers GET …/{code}/uses.
func (a *api) listUses(w http.ResponseWriter, r *http.Request, caller tenancy.Caller) error {
	id, err := organizationOf(r)
	if err != nil {
		return err
	}
	p, err := a.pageOf(r, caller, paramFilter)
	if err != nil {
		return err
	}
	ask := tenancy.CodeUseList{Limit: p.count}
	if ask.Filter, _, err = expressionsOf(p, codeUseProperties()); err != nil {
		return err
	}
	if p.after != "" {
		if ask.Before, err = strconv.ParseInt(p.after, 10, 64); err != nil || ask.Before < 1 {
			return aboutField(paramCursor, codeBadCursor)
		}
	}
	uses, err := a.tenancy.ListAuthCodeUses(r.Context(), caller, id, r.PathValue("code"), ask)
	if err != nil {
		return err
	}
	body := apitype.UseList{Items: items(uses.Lines, codeUse), Older: []apitype.DailyUses{}}
	if uses.Next > 0 {
		body.NextCursor = a.cursor(p, strconv.FormatInt(uses.Next, 10))
	}
	for _, d := range uses.Folded {
		body.Older = append(body.Older, apitype.DailyUses{Day: d.Day.Format(time.DateOnly),
			Outcome: string(d.Outcome), Reason: string(d.Refusal), Count: d.Count})
	}
	return write(w, http.StatusOK, body)
}

func codeUse(u tenancy.CodeUse) apitype.Use {
	return apitype.Use{At: u.At, Outcome: string(u.Outcome), Reason: string(u.Refusal), Address: u.Address,
		InstanceID: u.InstanceID, ClientID: u.ClientID}
}

// verifyAuthCode answers POST /v1/auth-codes/verify.
func (a *api) verifyAuthCode(w http.ResponseWriter, r *http.Request, caller tenancy.Caller) error {
	var body apitype.Verification
	if err := read(w, r, &body); err != nil {
		return err
	}
	address := body.Address
	if address == "" {
		address = caller.Origin.Address
	}
	from, err := netip.ParseAddr(address)
	if err != nil {
		return aboutField("address", codeBadAddress, "address")
	}
	verdict, err := a.tenancy.VerifyAuthCode(r.Context(), caller, body.AuthorizationCode, from, body.Explain)
	if err != nil {
		return err
	}
	out := apitype.Verdict{Valid: verdict.Valid, Reason: string(verdict.Refusal)}
	if verdict.Code.ID != "" {
		code := authCode(verdict.Code)
		out.AuthCode = &code
	}
	return write(w, http.StatusOK, out)
}
