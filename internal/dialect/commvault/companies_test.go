// SPDX-License-Identifier: Apache-2.0

package commvault

import (
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"testing"

	"gatehouse/internal/tenancy"
)

func number(o tenancy.Organization) string { return strconv.FormatInt(int64(o.ID), 10) }

func (s *server) deactivate(t testing.TB, o tenancy.Organization) {
	t.Helper()
	no := false
	if _, err := s.UpdateOrganization(t.Context(), s.Root(), o.ID,
		tenancy.UpdateOrganizationParams{Active: &no}); err != nil {
		t.Fatal(err)
	}
}

// companies lists companies with a query and returns their names and the total.
func (s *server) companies(t testing.TB, token, query string) (names []string, total int) {
	t.Helper()
	w := s.call(t, "GET", base+"/Organization?"+query, "", "Authtoken", token)
	if w.Code != http.StatusOK {
		t.Fatalf("%s: %d %s", query, w.Code, w.Body)
	}
	answer := tree(t, w)
	list, there := at(answer, "providers").([]any)
	if !there {
		t.Fatalf("%s: there is no list: %s", query, w.Body)
	}
	for _, entry := range list {
		names = append(names, text(entry, "connectName"))
	}
	count, _ := at(answer, "filterQueryCount").(float64)
	return names, int(count)
}

func TestListCompanies(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	token := s.admin(t)
	if names, total := s.companies(t, token, ""); len(names) != 0 || total != 0 {
		t.Errorf("an empty server lists %v of %d", names, total)
	}
	apple, pear := s.Organization(t, "Apple: Red"), s.Organization(t, "Pear, Green")
	plum := s.Organization(t, "Plum")
	s.deactivate(t, plum)
	all := []string{apple.Name, pear.Name, plum.Name}
	fq := func(filters ...string) string { return url.Values{"fq": filters, "sort": {"name:1"}}.Encode() }
	tests := map[string][]string{
		"sort=connectName:1":            all,
		"Sort=providers.connectName:-1": {plum.Name, pear.Name, apple.Name},
		"sort=providers.shortName.id:1": all,
		"sort=status:-1&limit=1":        {plum.Name},
		"sort=name:1&start=1&limit=1":   {pear.Name},
		"sort=name:1&start=3":           nil,
		"start=2147483647":              nil,
		"search=PLU":                    {plum.Name},
		"search=&hardRefresh=true&sort=name:1&includeDeletedCompanies=true&":                                          all,
		"search=providers.connectName,providers.primaryContacts.fullName,providers.status:contains:green&sort=name:1": {pear.Name},
		fq("name:eq:apple: RED"):                                       {apple.Name},
		fq("providers.connectName:neq:plum"):                           {apple.Name, pear.Name},
		fq("connectName:contains:p", "connectName:notcontain:pear"):    {apple.Name, plum.Name},
		fq("name:gt:apple: red", "name:lt:plum"):                       {pear.Name},
		fq("name:gteq:apple: red", "name:lteq:plum"):                   all,
		fq("name:in:plum, nobody"):                                     {plum.Name},
		fq("name:nin:plum,nobody"):                                     {apple.Name, pear.Name},
		fq("name:in:null,"):                                            nil,
		fq("description:in:null,"):                                     all,
		fq("description:nin:null,"):                                    nil,
		fq("name:eq:"):                                                 nil,
		fq("name:eq:null"):                                             nil,
		fq("alias:eq:apple-red"):                                       {apple.Name},
		fq("providers.shortname.id:eq:" + number(pear)):                {pear.Name},
		fq("id:neq:" + number(pear)):                                   {apple.Name, plum.Name},
		fq("id:gteq:"+number(pear), "id:lt:"+number(plum)):             {pear.Name},
		fq("id:gt:" + number(pear)):                                    {plum.Name},
		fq("id:lteq:" + number(pear)):                                  {apple.Name, pear.Name},
		fq("id:in:" + number(apple) + "," + number(plum)):              {apple.Name, plum.Name},
		fq("id:nin:" + number(apple) + "," + number(plum)):             {pear.Name},
		fq("id:contains:" + number(plum)[3:]):                          {plum.Name},
		fq("id:notcontain:" + number(plum)[3:]):                        {apple.Name, pear.Name},
		fq("providers.providerGUID:eq:" + guidOf(pear.ID)):             {pear.Name},
		fq("GUID:neq:" + strings.ToLower(guidOf(pear.ID))):             {apple.Name, plum.Name},
		fq("GUID:in:" + guidOf(pear.ID) + "," + guidOf(plum.ID)):       {pear.Name, plum.Name},
		fq("GUID:eq:00000000-0000-0000-0000-000000000000"):             nil,
		fq("GUID:nin:00000000-0000-0000-8000-0000000186a1"):            all,
		fq("providers.status:eq:ACTIVE"):                               {apple.Name, pear.Name},
		fq("status:neq:1"):                                             {plum.Name},
		fq("status:gt:1"):                                              {plum.Name},
		fq("status:gteq:ACTIVE"):                                       all,
		fq("status:lt:2"):                                              {apple.Name, pear.Name},
		fq("status:lteq:0"):                                            nil,
		fq("status:in:deactivated,deleted"):                            {plum.Name},
		fq("status:in:ACTIVE,DEACTIVATED"):                             all,
		fq("status:nin:DEACTIVATED"):                                   {apple.Name, pear.Name},
		fq("status:in:null,"):                                          nil,
		fq("status:eq:DELETED"):                                        nil,
		fq("name:contains:p", "status:eq:1", "id:gt:0") + "&search=re": {apple.Name, pear.Name},
	}
	for query, want := range tests {
		names, total := s.companies(t, token, query)
		if !slices.Equal(names, want) {
			t.Errorf("%s: got %q, want %q", query, names, want)
		}
		if paged := strings.Contains(query, "limit") || strings.Contains(query, "start"); !paged &&
			total != len(want) || paged && total != 3 {
			t.Errorf("%s: filterQueryCount is %d", query, total)
		}
	}
}

