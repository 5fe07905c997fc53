// SPDX-License-Identifier: Apache-2.0

package main

import (
	"fmt"
	"net/url"
	"strings"

	"gatehouse/bench/fill"
)

// worstList is a list that can be filtered or sorted on one wire, with the worst requests that
// were found for it.
type worstList struct {
	name   string
	header string   // who asks
	asks   []string // paths with queries
}

// worstLists are all lists that have as many rows as organizations, on every wire.
func (s *stage) worstLists() []worstList {
	native, occ, commvault := bearer(s.access.native), bearer(s.access.operator), authtoken(s.access.session)
	accept := "\r\nAccept: application/json"
	codes := fmt.Sprintf("%s/organizations/%s/auth-codes", v1, orID(s.data.Active[0]))
	clients := v1 + "/clients?organization=" + orID(s.data.Active[0]) + "&"
	return []worstList{
		{"organizations, /v1", native, scim(s.data, v1+"/organizations", "filter",
			[]string{"name", "alias", "description", "externalId", "emailDomains", "contactPersons.email"},
			[]string{"state", "name"},
			[]string{"name,createdAt", "alias:desc,name", "state,externalId:desc,id"})},
		{"requests, /v1", native, scim(s.data, v1+"/organization-requests", "filter",
			[]string{"name", "email"}, []string{"status", "name"},
			[]string{"name,createdAt", "email:desc,name", "status,organizationId:desc"})},
		{"clients, /v1", native, scim(s.data, v1+"/clients", "filter", []string{"name", "instanceId", "tags"},
			[]string{"state", "name"}, []string{"id", "name", "lastSeenAt:desc", "instanceId"})},
		{"clients of an organization, /v1", native, scim(s.data, clients, "filter", []string{"name"},
			[]string{"state", "name"}, []string{"name", "lastSeenAt:desc", "instanceId", "createdAt"})},
		{"codes of an organization, /v1", native, scim(s.data, codes, "filter", []string{"name", "tags"},
			[]string{"name", "tags"}, nil)},
		{"audit, /v1", native, scim(s.data, v1+"/audit", "filter", []string{"action", "actorName", "target"},
			[]string{"outcome", "action"}, []string{"at"})},
		{"requests, Oracle", occ, scim(s.data, ccadmin+"/organizationRequests", "q",
			[]string{"name", "profile.email"}, []string{"status", "name"},
			[]string{"name,creationTime", "email:desc,name", "status,id"})},
		{"organizations, Oracle", occ, scim(s.data, ccadmin+"/organizations", "q",
			[]string{"name", "description", "externalOrganizationId"}, []string{"name", "description"},
			[]string{"name,creationTime", "description:desc,name"})},
		{"companies, Commvault", commvault + accept, fq(s.data)},
	}
}

const (
	longest   = 4000 // bytes of a text that still fits into a filter
	mostTerms = 64   // of a filter
	deepest   = 16   // parentheses of a filter
)

