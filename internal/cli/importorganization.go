// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"context"
	"encoding/json"
	"iter"
	"sync"

	"gatehouse/apitype"
	"gatehouse/client"
	"gatehouse/internal/bulk"
)

// organizationMemory has ids of organizations by what lines call them, so that the lines of one organization
// ask for it once. It is bounded.
type organizationMemory struct {
	mu  sync.Mutex
	ids map[string]string
}

const mostOrganizations = 4096

func (m *organizationMemory) get(name string) (string, bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	id, found := m.ids[name]
	return id, found
}

func (m *organizationMemory) put(name, id string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.ids == nil || len(m.ids) >= mostOrganizations {
		m.ids = map[string]string{}
	}
	m.ids[name] = id
}

// organizationOf returns the id of the organization that a line names, by its id or name, or by its id in
// another system.
func (i *importer) organizationOf(ctx context.Context, v bulk.Values) (string, error) {
	name, external := v.Text("organization"), v.Text("organizationExternalId")
	switch {
	case name == "" && external == "":
		return "", Usage("organization is missing: give its id or name, or organizationExternalId")
	case name != "" && external != "":
		return "", Usage("both organization and organizationExternalId are given: leave out either")
	}
	asked := "name " + name
	if external != "" {
		asked = "externalId " + external
	}
	if id, found := i.organizations.get(asked); found {
		return id, nil
	}
	var id string
	var err error
	if external != "" {
		id, err = i.findExternal(ctx, external)
	} else {
		of := *i.session
		of.ctx = ctx
		id, err = of.organization(name)
	}
	if err == nil {
		i.organizations.put(asked, id)
	}
	return id, err
}

// findExternal finds the only organization with an id of another system.
func (i *importer) findExternal(ctx context.Context, external string) (string, error) {
	quoted, err := json.Marshal(external)
	if err != nil {
		return "", err
	}
	var found iter.Seq2[apitype.Organization, error] = i.Organizations.List(ctx,
		client.ListOptions{Filter: "externalId eq " + string(quoted), PageSize: 2})
	id := ""
	for o, err := range found {
		switch {
		case err != nil:
			return "", err
		case id != "":
			return "", Usage("several organizations have the externalId %q", external)
		}
		id = o.ID
	}
	if id == "" {
		return "", Usage("no organization has the externalId %q", external)
	}
	return id, nil
}
