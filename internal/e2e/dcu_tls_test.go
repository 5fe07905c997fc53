// SPDX-License-Identifier: Apache-2.0

package e2e

import (
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"gatehouse/internal/certtest"
)

// TestVendorClientOverTLS: the vendor's client on HTTPS, with an authority of
// one's own that Node was told of, and without.
func TestVendorClientOverTLS(t *testing.T) {
	t.Parallel()
	dcuTools(t)
	ca := certtest.New(t)
	s, dir := tlsSite(t, ca, ca.Issue())
	p := start(t, s)
	c := newClient(t, p.url).trusting(p.trust)
	_, key := c.application(c.token(ccadmin, "admin", p.firstPassword()), "shop")

	authority := filepath.Join(dir, "authority.pem")
	if err := os.WriteFile(authority, ca.PEM(), 0o600); err != nil {
		t.Fatal(err)
	}
	told := settings{"NODE_EXTRA_CA_CERTS": authority}
	if code, text := refreshGlobal(t, told.with("CC_APPLICATION_KEY", key), p.url); code != 0 {
		t.Errorf("dcu --refresh global ends with %d:\n%s", code, text)
	}
	if code, _ := refreshGlobal(t, settings{"CC_APPLICATION_KEY": key}, p.url); code == 0 {
		t.Error("the vendor's client trusts an authority it was not told of")
	}
	d := startDCU(t, told, dcuLogin{Node: p.url, Key: key})
	made := d.call(http.StatusOK, dcuCall{Operation: "createOrganization",
		Body: map[string]string{"name": "Orchard"}})
	issued := d.call(http.StatusOK, dcuCall{Operation: "authorizationCode", Path: []string{made.member("id")}})
	if href := issued.member("links", "0", "href"); !strings.HasPrefix(href, p.url+ccadmin) {
		t.Errorf("the self link is %q", href)
	}
	p.stop(t)
}