// scim returns the worst requests for a list with SCIM filters: parts of a text, short and
// long, each in every text property; many, nested and negated comparisons; and orders by
// several properties, alone and with a filter. Most rows have the first of common.
func scim(d fill.Data, path, parameter string, texts, common, orders []string) []string {
	if !strings.HasSuffix(path, "&") {
		path += "?"
	}
	var asks []string
	add := func(filter, order string) {
		q := url.Values{}
		if filter != "" {
			q.Set(parameter, filter)
		}
		if order != "" {
			q.Set("sort", order)
		}
		asks = append(asks, path+strings.ReplaceAll(q.Encode(), "+", "%20"))
	}
	for _, p := range texts {
		for _, form := range []string{`%s co "a"`, `%s co "in"`, `%s co "ing"`, `%s ew "ing"`, `%s sw "s"`,
			`%s ne "x"`, `not (%s eq "x")`, `%s pr`, `not (%s pr)`, `not (%s co "in")`, `%s co "\u00fc"`,
			`%[1]s co "a" and %[1]s co "e" and not (%[1]s co "z")`} {
			add(fmt.Sprintf(form, p), "")
		}
		for _, text := range []string{"x", "ing ", "abcdefghijklmnopqrstuvwxyz"} {
			add(fmt.Sprintf("%s co %q", p, strings.Repeat(text, longest/len(text))), "")
		}
		add(strings.Repeat("not (", deepest)+p+` co "in"`+strings.Repeat(")", deepest), "")
	}
	word := func(i int) string { return d.Words.Common[i%len(d.Words.Common)] }
	other := func(i int) string { return fmt.Sprintf("%.3s%c", word(i), 'a'+i%26) }
	pair := func(i int) string { return fmt.Sprintf("%c%c", 'a'+i%26, 'a'+i/26) }
	for _, many := range []struct {
		join, op string
		text     func(int) string
	}{{" or ", "co", word}, {" and ", "co", word}, {" or ", "co", other}, {" or ", "ew", other},
		{" and ", "ne", word}, {" or ", "co", pair}, {" and ", "co", pair}, {" or ", "sw", other}} {
		var terms []string
		for i := range mostTerms {
			terms = append(terms, fmt.Sprintf("%s %s %q", texts[i%len(texts)], many.op, many.text(i)))
		}
		add(strings.Join(terms, many.join), "")
		add("not ("+strings.Join(terms, many.join)+")", "")
	}
	nested := texts[0] + ` co "in"`
	for i := range deepest - 1 {
		join := []string{"or", "and"}[i%2]
		nested = fmt.Sprintf(`not (%s %s %s co %q)`, nested, join, texts[i%len(texts)], pair(i))
	}
	add(nested, "")
	add(fmt.Sprintf(`%s pr or %s co "in"`, common[0], common[1]), "")
	for _, order := range orders {
		add("", order)
		add(texts[0]+` co "in"`, order)
		add(texts[0]+` ew "ing"`, order)
	}
	return asks
}

// fq returns the worst requests for the list of companies on the Commvault wire.
func fq(d fill.Data) []string {
	const path = cvRoot + "/Organization?"
	var asks []string
	add := func(pairs ...string) {
		q := url.Values{}
		for i := 0; i < len(pairs); i += 2 {
			q.Add(pairs[i], pairs[i+1])
		}
		asks = append(asks, path+strings.ReplaceAll(q.Encode(), "+", "%20"))
	}
	columns := []string{"connectName", "alias", "description", "emailDomainNames", "primaryContacts.fullName",
		"primaryContacts.email"}
	for _, c := range columns {
		for _, rest := range []string{":contains:a", ":contains:in", ":contains:ing", ":notcontain:in",
			":neq:x", ":gt:b", ":in:null,", ":nin:a,b", ":contains:" + strings.Repeat("ing ", longest/4)} {
			add("fq", c+rest, "limit", "50")
		}
		add("sort", c+":1", "limit", "50")
		add("sort", c+":-1", "fq", "connectName:contains:in", "limit", "50")
	}
	var list, pairs []string
	for i := range mostTerms {
		list = append(list, d.Words.Common[i%len(d.Words.Common)]+fmt.Sprint(i))
		pairs = append(pairs, "fq", fmt.Sprintf("%s:notcontain:%c%c", columns[i%len(columns)], 'a'+i%26, 'a'+i/26))
	}
	add("fq", "connectName:in:"+strings.Join(list, ","), "limit", "50")
	add("fq", "connectName:nin:"+strings.Join(list, ","), "limit", "50")
	add(append(pairs, "limit", "50")...)
	for _, text := range []string{"a", "in", "ing", "group", strings.Repeat("x", longest),
		strings.Repeat("ing ", longest/4)} {
		add("search", text, "limit", "50")
	}
	add("sort", "status:1", "limit", "50")
	return asks
}
