// SPDX-License-Identifier: Apache-2.0

package commvault

import (
	"context"
	"slices"
	"strings"

	"gatehouse/internal/tenancy"
)

const (
	// maxCompanies limits one answer, because clients ask for all companies without a limit.
	maxCompanies = 10000
	maxStart     = 1<<31 - 1
	// companyType and companyService are constants that the vendor's answers have for every company.
	companyType    = 61
	companyService = 5
)

// companies returns the companies that the caller may see and that match the query.
func (d *dialect) companies(ctx context.Context, x exchange,
) (page []tenancy.Organization, total int, err error) {
	p, err := listParams(companyColumns(), x.query)
	if err != nil {
		return nil, 0, err
	}
	return d.tenancy.ListOrganizations(ctx, x.caller, p)
}

// listCompanies answers with the companies that the caller may see.
func (d *dialect) listCompanies(ctx context.Context, x exchange) (answer, error) {
	page, total, err := d.companies(ctx, x)
	if err != nil {
		return answer{}, err
	}
	keepColumns := columnFilter(x.query["fl"])
	entries := make([]fields, len(page))
	for i, o := range page {
		entries[i] = keepColumns(companyEntry(o))
	}
	return answer{message: message{"Api_GetOrganizationsResponse", fields{
		repeated("providers", entries...), // present even if empty: without it clients report an error
		scalar("filterQueryCount", int64(total)),
	}}}, nil
}

// listParams reads the parameters that filter, sort and page a list. hardRefresh and unknown parameters are
// ignored.
func listParams(set columnSet, query parameters) (p tenancy.ListParams, err error) {
	if p.Limit, err = query.number("limit", maxCompanies, 1, maxCompanies); err != nil {
		return p, err
	}
	if p.Offset, err = query.number("start", 0, 0, maxStart); err != nil {
		return p, err
	}
	order, err := query.single("sort")
	if err != nil {
		return p, err
	}
	if p.Sort, err = parseSort(set, order); err != nil {
		return p, err
	}
	c := conditions{set: set}
	for _, text := range query["fq"] {
		if err := c.addFilter(text); err != nil {
			return p, err
		}
	}
	search, err := query.single("search")
	if err != nil {
		return p, err
	}
	if err := c.addSearch(search); err != nil {
		return p, err
	}
	p.Filter = c.tree()
	return p, nil
}

// companyEntry is a company in the list. It never contains a code.
func companyEntry(o tenancy.Organization) fields {
	name, alias := namesOf(o)
	return fields{
		scalar("connectName", name),
		nested("shortName", scalar("domainName", alias), scalar("id", int64(o.ID))),
		scalar("providerGUID", guidOf(o.ID)),
		scalar("description", o.Description),
		scalar("serviceType", int64(companyService)),
		scalar("flags", int64(0)),
		scalar("status", companyStatus(o.State)),
		scalar("enabled", o.Active()),
		scalar("ownerCompanyId", int64(tenancy.RootID)),
		scalar("ownerCompanyName", rootName),
		scalar("canCreateCompanies", false),
		scalar("associatedEntitiesCount", int64(0)),
		texts("emailDomainNames", o.EmailDomains),
		repeated("primaryContacts", contactsOf(o).entries()...),
		nested("provider", scalar("_type_", int64(companyType)), scalar("providerId", int64(o.ID))),
		nested("commcell", scalar("commCellName", rootName)),
	}
}

// columnFilter returns a function that reduces an entry to the requested columns. Without requested columns
// it keeps the whole entry. A column within a group selects the whole group. The three members that clients
// read without checking are always kept, and unknown columns are ignored.
func columnFilter(lists []string) func(fields) fields {
	wanted := []string{"connectname", "shortname", "providerguid"}
	always := len(wanted)
	for _, list := range lists {
		for name := range strings.SplitSeq(strings.ToLower(list), ",") {
			name, _, _ = strings.Cut(strings.TrimPrefix(strings.TrimSpace(name), "providers."), ".")
			if name != "" {
				wanted = append(wanted, name)
			}
		}
	}
	if len(wanted) == always {
		return func(entry fields) fields { return entry }
	}
	return func(entry fields) fields {
		return slices.DeleteFunc(entry, func(f field) bool {
			return !slices.Contains(wanted, strings.ToLower(f.name))
		})
	}
}
