// SPDX-License-Identifier: Apache-2.0

package console

import (
	"gatehouse/internal/filter"
	"gatehouse/internal/tenancy"
)

const (
	pathClients = "/clients"
	pathClient  = pathClients + "/{client}"
	paramCode   = "code"
)

func (c *console) clientRoutes() []page {
	const all, one = pathClients, pathClient
	return []page{
		list("listClients", all, c.listClients),
		get("readClient", one, c.readClient),
		list("listClientHistory", one+"/history", c.listClientHistory),
		get("editClient", one+"/edit", c.editClient),
		post("updateClient", one+"/edit", c.updateClient),
		get("confirmApprovalOfClient", one+"/approve", c.confirmDecision(c.approval())),
		post("approveClient", one+"/approve", c.decideClient(c.approval())),
		get("confirmRefusalOfClient", one+"/refuse", c.confirmDecision(c.refusal())),
		post("refuseClient", one+"/refuse", c.decideClient(c.refusal())),
		get("confirmRevocationOfClient", one+"/revoke", c.confirmDecision(c.revocation())),
		post("revokeClient", one+"/revoke", c.decideClient(c.revocation())),
	}
}

// clientPath returns the address of a client's page.
func clientPath(id string) string { return Root + pathClients + "/" + id }

// clientsPage is what the list shows.
type clientsPage struct {
	List          *listing
	Items         []tenancy.Client
	Organizations organizationNames // "nil": the list is of one organization
	Code          string            // id of the code to which the list is limited
}

// listClients answers GET /console/clients.
func (c *console) listClients(x *exchange) error {
	l, err := x.listingOf(clientOffers(paramCode))
	if err != nil {
		return err
	}
	p := clientsPage{List: l, Code: l.Field(paramCode)}
	if p.Items, err = x.clients(l, tenancy.ClientList{AuthCodeID: p.Code}); err != nil {
		return err
	}
	if x.caller.Organization == tenancy.RootID {
		var ids []tenancy.OrganizationID
		for _, one := range p.Items {
			ids = append(ids, one.OrganizationID)
		}
		if p.Organizations, err = x.organizationNames(ids); err != nil {
			return err
		}
	}
	return x.show("clients", p)
}

// clientOffers returns what lists of clients can be asked for.
func clientOffers(fields ...string) offers {
	return offers{search: true, fields: fields, order: "-" + tenancy.PropertyCreatedAt,
		sorts: []string{tenancy.PropertyCreatedAt, tenancy.PropertyName, tenancy.PropertyLastSeenAt},
		states: []string{"", string(tenancy.ClientPending), string(tenancy.ClientActive),
			string(tenancy.ClientRefused), string(tenancy.ClientRevoked)}}
}

// clients returns a page of clients.
func (x *exchange) clients(l *listing, ask tenancy.ClientList) ([]tenancy.Client, error) {
	properties := tenancy.ClientProperties()
	order, err := l.idOrder(properties)
	if err != nil {
		return nil, err
	}
	ask.IDOrder, ask.State = order, tenancy.ClientState(l.State)
	if l.Search != "" {
		if ask.Filter, err = clientSearch(properties, l.Search); err != nil {
			return nil, err
		}
	}
	found, err := x.c.tenancy.ListClients(x.r.Context(), x.caller, ask)
	if err := l.refused(x, err); err != nil {
		return nil, err
	}
	thenID(x, l, ask.IDOrder, found)
	return found.Items, nil
}

// clientSearch returns the filter of a search: an id, or a part of a name, of what the installation
// calls itself, or of a tag.
func clientSearch(properties map[string]filter.Property, text string) (filter.Node, error) {
	return filterOf(properties, "("+condition(tenancy.PropertyName, "co", text)+" or "+
		condition(tenancy.PropertyInstanceID, "co", text)+" or "+
		condition(tenancy.PropertyTags, "co", text)+" or "+condition(tenancy.PropertyID, "eq", text)+")")
}

// listOrganizationClients answers GET …/{organization}/clients.
func (c *console) listOrganizationClients(x *exchange) error {
	p, err := x.organization()
	if err != nil {
		return err
	}
	if p.List, err = x.listingOf(clientOffers()); err != nil {
		return err
	}
	if p.Clients, err = x.clients(p.List, tenancy.ClientList{Organization: p.ID}); err != nil {
		return err
	}
	return x.show("organization_clients", p)
}
