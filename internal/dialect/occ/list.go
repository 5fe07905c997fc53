// SPDX-License-Identifier: Apache-2.0

package occ

import (
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"gatehouse/internal/filter"
	"gatehouse/internal/httpkit"
	"gatehouse/internal/problem"
	"gatehouse/internal/tenancy"
)

const (
	defaultLimit = 250
	maxLimit     = 1000
	maxOffset    = 1<<31 - 1
)

// listParams reads limit, offset, q and sort. An empty parameter counts as absent, because clients send
// "?q=". The code of its error says which parameter is invalid.
func listParams(r *http.Request, allowed properties) (tenancy.ListParams, error) {
	p := tenancy.ListParams{}
	query := httpkit.QueryOf(r)
	var err error
	if p.Limit, err = numberParameter(query, paramLimit, defaultLimit, maxLimit); err != nil {
		return p, err
	}
	if p.Offset, err = numberParameter(query, paramOffset, 0, maxOffset); err != nil {
		return p, err
	}
	if q := query.Get(paramFilter); strings.TrimSpace(q) != "" {
		if p.Filter, err = filter.Parse(q, allowed.schema); err != nil {
			return p, badExpression(codeBadFilter, "q", codeBadFilterAt, err)
		}
	}
	if p.Sort, err = filter.ParseSort(query.Get(paramSort), allowed.schema); err != nil {
		return p, badExpression(codeBadSort, "sort", codeBadSortAt, err)
	}
	return p, nil
}

// badExpression returns an error that says where the mistake is, counted from one, and what it is.
func badExpression(code problem.Code, field string, sentence problem.Code, err error) error {
	var fe *filter.Error
	if !errors.As(err, &fe) {
		return err
	}
	return fieldError(code, field, sentence, fe.Offset+1, fe.Phrase)
}

// fieldError returns an error about one parameter or member.
func fieldError(code problem.Code, field string, sentence problem.Code, args ...any) error {
	e := problem.InvalidFields([]problem.FieldError{{Field: field, Phrase: phrase(sentence, args...)}})
	e.Code = code
	return e
}

// numberParameter reads a whole number from 0 to limit, in digits only.
func numberParameter(query url.Values, name string, fallback, limit int) (int, error) {
	text := query.Get(name)
	if text == "" {
		return fallback, nil
	}
	n, err := strconv.ParseUint(text, 10, 31)
	if err != nil || int(n) > limit {
		return 0, fieldError(codeBadParameter, name, codeBadNumber, shorten(text), name, limit)
	}
	return int(n), nil
}

func shorten(text string) string {
	const most = 40
	if len(text) <= most {
		return text
	}
	return text[:most] + "…"
}

// writeList answers with a list in the vendor's envelope. collection is the path below the tree.
func writeList[T appender](w http.ResponseWriter, r *http.Request, x exchange, collection string,
	p tenancy.ListParams, allowed properties, items []T, total int,
) error {
	const usualItem = 192
	e := envelope{total: total, offset: p.Offset, limit: p.Limit,
		links: selfLinks(r, string(x.tree)+"/"+collection), sort: sortEchoes(p.Sort, allowed.wireNames)}
	body, tag := appendList(make([]byte, 0, usualSize+usualItem*len(items)), e, collection, items)
	w.Header().Set("ETag", `"`+tag+`"`)
	httpkit.Write(w, http.StatusOK, mediaJSON, body)
	return nil
}

// etag returns an ETag in the vendor's form: Base64 of a JSON object with four bytes of a hash.
func etag(uri string, items []byte) string {
	sum := sha256.Sum256(items)
	object := append(append(make([]byte, 0, 128), `{"version":0,"uri":"`...), uri...)
	object = base64.StdEncoding.AppendEncode(append(object, `","hash":"`...), sum[:4])
	object = append(object, `"}`...)
	return string(base64.StdEncoding.AppendEncode(make([]byte, 0, 192), object))
}

func sortEchoes(sorts []filter.Sort, names map[string]string) []sortEcho {
	var list []sortEcho
	for _, s := range sorts {
		order := "asc"
		if s.Descending {
			order = "desc"
		}
		list = append(list, sortEcho{names[s.Property.Name], order})
	}
	return list
}

// properties are the properties by which a list can be filtered and sorted, under their names on this wire.
type properties struct {
	schema    filter.Schema
	wireNames map[string]string // by domain name: the name on the wire that the answer repeats
}

// newProperties pairs names on the wire with names of the domain. If a property has several names, answers
// use the first.
func newProperties(domain map[string]filter.Property, pairs ...[2]string) properties {
	byName, names := map[string]filter.Property{}, map[string]string{}
	for _, pair := range pairs {
		p, ok := domain[pair[1]]
		if !ok {
			panic("occ: no property " + pair[1])
		}
		p.Values = "" // on this wire a value that no item can have is one that none has
		byName[pair[0]] = p
		if names[p.Name] == "" {
			names[p.Name] = pair[0]
		}
	}
	return properties{filter.NewSchema(byName), names}
}

func requestProperties() properties {
	return newProperties(tenancy.RequestProperties(), [][2]string{
		{"id", tenancy.PropertyID}, {"name", tenancy.PropertyName}, {"status", tenancy.PropertyStatus},
		{"organization.id", tenancy.PropertyOrganizationID}, {"profile.id", tenancy.PropertyContactID},
		{"profile.email", tenancy.PropertyEmail}, {"email", tenancy.PropertyEmail},
		{"creationTime", tenancy.PropertyCreatedAt}, {"createdTime", tenancy.PropertyCreatedAt},
		{"creationDate", tenancy.PropertyCreatedAt},
	}...)
}

func organizationProperties() properties {
	domain := tenancy.OrganizationProperties()
	domain["active"] = filter.Property{Name: domain[tenancy.PropertyState].Name, Kind: filter.Flag,
		True: string(tenancy.OrganizationActive)}
	return newProperties(domain, [][2]string{
		{"id", tenancy.PropertyID}, {"repositoryId", tenancy.PropertyID}, {"name", tenancy.PropertyName},
		{"description", tenancy.PropertyDescription},
		{"active", "active"}, {"externalOrganizationId", tenancy.PropertyExternalID},
		{"creationTime", tenancy.PropertyCreatedAt}, {"creationDate", tenancy.PropertyCreatedAt},
	}...)
}
