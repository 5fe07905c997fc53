// SPDX-License-Identifier: Apache-2.0

package commvault

import (
	"encoding/json"
	"fmt"
	"net/url"
	"slices"
	"testing"
)

// leaves returns the values of an answer under the names of their columns. A list counts by its first item.
// An empty list or object has no value.
func leaves(to map[string]any, path string, value any) {
	switch v := value.(type) {
	case map[string]any:
		for name, member := range v {
			leaves(to, path+"."+name, member)
		}
		if len(v) == 0 {
			to[path[1:]] = nil
		}
	case []any:
		if len(v) == 0 {
			to[path[1:]] = nil
			return
		}
		leaves(to, path, v[0])
	default:
		to[path[1:]] = v
	}
}

func decoded(t *testing.T, body []byte) (v map[string]any) {
	t.Helper()
	if err := json.Unmarshal(body, &v); err != nil {
		t.Fatal(err)
	}
	return v
}

// orchards creates three companies: one with every value, an inactive one with some values, and one without
// any.
func (s *server) orchards(t *testing.T, token string) {
	t.Helper()
	s.change(t, token, "POST", "/Organization",
		`{"organizationInfo":{"organization":{"connectName":"Full","shortName":{"domainName":"full"},"description":"all there is",`+
			`"emailDomainNames":["a.example.test","größe.example.test"]},"organizationProperties":{"primaryContacts":[{"fullName":"Ann Pear","email":"ann@a.example.test"},{"fullName":"Bo Fig","email":"bo@b.example.test"}]}}}`, "response.")
	s.change(t, token, "POST", "/Organization",
		`{"organizationInfo":{"organization":{"connectName":"Part","shortName":{"domainName":"part"},"emailDomainNames":["b.example.test"]},`+
			`"organizationProperties":{"primaryContacts":[{"fullName":"Cleo Nut"},{"email":"ann@b.example.test"}]}}}`,
		"response.")
	s.change(t, token, "POST", "/Organization", `{"organizationInfo":{"organization":{"connectName":"Bare"}}}`,
		"response.")
	s.change(t, token, "POST", "/Organization/100002/action/deactivate",
		`{"deactivateOptions":{"disableBackup":true,"disableRestore":true,"disableLogin":true}}`, "response.")
}

// The list can be filtered and sorted by every member that an answer has for a company.
func TestEveryColumnOfTheAnswers(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	token := s.admin(t)
	s.orchards(t, token)
	get := func(path string, query url.Values) map[string]any {
		t.Helper()
		w := s.call(t, "GET", base+path+"?"+query.Encode(), "", "Authtoken", token)
		if w.Code != 200 {
			t.Fatalf("%s?%s: %d %s", path, query.Encode(), w.Code, w.Body)
		}
		return decoded(t, w.Body.Bytes())
	}
	for path, list := range map[string]string{"/Organization": "providers", "/V4/Company": "companies"} {
		entry := at(get(path, url.Values{"fq": {"name:eq:Full"}}), list+".0")
		columns := map[string]any{}
		leaves(columns, "", entry)
		if len(columns) < 15 {
			t.Fatalf("%s: only %v", path, columns)
		}
		for name, value := range columns {
			find := func(how, value string) (names []string) {
				t.Helper()
				found, _ := at(get("/Organization", url.Values{"fq": {name + ":" + how + ":" + value},
					"sort": {"name:1"}}), "providers").([]any)
				for _, one := range found {
					names = append(names, text(one, "connectName"))
				}
				return names
			}
			for _, direction := range []string{":1", ":-1"} {
				sorted := get("/Organization", url.Values{"sort": {"providers." + name + direction},
					"fq": {"id:gt:0"}})
				if found, _ := at(sorted, "providers").([]any); len(found) != 3 {
					t.Errorf("sort=%s%s: %d companies", name, direction, len(found))
				}
			}
			if value == nil { // no company has a value there
				if got := find("in", "null,"); len(got) != 3 {
					t.Errorf("%s: without it: %v", name, got)
				}
				if got := find("eq", "x"); len(got) != 0 {
					t.Errorf("%s: with it: %v", name, got)
				}
				continue
			}
			want := fmt.Sprint(value)
			if number, is := value.(float64); is {
				want = fmt.Sprintf("%.0f", number)
			}
			if got := find("eq", want); !slices.Contains(got, "Full") {
				t.Errorf("%s is %q, but eq finds %v", name, want, got)
			}
			if got := find("neq", want); slices.Contains(got, "Full") {
				t.Errorf("%s is %q, but neq finds %v", name, want, got)
			}
			if got := find("in", want+","+want); !slices.Contains(got, "Full") {
				t.Errorf("%s is %q, but in finds %v", name, want, got)
			}
			if got := find("nin", want); slices.Contains(got, "Full") {
				t.Errorf("%s is %q, but nin finds %v", name, want, got)
			}
		}
	}
}

