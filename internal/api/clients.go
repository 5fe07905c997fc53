// SPDX-License-Identifier: Apache-2.0

package api

import (
	"context"
	"encoding/json"
	"net/http"
	"slices"

	"gatehouse/apitype"
	"gatehouse/internal/problem"
	"gatehouse/internal/secret"
	"gatehouse/internal/tenancy"
)

// enrol answers POST /v1/enrollments: 201 with a client that is let in, 202 with one that
// waits, and 200 with one that asked before.
func (a *api) enrol(w http.ResponseWriter, r *http.Request, caller tenancy.Caller) error {
	var body apitype.Enrolment
	if err := read(w, r, &body); err != nil {
		return err
	}
	p := tenancy.EnrolParams{AuthCode: body.AuthorizationCode, Name: body.Client.Name,
		InstanceID: body.Client.InstanceID}
	if key := body.Client.PublicKey; len(key) > 0 {
		var err error
		if p.PublicKey, err = secret.ParsePublicKey(key); err != nil {
			return aboutField("client.publicKey", codeBadKey, "client.publicKey")
		}
	}
	issued, err := a.tenancy.Enrol(r.Context(), caller, p)
	if err != nil {
		return inClient(err)
	}
	status := http.StatusCreated
	switch {
	case issued.State == tenancy.ClientPending:
		status = http.StatusAccepted
	case issued.Repeated:
		status = http.StatusOK
	}
	return write(w, status, apitype.Enrolled{ClientID: issued.ID, OrganizationID: issued.OrganizationID.String(),
		State: string(issued.State), ClientKey: issued.Key.Reveal(), RegistrationToken: issued.Manage.Reveal()})
}

// inClient renames the fields of an error as the body of an enrolment has them.
func inClient(err error) error {
	return problem.As(err).Renamed(func(field string) string { return "client." + field })
}

// listClients answers GET /v1/clients.
func (a *api) listClients(w http.ResponseWriter, r *http.Request, caller tenancy.Caller) error {
	p, order, err := a.idPageOf(r, caller, clientProperties(), "organization", "state", "authCode")
	if err != nil {
		return err
	}
	ask := tenancy.ClientList{State: tenancy.ClientState(p.query.Get("state")),
		AuthCodeID: p.query.Get("authCode"), IDOrder: order}
	if text, sent := p.query["organization"]; sent {
		ask.Organization, err = tenancy.ParseOrganizationID(text[0])
		if err != nil || ask.Organization == tenancy.RootID { // to the use case, the root means all
			return problem.OrganizationNotFound()
		}
	}
	states := []tenancy.ClientState{tenancy.ClientPending, tenancy.ClientActive, tenancy.ClientRefused,
		tenancy.ClientRevoked}
	if p.query.Has("authCode") && ask.AuthCodeID == "" { // to the use case, no code means all
		return aboutField("authCode", codeEmptyParameter, "authCode")
	}
	if p.query.Has("state") && !slices.Contains(states, ask.State) {
		return aboutField("state", codeBadState)
	}
	clients, err := a.tenancy.ListClients(r.Context(), caller, ask)
	if err != nil {
		return err
	}
	return write(w, http.StatusOK, apitype.ClientList{Items: items(clients.Items, client),
		NextCursor: idCursor(a, p, order, clients)})
}

// readClient answers GET /v1/clients/{client}.
func (a *api) readClient(w http.ResponseWriter, r *http.Request, caller tenancy.Caller) error {
	c, err := a.tenancy.GetClient(r.Context(), caller, r.PathValue("client"))
	if err != nil {
		return err
	}
	return writeClient(w, c)
}

// updateClient answers PATCH /v1/clients/{client}.
func (a *api) updateClient(w http.ResponseWriter, r *http.Request, caller tenancy.Caller) error {
	var body apitype.ClientChange
	seen, err := readChange(w, r, &body)
	if err != nil {
		return err
	}
	c, err := a.tenancy.UpdateClient(r.Context(), caller, r.PathValue("client"),
		tenancy.UpdateClientParams{Name: body.Name, Tags: body.Tags, Expected: seen})
	if err != nil {
		return err
	}
	return writeClient(w, c)
}

// changeClient answers the operations that change a client and take no body.
func (a *api) changeClient(change func(context.Context, tenancy.Caller, string) (tenancy.Client,
	error)) handler {
	return func(w http.ResponseWriter, r *http.Request, caller tenancy.Caller) error {
		if err := readNothing(w, r); err != nil {
			return err
		}
		c, err := change(r.Context(), caller, r.PathValue("client"))
		if err != nil {
			return err
		}
		return writeClient(w, c)
	}
}

func writeClient(w http.ResponseWriter, c tenancy.Client) error {
	w.Header().Set("ETag", etag(c.UpdatedAt))
	return write(w, http.StatusOK, client(c))
}

// client returns a client as this API shows it.
func client(c tenancy.Client) apitype.Client {
	out := apitype.Client{ID: c.ID, OrganizationID: c.OrganizationID.String(), AuthCodeID: c.AuthCodeID,
		Name: c.Name, InstanceID: c.InstanceID, State: string(c.State), Tags: list(c.Tags),
		Thumbprint: c.Thumbprint,
		Address:    c.Address, CreatedAt: c.CreatedAt, UpdatedAt: c.UpdatedAt, LastSeenAt: instant(c.LastSeenAt),
		DecidedBy: c.DecidedBy, NameWarnings: warningsOf(c.Name)}
	if c.PublicKey != "" {
		out.PublicKey = json.RawMessage(c.PublicKey)
	}
	return out
}
