// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"context"
	"encoding/json"
	"strconv"
	"strings"

	"gatehouse/apitype"
	"gatehouse/internal/bulk"
)

// The nouns of imports and exports.
const (
	nounOrganizations = "organizations"
	nounRequests      = "requests"
	nounCodes         = "codes"
	nounClients       = "clients"
)

func importKinds() []importKind {
	return []importKind{
		{noun: nounOrganizations, columns: columnsOf(nounOrganizations), keys: keyOf("name"),
			same: "name", prepare: prepareOrganization},
		{noun: nounRequests, columns: columnsOf(nounRequests), open: true, keys: keyOf("name", "contact.email"),
			same: "name and contact.email", prepare: prepareRequest},
		{noun: nounCodes, columns: columnsOf(nounCodes), made: madeCode(), prepare: prepareCode,
			keys: keysOfCode,
			same: "authorizationCode, or primary code of an organization", mints: func(v bulk.Values) bool {
				return v["authorizationCode"] == nil
			}},
		{noun: nounClients, columns: columnsOf(nounClients), open: true,
			keys: exactly("instanceId", "authorizationCode"), same: "instanceId",
			mints:   func(bulk.Values) bool { return true },
			made:    []string{"line", "clientId", "organizationId", "instanceId", "state", "clientKey"},
			prepare: prepareClient},
	}
}

// columnsOf returns the columns of a file, in the order in which an export writes them. What an import does
// not read is there in an export.
func columnsOf(noun string) []bulk.Column {
	text := func(names ...string) (all []bulk.Column) {
		for _, name := range names {
			all = append(all, bulk.Column{Name: name})
		}
		return all
	}
	ignored := func(names ...string) (all []bulk.Column) {
		for _, name := range names {
			all = append(all, bulk.Column{Name: name, Ignored: true})
		}
		return all
	}
	required := bulk.Column{Name: "name", Required: true}
	switch noun {
	case nounOrganizations:
		return join(ignored("id"), []bulk.Column{required}, text("alias", "description", "externalId"),
			[]bulk.Column{{Name: "emailDomains", Kind: bulk.List}, {Name: "contactPersons", Kind: bulk.JSON},
				{Name: "properties", Kind: bulk.JSON}}, ignored("state", "createdAt", "updatedAt"))
	case nounRequests:
		return join(ignored("id"), []bulk.Column{required}, text("requesterComments", "relatedOrganization",
			"organization.name", "organization.alias", "organization.description", "organization.externalId"),
			[]bulk.Column{{Name: "organization.emailDomains", Kind: bulk.List},
				{Name: "organization.properties", Kind: bulk.JSON}},
			text("contact.firstName", "contact.lastName", "contact.email"),
			ignored("status", "approverComments", "organizationId", "createdAt", "updatedAt", "decidedAt",
				"decidedBy"))
	case nounCodes:
		return join(ignored("id"), text("organization", "organizationExternalId"), []bulk.Column{required,
			{Name: "note"}, {Name: "expiresAt", Required: true}, {Name: "maxUses", Kind: bulk.Number, Required: true},
			{Name: "cidrs", Kind: bulk.List}, {Name: "tags", Kind: bulk.List}, {Name: "canary", Kind: bulk.Flag},
			{Name: "primary", Kind: bulk.Flag}, {Name: "authorizationCode"}},
			ignored("state", "imported", "weak", "uses", "lastUsedAt", "validUntil", "replacedBy", "createdAt",
				"createdBy", "updatedAt"))
	}
	return join(ignored("id"), []bulk.Column{required, {Name: "instanceId", Required: true},
		{Name: "publicKey", Kind: bulk.JSON}, {Name: "authorizationCode"}}, ignored("organizationId", "authCodeId",
		"state", "tags", "thumbprint", "address", "createdAt", "updatedAt", "lastSeenAt", "decidedBy"))
}

func join(lists ...[]bulk.Column) (all []bulk.Column) {
	for _, list := range lists {
		all = append(all, list...)
	}
	return all
}