func TestColumnsOfCompanies(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	token := s.admin(t)
	s.orchards(t, token)
	fq := func(filters ...string) string { return url.Values{"fq": filters, "sort": {"id:1"}}.Encode() }
	all := []string{"Full", "Part", "Bare"}
	guid := guidOf(100002)
	for query, want := range map[string][]string{
		fq("providers.primaryContacts.fullName:eq:BO FIG"): {"Full"}, // matches any of them
		fq("primaryContacts.fullName:eq:Bo"):               nil,
		fq("primaryContacts.fullName:contains:o"):          {"Full", "Part"},
		fq("primaryContacts.fullName:notcontain:o"):        {"Bare"},
		fq("primaryContacts.fullName:neq:bo fig"):          {"Part", "Bare"},
		fq("primaryContacts.fullName:in:cleo nut,bo fig"):  {"Full", "Part"},
		fq("primaryContacts.fullName:nin:cleo nut,x"):      {"Full", "Bare"},
		fq("primaryContacts.fullName:in:null,"):            {"Bare"},
		// Full has a contact whose name is greater
		fq("primaryContacts.fullName:gt:ann pear"):   {"Full", "Part"},
		fq("primaryContacts.fullName:gt:b"):          {"Part"},
		fq("primaryContacts.fullName:lteq:cleo nut"): {"Full", "Part"},
		// no item contains a line end
		fq("primaryContacts.fullName:contains:\n"):         nil,
		fq("primaryContacts.fullName:notcontain:Pear\nBo"): all,
		fq("primaryContacts.fullName:eq:Ann Pear\nBo Fig"): nil,
		fq("emailDomainNames:contains:example.test\n"):     nil,
		"search=pear%0Abo": nil,
		fq("primaryContacts.email:eq:ann@b.example.test"):     {"Part"},
		fq("primaryContacts.user.userName:contains:@b"):       {"Full", "Part"},
		fq("emailDomainNames:eq:GRÖSSE.example.test"):         {"Full"},
		fq("emailDomainNames:eq:example.test"):                nil,
		fq("emailDomainNames:contains:example.test"):          {"Full", "Part"},
		fq("emailDomainNames:nin:null,"):                      {"Full", "Part"},
		fq("enabled:eq:true"):                                 {"Full", "Bare"},
		fq("enabled:neq:1"):                                   {"Part"},
		fq("enabled:in:FALSE"):                                {"Part"},
		fq("canCreateCompanies:eq:false"):                     all,
		fq("canCreateCompanies:eq:true"):                      nil,
		fq("ownerCompanyName:eq:commcell", "name:contains:a"): {"Part", "Bare"},
		fq("ownerCompanyName:contains:COMM"):                  all,
		fq("ownerCompanyName:neq:Commcell"):                   nil,
		fq("ownerCompanyName:notcontain:x"):                   all,
		fq("ownerCompanyName:in:null,"):                       nil,
		fq("ownerCompanyName:gt:a"):                           all,
		fq("ownerCompanyId:eq:0"):                             all,
		fq("commcell:eq:Commcell"):                            all,
		fq("commcell.commCellName:nin:Commcell,x"):            nil,
		fq("associatedEntitiesCount:gt:0"):                    nil,
		fq("associatedEntitiesCount:lteq:0"):                  all,
		fq("associatedEntitiesCount:contains:0"):              all,
		fq("serviceType:in:4,5"):                              all,
		fq("flags:neq:0"):                                     nil,
		fq("provider._type_:eq:61"):                           all,
		fq("provider.tags:eq:gold"):                           nil,
		fq("provider.tags:neq:gold"):                          all,
		fq("provider.tags:notcontain:gold"):                   all,
		fq("tags:in:null,"):                                   all,
		fq("tags:nin:null,"):                                  nil,
		fq("idpCompanyDetails:in:null,"):                      all,
		fq("idpCompanyDetails.name:contains:x"):               nil,
		"sort=primaryContacts.fullName:1":                     {"Full", "Part", "Bare"},
		"sort=primaryContacts.fullName:-1":                    {"Bare", "Part", "Full"},
		"sort=primaryContacts.email:1":                        {"Full", "Part", "Bare"},
		"sort=emailDomainNames:1":                             {"Full", "Part", "Bare"},
		"sort=enabled:1":                                      {"Part", "Bare", "Full"},
		"sort=enabled:-1":                                     {"Full", "Bare", "Part"},
		// the default order
		"sort=commcell:1":                            {"Bare", "Part", "Full"},
		"sort=provider.tags:-1":                      {"Bare", "Part", "Full"},
		"search=bo+fig&sort=id:1":                    {"Full"},
		"search=B.EXAMPLE&sort=id:1":                 {"Full", "Part"},
		"search=" + guid:                             {"Part"},
		"search=deactivated":                         {"Part"},
		"search=Active&sort=id:1":                    {"Full", "Bare"},
		"search=activ":                               nil,
		"search=commcell":                            nil,
		"search=providerGUID,status:contains:nobody": nil,
		"search=providers.primaryContacts.fullName,ownerCompanyName:contains:cleo": {"Part"},
	} {
		if names, total := s.companies(t, token, query); !slices.Equal(names, want) || total != len(want) {
			t.Errorf("%s: got %q of %d, want %q", query, names, total, want)
		}
	}
	for _, query := range []string{"fq=enabled:eq:maybe", "fq=enabled:contains:t", "fq=serviceType:eq:x",
		"fq=flags:contains:x", "fq=canCreateCompanies:eq:", "fq=associatedEntitiesCount:eq:-1",
		"fq=primaryContacts.phone:eq:1", "fq=serviceType:eq:12345678901234567890", "sort=primaryContacts.phone:1"} {
		if w := s.call(t, "GET", base+"/Organization?"+query, "", "Authtoken", token); w.Code != 400 {
			t.Errorf("%s: got %d %s", query, w.Code, w.Body)
		}
	}
	s.change(t, token, "PUT", "/V4/Company/100001",
		`{"contacts":[{"fullname":"Dora"}],"general":{"emailSuffix":"d.example.test"}}`, "")
	for query, want := range map[string][]string{fq("primaryContacts.fullName:eq:dora"): {"Full"},
		fq("primaryContacts.fullName:eq:bo fig"): nil, fq("emailDomainNames:eq:d.example.test"): {"Full"}} {
		if names, _ := s.companies(t, token, query); !slices.Equal(names, want) {
			t.Errorf("after a change: %s: got %q, want %q", query, names, want)
		}
	}
}
