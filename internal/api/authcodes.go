// SPDX-License-Identifier: Apache-2.0

package api

import (
	"context"
	"net/http"
	"net/netip"

	"gatehouse/apitype"
	"gatehouse/internal/problem"
	"gatehouse/internal/secret"
	"gatehouse/internal/tenancy"
)

// createAuthCode answers POST /v1/organizations/{organization}/auth-codes.
func (a *api) createAuthCode(w http.ResponseWriter, r *http.Request, caller tenancy.Caller) error {
	id, err := organizationOf(r)
	if err != nil {
		return err
	}
	var body apitype.AuthCodeParams
	if err := read(w, r, &body); err != nil {
		return err
	}
	sources, err := sourcesOf(body.CIDRs)
	if err != nil {
		return err
	}
	if err := limitsSent(body); err != nil {
		return err
	}
	limits := tenancy.CodeLimits{ExpiresAt: body.ExpiresAt.At, Never: body.ExpiresAt.At.IsZero(),
		MaxUses: body.MaxUses.Count, AnyNumber: body.MaxUses.Count == 0, Sources: sources}
	p := tenancy.AuthCodeParams{Name: body.Name, Note: body.Note, Tags: body.Tags, Limits: limits}
	var issued tenancy.IssuedAuthCode
	switch {
	case body.AuthorizationCode != nil:
		issued, err = a.tenancy.ImportAuthCode(r.Context(), caller, id, p, tenancy.ImportedText{
			Text: secret.Of(*body.AuthorizationCode), Primary: body.Primary, Canary: body.Canary})
	case body.Primary:
		err = aboutField("primary", codeOnlyImported, "primary")
	default:
		issued, err = a.tenancy.CreateAuthCode(r.Context(), caller, id, p, body.Canary)
	}
	if err != nil {
		return err
	}
	return writeIssued(w, http.StatusCreated, issued)
}

// limitsSent refuses a body that leaves out a limit, and names all that it leaves out.
func limitsSent(body apitype.AuthCodeParams) error {
	var missing []problem.FieldError
	if body.ExpiresAt == nil {
		missing = append(missing, problem.Wrong(tenancy.FieldExpiresAt, problem.CodeRequired))
	}
	if body.MaxUses == nil {
		missing = append(missing, problem.Wrong(tenancy.FieldMaxUses, problem.CodeRequired))
	}
	if len(missing) > 0 {
		return problem.InvalidFields(missing)
	}
	return nil
}

func required(field string) error {
	return problem.InvalidFields([]problem.FieldError{problem.Wrong(field, problem.CodeRequired)})
}

// sourcesOf reads networks.
func sourcesOf(texts []string) ([]netip.Prefix, error) {
	var nets []netip.Prefix
	for _, text := range texts {
		net, err := netip.ParsePrefix(text)
		if err != nil {
			return nil, problem.InvalidFields([]problem.FieldError{
				problem.Wrong(tenancy.FieldSources, problem.CodeBadSource)})
		}
		nets = append(nets, net)
	}
	return nets, nil
}

// listAuthCodes answers GET /v1/organizations/{organization}/auth-codes.
func (a *api) listAuthCodes(w http.ResponseWriter, r *http.Request, caller tenancy.Caller) error {
	id, err := organizationOf(r)
	if err != nil {
		return err
	}
	p, order, err := a.idPageOf(r, caller, authCodeProperties())
	if err != nil {
		return err
	}
	codes, err := a.tenancy.ListAuthCodes(r.Context(), caller, id, order)
	if err != nil {
		return err
	}
	return write(w, http.StatusOK, apitype.AuthCodeList{Items: items(codes.Items, authCode),
		NextCursor: idCursor(a, p, order, codes)})
}

// codeUseCase is a use case that changes one code.
type codeUseCase func(context.Context, tenancy.Caller, tenancy.OrganizationID, string) (tenancy.AuthCode,
	error)

// changeAuthCode answers the operations that change a code and take no body.
func (a *api) changeAuthCode(change codeUseCase) handler {
	return func(w http.ResponseWriter, r *http.Request, caller tenancy.Caller) error {
		id, err := organizationOf(r)
		if err != nil {
			return err
		}
		if err := readNothing(w, r); err != nil {
			return err
		}
		code, err := change(r.Context(), caller, id, r.PathValue("code"))
		if err != nil {
			return err
		}
		return writeCode(w, code)
	}
}

// readAuthCode answers GET …/{code}.
func (a *api) readAuthCode(w http.ResponseWriter, r *http.Request, caller tenancy.Caller) error {
	id, err := organizationOf(r)
	if err != nil {
		return err
	}
	code, err := a.tenancy.GetAuthCode(r.Context(), caller, id, r.PathValue("code"))
	if err != nil {
		return err
	}
	return writeCode(w, code)
}
