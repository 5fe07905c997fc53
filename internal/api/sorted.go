// SPDX-License-Identifier: Apache-2.0

package api

import (
	"errors"
	"net/http"
	"strings"

	"gatehouse/internal/filter"
	"gatehouse/internal/problem"
	"gatehouse/internal/tenancy"
)

// The parameters of a list that can be filtered and sorted.
const (
	paramFilter = "filter"
	paramSort   = "sort"
)

// properties are those by which a list can be filtered and sorted, by their names here.
type properties struct{ filtered, sorted filter.Schema }

// propertiesOf returns the properties that names lists. Those of a domain's name that
// differs are written "name here=name there". A list is sorted by the first ones only: the
// others are long texts, and a cursor has the texts of the last item.
func propertiesOf(domain map[string]filter.Property, sorted, others []string) properties {
	schema := func(names []string) filter.Schema {
		found := map[string]filter.Property{}
		for _, name := range names {
			here, there, differs := strings.Cut(name, "=")
			if !differs {
				there = here
			}
			p, known := domain[there]
			if !known {
				panic("api: no property " + there)
			}
			found[here] = p
		}
		return filter.NewSchema(found)
	}
	return properties{schema(append(others, sorted...)), schema(sorted)}
}

func organizationProperties() properties {
	return propertiesOf(tenancy.OrganizationProperties(), []string{tenancy.PropertyID, tenancy.PropertyName,
		tenancy.PropertyAlias, tenancy.PropertyExternalID, tenancy.PropertyState, tenancy.PropertyCreatedAt},
		[]string{tenancy.PropertyDescription, tenancy.PropertyEmailDomains, tenancy.PropertyContactPersonNames,
			tenancy.PropertyContactPersonEmails})
}

func requestProperties() properties {
	return propertiesOf(tenancy.RequestProperties(), []string{tenancy.PropertyID, tenancy.PropertyName,
		tenancy.PropertyStatus, "organizationId=" + tenancy.PropertyOrganizationID, tenancy.PropertyEmail,
		tenancy.PropertyCreatedAt}, nil)
}

// sortedPageOf reads the parameters of a list that can be filtered and sorted. Its cursors
// are for the same filter, order and organization of the caller.
func (a *api) sortedPageOf(r *http.Request, caller tenancy.Caller, by properties) (list string,
	p tenancy.PageParams, err error) {
	sent, cursor, err := pageParameters(r, paramFilter, paramSort)
	if err != nil {
		return "", p, err
	}
	if p.Filter, p.Sort, err = expressionsOf(sent, by); err != nil {
		return "", p, err
	}
	list = sent.list + "\n" + caller.Organization.String()
	if cursor != nil {
		after, ok := a.tenancy.ReadCursor(list, *cursor)
		if !ok {
			return "", p, aboutField(paramCursor, codeBadCursor)
		}
		p.After = &after
	}
	p.Limit = sent.count
	return list, p, nil
}

// expressionsOf reads the filter and the sort keys of a list.
func expressionsOf(sent page, by properties) (f filter.Node, keys []filter.Sort, err error) {
	if text, is := sent.query[paramFilter]; is {
		if f, err = filter.Parse(text[0], by.filtered); err != nil {
			return nil, nil, badExpression(paramFilter, codeBadFilter, err)
		}
	}
	if text, is := sent.query[paramSort]; is {
		if keys, err = filter.ParseSort(text[0], by.sorted); err != nil {
			return nil, nil, badExpression(paramSort, codeBadSort, err)
		}
		if len(keys) == 0 {
			return nil, nil, aboutField(paramSort, codeEmptyParameter, paramSort)
		}
	}
	return f, keys, nil
}

// nextCursor returns the cursor of the page after a position; "" after the last page.
func (a *api) nextCursor(list string, next *tenancy.Position) string {
	if next == nil {
		return ""
	}
	return a.tenancy.Cursor(list, *next)
}

// badExpression returns the error of a filter or of sort keys. It says where the mistake is,
// counted from one.
func badExpression(field string, code problem.Code, err error) error {
	var wrong *filter.Error
	if !errors.As(err, &wrong) {
		return err
	}
	return aboutField(field, code, wrong.Offset+1, wrong.Phrase)
}
