// SPDX-License-Identifier: Apache-2.0

package commvault

import (
	"strings"

	"gatehouse/internal/filter"
	"gatehouse/internal/tenancy"
)

// columnKind says how clients write the values of a column.
type columnKind int

const (
	textColumn columnKind = iota
	numberColumn
	guidColumn
	listColumn     // of texts
	constantColumn // the same for every company, or for every one in the same state
)

// column is a column by which a list can be filtered or sorted.
type column struct {
	kind     columnKind
	property filter.Property // of a constant column: the property to sort by, if any
	// active and inactive are the values of a constant column for companies in these states.
	active, inactive constant
	reversed         bool // the column's order is the opposite of the property's
}

// columnSet describes the columns of one list.
type columnSet struct {
	// lookup returns a column by any of its names on the wire, in any letter case.
	lookup        func(name string) (column, bool)
	help          string // lists the columns in error messages
	defaultSearch string // the columns of a search that names no column
	idColumn      string // the column of ids; unusedNumber is never one of them
}

// companyColumns returns the columns of the list of companies: all columns of the answers, with the prefix
// "providers." or without it.
func companyColumns() columnSet {
	return columnSet{lookup: companyColumn, idColumn: "id",
		defaultSearch: "connectName,alias,primaryContacts.fullName,primaryContacts.email,GUID,status",
		help: "connectName (or name), shortName.id (or id), shortName.domainName (or alias), providerGUID " +
			"(or GUID), description, status, enabled, emailDomainNames, primaryContacts.fullName, " +
			"primaryContacts.email, or one that is the same for every company: commcell, " +
			"ownerCompanyName, ownerCompanyId, canCreateCompanies, associatedEntitiesCount, serviceType, " +
			"flags, provider._type_, provider.tags, idpCompanyDetails"}
}

func companyColumn(name string) (column, bool) {
	properties := tenancy.OrganizationProperties()
	name = columnName(name, "providers.")
	switch name {
	case "connectname", "name":
		return column{kind: textColumn, property: properties[tenancy.PropertyName]}, true
	case "shortname.domainname", "domainname", "alias":
		return column{kind: textColumn, property: properties[tenancy.PropertyAlias]}, true
	case "description":
		return column{kind: textColumn, property: properties[tenancy.PropertyDescription]}, true
	case "shortname.id", "id", "provider.providerid", "providerid":
		return column{kind: numberColumn, property: properties[tenancy.PropertyID]}, true
	case "providerguid", "guid":
		return column{kind: guidColumn, property: properties[tenancy.PropertyID]}, true
	case "emaildomainnames":
		return column{kind: listColumn, property: properties[tenancy.PropertyEmailDomains]}, true
	case "primarycontacts", "primarycontacts.fullname", "primarycontacts.name":
		return column{kind: listColumn, property: properties[tenancy.PropertyContactPersonNames]}, true
	case "primarycontacts.email", "primarycontacts.user.username":
		return column{kind: listColumn, property: properties[tenancy.PropertyContactPersonEmails]}, true
	case "status":
		return column{kind: constantColumn, property: properties[tenancy.PropertyState],
			active:   constant{kind: statusConstant, number: statusActive},
			inactive: constant{kind: statusConstant, number: statusDeactivated}}, true
	case "enabled":
		return column{kind: constantColumn, property: properties[tenancy.PropertyState], reversed: true,
			active: constantFlag(true), inactive: constantFlag(false)}, true
	}
	c, ok := companyConstant(name)
	return column{kind: constantColumn, active: c, inactive: c}, ok
}

// companyConstant returns the value that a column has for every company. It returns the zero constant for a
// column that is always absent.
func companyConstant(name string) (constant, bool) {
	if group, _, is := strings.Cut(name, "."); is && group == "idpcompanydetails" {
		name = group
	}
	switch name {
	case "servicetype":
		return constantNumber(companyService), true
	case "provider._type_":
		return constantNumber(companyType), true
	case "flags", "associatedentitiescount", "primarycontacts.user.userid", "primarycontacts.id":
		return constantNumber(0), true
	case "ownercompanyid", "commcell.id":
		return constantNumber(int64(tenancy.RootID)), true
	case "ownercompanyname", "commcell", "commcell.commcellname", "commcell.name", "commcell.displayname":
		return constantText(rootName), true
	case "cancreatecompanies", "isreseller":
		return constantFlag(false), true
	case "provider.tags", "tags", "idpcompanydetails", "operators":
		return constant{}, true
	}
	return constant{}, false
}

// columnName returns a name in lower case without the prefix.
func columnName(name, prefix string) string {
	return strings.TrimPrefix(strings.ToLower(strings.TrimSpace(name)), prefix)
}

// parseSort reads "<column>:1" or "<column>:-1". It returns nil for an empty text.
func parseSort(set columnSet, text string) ([]filter.Sort, error) {
	if text == "" {
		return nil, nil
	}
	name, direction, _ := strings.Cut(text, ":")
	c, ok := set.lookup(name)
	if !ok {
		return nil, badParameter("sort", "has the unknown column "+quoted(name)+". Use one of: "+set.help+".")
	}
	if direction != "1" && direction != "-1" {
		return nil, badParameter("sort", "must be <column>:1 for ascending or <column>:-1 for descending.")
	}
	if c.property.Name == "" {
		return nil, nil // every company has the same value
	}
	return []filter.Sort{{Property: c.property, Descending: (direction == "-1") != c.reversed}}, nil
}

// companyStatus returns the number of a company's status on this wire. The vendor's words UNKNOWN, ACTIVE,
// DEACTIVATED and DELETED are numbered in this order.
func companyStatus(s tenancy.OrganizationState) int64 {
	if s == tenancy.OrganizationActive {
		return statusActive
	}
	return statusDeactivated
}

const (
	statusActive      = 1
	statusDeactivated = 2
)

// statusWord returns the vendor's word for a company's status.
func statusWord(s tenancy.OrganizationState) string {
	if s == tenancy.OrganizationActive {
		return "ACTIVE"
	}
	return "DEACTIVATED"
}

// parseStatus reads a status given as its number or as its word.
func parseStatus(text string) (int64, bool) {
	for i, word := range []string{"unknown", "active", "deactivated", "deleted"} {
		if strings.EqualFold(text, word) || text == string(rune('0'+i)) {
			return int64(i), true
		}
	}
	return 0, false
}
