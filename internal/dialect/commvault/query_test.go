// SPDX-License-Identifier: Apache-2.0

package commvault

import (
	"net/http"
	"strings"
	"testing"
)

// A query that cannot be read is refused by every operation and in both formats, and nothing is done. The
// unreadable part may be a restriction.
func TestUnreadableQueries(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	token := s.admin(t)
	for _, route := range Door(s.Service, s.Identity).Routes {
		path := strings.NewReplacer("{id}", "0", "{token}", "100001").Replace(route.Pattern)
		for _, query := range []string{"organizationId=100001%", "userId%=x", "x=%", "limit=1&%zz",
			"organizationId=0&x=%ff", "fq=name:eq:%00", "%u0041=1"} {
			for _, media := range []string{mediaJSON, mediaXML} {
				w := s.call(t, route.Method, path+"?"+query, "", "Authtoken", token, "Accept", media)
				if code, message := failure(t, w, "", media); w.Code != http.StatusBadRequest ||
					code != 400 || !strings.HasPrefix(message, "The query string cannot be read") {
					t.Errorf("%s ?%s: got %d, %d, %q", route.Name, query, w.Code, code, message)
				}
			}
		}
	}
	if !s.alive(t, token) {
		t.Error("a log-out with such a query was one")
	}
}

// A semicolon is a character of a value. Names that are read match in any letter case.
func TestReadingOfQueries(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	token := s.admin(t)
	s.Organization(t, "Apple;Pear")
	s.Organization(t, "Plum")
	for query, want := range map[string]int{
		"fq=name:eq:Apple;Pear": 1, "fq=name:eq:Apple%3BPear": 1, "search=apple;": 1, "search=;limit=1": 0,
		"fq=name:contains:;&limit=1": 1,
		"fq[]=name:eq:Plum":          1, "fq[0]=name:contains:p&fq[1]=name:contains:m": 1,
		"fl=name&amp;fq=name:eq:Plum": 1, "fq%20=name:eq:Plum": 1, "%EF%BB%BFfq=name:eq:Plum": 1,
		"fl=a;b": 2, "FQ=name:contains:p&fq=name:contains:m": 1, "a;limit=x": 2,
	} {
		if names, _ := s.companies(t, token, query); len(names) != want {
			t.Errorf("%s: got %q, want %d", query, names, want)
		}
	}
}

// An error has the vendor's spelling of a parameter, whatever the client wrote.
func TestErrorsNameParametersAsTheVendorDoes(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	token := s.admin(t)
	for _, test := range []struct{ method, path, name string }{
		{"PUT", "/Organization?ORGANIZATIONID=", "organizationId"},
		{"PUT", "/Organization?organizationId=1&organizationid=2", "organizationId"},
		{"GET", "/V4/AccessToken?userid=1&userid=2", "userId"},
		{"GET", "/UserGroup?parentProvider/providerId=1&parentprovider/providerid=2", "parentProvider/providerId"},
		{"GET", "/Organization?LIMIT=x", "limit"},
		{"GET", "/User?START=x", "start"},
	} {
		w := s.call(t, test.method, base+test.path, "", "Authtoken", token, "Accept", mediaJSON)
		if code, message := failure(t, w, "", mediaJSON); w.Code != http.StatusBadRequest || code != 400 ||
			!strings.HasPrefix(message, test.name+" ") {
			t.Errorf("%s %s: got %d, %d, %q; want %s named", test.method, test.path, w.Code, code, message,
				test.name)
		}
	}
}