// A query that cannot be understood is refused, because clients take the first row without checking it.
func TestListCompaniesRefuses(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	token := s.admin(t)
	s.Organization(t, "Apple")
	many := "fq=id:in:" + strings.Repeat("1,", 65)
	for query, part := range map[string]string{
		"fq=colour:eq:x": "unknown column", "fq=name:like:x": "unknown operator",
		"fq=name:eq": "<column>:<operator>:<value>", "fq=": "<column>",
		"fq=name:in:,": "list", "fq=id:eq:x": "whole number", "fq=id:eq:-1": "whole number",
		"fq=id:lt:12345678901234567890":  "too large",
		"fq=id:in:1,9223372036854775808": "too large: \"9223372036854775808\". The greatest is 9223372036854775807",
		"fq=id:eq:01234567890123456789":  "whole number",
		"fq=id:contains:or-":             "digits", "fq=name:contains:": "text",
		"fq=alias:notcontain:%E2%80%8B": "text",
		"fq=guid:eq:x":                  "GUID", "fq=guid:contains:" + guidOf(1): "providerGUID",
		"fq=status:eq:asleep":       "status",
		"fq=status:contains:ACTIVE": "look within status", "fq=status:eq:7": "status", many: "64",
		"fq=name:eq:x&FQ=colour:eq:x": "unknown column",
		"sort=colour:1":               "unknown column", "sort=name": "ascending", "sort=name:0": "ascending",
		"sort=name:1&Sort=name:1": "once",
		"limit=0":                 "limit", "limit=10001": "limit", "limit=x": "limit", "start=-1": "start",
		"start=2147483648": "start", "limit=1&limit=2": "once",
		"search=a&search=b": "once", "search=tags:contains:x": "search", "search=%ff": "query", "a=%zz": "query",
	} {
		for _, media := range []string{mediaJSON, mediaXML} {
			w := s.call(t, "GET", base+"/Organization?"+query, "", "Authtoken", token, "Accept", media)
			code, message := failure(t, w, "", media)
			if w.Code != http.StatusBadRequest || code != 400 || !strings.Contains(message, part) {
				t.Errorf("%s: got %d, %d, %q; want 400 and %q", query, w.Code, code, message, part)
			}
		}
	}
}

