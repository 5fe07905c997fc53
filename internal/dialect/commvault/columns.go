// SPDX-License-Identifier: Apache-2.0

package commvault

import (
	"strings"

	"gatehouse/internal/filter"
	"gatehouse/internal/tenancy"
)

// columnKind says how the values of a column are written.
type columnKind int

const (
	textColumn columnKind = iota
	numberColumn
	guidColumn
	statusColumn
)

// column is what a list of companies can be narrowed and ordered by.
type column struct {
	kind     columnKind
	property filter.Property
}

// columnSet is the columns of one list.
type columnSet struct {
	// find finds a column by any of the names that clients write, in any letter case.
	find     func(name string) (column, bool)
	names    string // for people, in messages
	searched string // the columns of a search that names none
}

// companyColumns are the columns of the list of companies, with "providers."
// before them or not.
func companyColumns() columnSet {
	return columnSet{find: companyColumn, searched: "connectName,alias",
		names: "connectName (or name), shortName.id (or id), shortName.domainName (or alias), providerGUID (or GUID), description, status"}
}

func companyColumn(name string) (column, bool) {
	properties := tenancy.OrganizationProperties()
	switch columnName(name, "providers.") {
	case "connectname", "name":
		return column{textColumn, properties["name"]}, true
	case "shortname.domainname", "domainname", "alias":
		return column{textColumn, properties["alias"]}, true
	case "description":
		return column{textColumn, properties["description"]}, true
	case "shortname.id", "id", "provider.providerid", "providerid":
		return column{numberColumn, properties["id"]}, true
	case "providerguid", "guid":
		return column{guidColumn, properties["id"]}, true
	case "status":
		return column{statusColumn, properties["state"]}, true
	}
	return column{}, false
}

// columnName is a name in lower case, without the prefix.
func columnName(name, prefix string) string {
	return strings.TrimPrefix(strings.ToLower(strings.TrimSpace(name)), prefix)
}

// sortOf reads "<column>:1" or ":-1"; nil when there is none.
func sortOf(set columnSet, text string) ([]filter.Sort, error) {
	if text == "" {
		return nil, nil
	}
	name, direction, _ := strings.Cut(text, ":")
	c, ok := set.find(name)
	if !ok {
		return nil, badParameter("sort", "has the unknown column "+echoed(name)+". Use one of: "+set.names+".")
	}
	if direction != "1" && direction != "-1" {
		return nil, badParameter("sort", "must be <column>:1 for ascending or <column>:-1 for descending.")
	}
	return []filter.Sort{{Property: c.property, Descending: direction == "-1"}}, nil
}

// companyStatus is a company's status on this wire; the numbers of the vendor's
// words UNKNOWN, ACTIVE, DEACTIVATED and DELETED, in their order.
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

// parseStatus reads a status by its number or its word.
func parseStatus(text string) (int64, bool) {
	for i, word := range []string{"unknown", "active", "deactivated", "deleted"} {
		if strings.EqualFold(text, word) || text == string(rune('0'+i)) {
			return int64(i), true
		}
	}
	return 0, false
}