// keyOf returns the key of lines that are the same if these columns are, in whatever letter case.
func keyOf(columns ...string) func(bulk.Values) []string {
	same := exactly(columns...)
	return func(v bulk.Values) (keys []string) {
		for _, key := range same(v) {
			keys = append(keys, strings.ToLower(key))
		}
		return keys
	}
}

// exactly returns the key of lines that are the same if these columns are. A line without the first one has
// no key.
func exactly(columns ...string) func(bulk.Values) []string {
	return func(v bulk.Values) []string {
		if v[columns[0]] == nil {
			return nil
		}
		var b strings.Builder
		for _, name := range columns {
			b.WriteString(v.Text(name) + "\x00")
		}
		return []string{b.String()}
	}
}

// keysOfCode returns the text of a code, and of a primary one its organization, which has one of them.
func keysOfCode(v bulk.Values) []string {
	keys := exactly("authorizationCode")(v)
	if string(v["primary"]) == "true" {
		keys = append(keys, "primary\x00"+v.Text("organization")+"\x00"+v.Text("organizationExternalId"))
	}
	return keys
}

// decode reads the values into the body of a request.
func decode(v bulk.Values, body any) error {
	raw, err := v.Body()
	if err == nil {
		err = json.Unmarshal(raw, body)
	}
	if err != nil {
		return Usage("%w", err)
	}
	return nil
}

func prepareOrganization(i *importer, _ context.Context, t bulk.Task) (send, error) {
	var p apitype.OrganizationParams
	return func(ctx context.Context) ([]string, error) {
		_, err := i.Organizations.Create(ctx, p)
		return nil, err
	}, decode(t.Values, &p)
}

func prepareRequest(i *importer, _ context.Context, t bulk.Task) (send, error) {
	var p apitype.OrganizationRequestParams
	return func(ctx context.Context) ([]string, error) {
		_, err := i.Requests.Submit(ctx, p)
		return nil, err
	}, decode(t.Values, &p)
}

// madeCode is the header of a file of codes.
func madeCode() []string {
	return []string{"line", "organizationId", "id", "name", "authorizationCode"}
}

func prepareCode(i *importer, ctx context.Context, t bulk.Task) (send, error) {
	organization, err := i.organizationOf(ctx, t.Values)
	if err != nil {
		return nil, err
	}
	values := bulk.Values{}
	for name, value := range t.Values {
		if !strings.HasPrefix(name, "organization") {
			values[name] = value
		}
	}
	end, err := expiry("expiresAt", t.Values.Text("expiresAt"), t.Begun)
	if err != nil {
		return nil, err
	}
	if values["expiresAt"], err = json.Marshal(end); err != nil {
		return nil, err
	}
	var p apitype.AuthCodeParams
	return func(ctx context.Context) ([]string, error) {
		made, err := i.AuthCodes.Create(ctx, organization, p)
		if err != nil || p.AuthorizationCode != nil {
			return nil, err
		}
		return []string{strconv.Itoa(t.Line), made.OrganizationID, made.ID, made.Name, made.AuthorizationCode}, nil
	}, decode(values, &p)
}

func prepareClient(i *importer, _ context.Context, t bulk.Task) (send, error) {
	e := apitype.Enrolment{AuthorizationCode: t.Values.Text("authorizationCode"),
		Client: apitype.EnrolmentClient{Name: t.Values.Text("name"), InstanceID: t.Values.Text("instanceId"),
			PublicKey: t.Values["publicKey"]}}
	switch {
	case e.AuthorizationCode != "" && i.code != "":
		return nil, Usage("the line has an authorizationCode, and --code-file has another for all: leave out either")
	case i.code != "":
		e.AuthorizationCode = i.code
	case e.AuthorizationCode == "":
		return nil, Usage("authorizationCode is missing: give --code-file if all lines have the same")
	}
	return func(ctx context.Context) ([]string, error) {
		made, err := i.Enroll(ctx, e)
		if err != nil {
			return nil, err
		}
		return []string{strconv.Itoa(t.Line), made.ClientID, made.OrganizationID, e.Client.InstanceID,
			made.State, made.ClientKey}, nil
	}, nil
}