// The columns that clients read without checking are in every answer.
func TestListColumns(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	token := s.admin(t)
	s.Organization(t, "Apple")
	members := func(query string) []string {
		entry, _ := at(tree(t, s.call(t, "GET", base+"/Organization?"+query, "", "Authtoken", token)),
			"providers.0").(map[string]any)
		var names []string
		for name := range entry {
			names = append(names, name)
		}
		slices.Sort(names)
		return names
	}
	all := members("")
	for _, name := range []string{"status", "serviceType", "provider", "enabled", "associatedEntitiesCount",
		"ownerCompanyName"} {
		if !slices.Contains(all, name) {
			t.Errorf("%s is not in %v", name, all)
		}
	}
	for query, want := range map[string][]string{
		"Fl=providers.associatedEntitiesCount,providers.shortName,providers.connectName": {"associatedEntitiesCount", "connectName", "providerGUID", "shortName"},
		"fl=providers.shortname.id,providers.provider.tags,providers.nothing": {"connectName",
			"provider", "providerGUID", "shortName"},
		"fl=STATUS&Fl=flags": {"connectName", "flags", "providerGUID", "shortName", "status"},
		"fl=":                all,
	} {
		if got := members(query); !slices.Equal(got, want) {
			t.Errorf("%s: got %v, want %v", query, got, want)
		}
	}
}

// The people of a tenant see their own company, and no answer mentions others. A list contains no code and
// causes no audit event of a reveal.
func TestListOfATenant(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	mine, foreign := s.Organization(t, "mine"), s.Organization(t, "foreign")
	for _, o := range []tenancy.Organization{mine, foreign} {
		if _, _, err := s.IssuePrimaryAuthCode(t.Context(), s.Root(), o.ID); err != nil {
			t.Fatal(err)
		}
	}
	tenant := s.session(t, "tenant", s.Operator(t, "tenant", tenancy.Administrator, mine.ID))
	for query, want := range map[string]int{"": 1, "fq=name:eq:foreign": 0, "fq=id:eq:" + number(foreign): 0,
		"fq=guid:eq:" + guidOf(foreign.ID): 0, "fq=name:neq:x": 1} {
		if names, total := s.companies(t, tenant, query); len(names) != want || total != want || want == 1 &&
			names[0] != "mine" {
			t.Errorf("%s: the tenant sees %v of %d", query, names, total)
		}
	}
	w := s.call(t, "GET", base+"/Organization?fl=authCode,enableAuthCodeGen,connectName", "", "Authtoken",
		s.admin(t))
	if strings.Contains(w.Body.String(), "GHC") ||
		strings.Contains(strings.ToLower(w.Body.String()), "authcode") {
		t.Errorf("a list with codes: %s", w.Body)
	}
	if s.reveals(t, mine.ID) != 0 {
		t.Error("a list is in the audit as a reveal")
	}
}

// reveals counts the audit events of reveals.
func (s *server) reveals(t testing.TB, id tenancy.OrganizationID) (n int) {
	t.Helper()
	for _, e := range s.audit(t, id) {
		if e.Action == "auth_code.reveal" {
			n++
		}
	}
	return n
}

// events counts the audit events of an organization.
func (s *server) events(t testing.TB, id tenancy.OrganizationID) int {
	t.Helper()
	return len(s.audit(t, id))
}

func (s *server) audit(t testing.TB, id tenancy.OrganizationID) (events []tenancy.AuditEvent) {
	t.Helper()
	err := s.Store.View(t.Context(), func(tx tenancy.Reader) (err error) {
		events, err = tx.AuditEvents(t.Context(), id, 0, 1000)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return events
}

func TestGUIDs(t *testing.T) {
	t.Parallel()
	for _, id := range []tenancy.OrganizationID{0, 1, 100001, 1<<53 + 1, 1<<62 - 1} {
		n, ours, err := numberOfGUID(guidOf(id))
		if n != int64(id) || !ours || err != nil {
			t.Errorf("%d: got %d, %v, %v from %s", id, n, ours, err, guidOf(id))
		}
	}
	for _, foreign := range []string{"67617465-686F-8573-C000-0000000186A1",
		"67617465-686F-8574-8000-0000000186A1"} {
		if _, ours, err := numberOfGUID(foreign); ours || err != nil {
			t.Errorf("%s: got %v, %v", foreign, ours, err)
		}
	}
	if got, want := guidOf(100001), "67617465-686F-8573-8000-0000000186A1"; got != want {
		t.Errorf("got %s, want %s: a GUID must never change", got, want)
	}
}
