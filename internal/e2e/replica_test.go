// SPDX-License-Identifier: Apache-2.0

package e2e

import (
	"net/http"
	"testing"
	"time"
)

// TestReplicas runs two servers on one database. What one has done holds on
// the other when the answer is there; what ends a credential that the other has
// just seen, within one second.
func TestReplicas(t *testing.T) {
	t.Parallel()
	s := newSite(t, onPostgres).watched()
	// At once on an empty database: one of them makes the operator.
	first, second := launchServer(t, s), launchServer(t, s)
	first.await(t, startLimit)
	second.await(t, startLimit)
	password := first.firstPassword() + second.firstPassword()
	if (first.firstPassword() == "") == (second.firstPassword() == "") {
		t.Fatal("not exactly one of two replicas shows a password")
	}
	here, there := newClient(t, first.url), newClient(t, second.url)

	admin, session := here.token(ccadmin, "admin", password), here.session("admin", password)
	there.want(there.post(ccadmin+"/verify", "", bearer(admin)), http.StatusOK, "a token on the other replica")
	organization := here.organization(ccadmin, admin, "Orchard Ltd")
	for range 5 {
		if code := here.issue(ccadmin, admin, organization); there.reveal(session, organization) != code {
			t.Error("a code made on one replica is not the one that the other shows")
		}
		if code := there.issue(ccadmin, admin, organization); here.reveal(session, organization) != code {
			t.Error("a code made on the other replica is not the one that this shows")
		}
	}
	native, key := bearer(here.nativeLogin(password)), "Idempotency-Key: one-for-both"
	path, made := "/v1/organizations/"+organization+"/auth-codes", `{"name":"n","expiresAt":"never","maxUses":1}`
	first201 := here.want(here.post(path, made, jsonType, native, key), http.StatusCreated, "create a code")
	again := there.want(there.post(path, made, jsonType, native, key), http.StatusCreated,
		"ask the other replica again")
	if again.body != first201.body {
		t.Errorf("the other replica answers %s, not %s", again.body, first201.body)
	}
	here.want(here.do("PUT", codePath(cvRoot, organization)+"/action/disable", "", authtoken(session)),
		http.StatusOK, "disable")
	if there.reveal(session, organization) != "" {
		t.Error("a code switched off on one replica is shown by the other")
	}

	id, key := here.application(admin, "shop")
	app := there.want(there.keyLogin(ccapp, key), http.StatusOK, "a key on the other replica").member(
		"access_token")
	renewed := here.renewKey(admin, id)
	time.Sleep(time.Second)
	there.want(there.keyLogin(ccapp, key), http.StatusUnauthorized, "a former key on the other replica")
	there.want(there.post(ccapp+"/refresh", "", bearer(app)), http.StatusUnauthorized,
		"a refresh after the key was renewed")
	there.want(there.keyLogin(ccapp, renewed), http.StatusOK, "the new key on the other replica")
	here.want(here.do("DELETE", ccadmin+"/applicationIds/"+id+"?type=application", "", bearer(admin)),
		http.StatusOK, "delete")
	time.Sleep(time.Second)
	there.want(there.get(ccapp+"/organizations", bearer(app)), http.StatusUnauthorized,
		"the token of a deleted application")

	here.want(here.post(cvRoot+"/Logout", "", authtoken(session)), http.StatusOK, "Logout")
	time.Sleep(time.Second)
	there.want(there.get(codePath(cvRoot, organization), authtoken(session)), http.StatusUnauthorized,
		"an ended session on the other replica")
	here.want(here.post(ccadmin+"/logout", "", bearer(admin)), http.StatusOK, "logout")
	time.Sleep(time.Second)
	there.want(there.get(ccadmin+"/organizations", bearer(admin)), http.StatusUnauthorized,
		"a revoked token on the other replica")
	first.stop(t)
	there.want(there.get("/readyz"), http.StatusOK, "the other replica, after the first has stopped")
	second.stop(t)
}
