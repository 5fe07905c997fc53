// SPDX-License-Identifier: Apache-2.0

package storetest

import (
	"context"
	"fmt"
	"testing"
	"time"

	"gatehouse/internal/problem"
	"gatehouse/internal/tenancy"
)

// loginOf reads what a log-in is judged by.
func loginOf(t *testing.T, s tenancy.Store, ref tenancy.LoginRef) tenancy.Login {
	t.Helper()
	return read(t, s, func(tx tenancy.Reader) (tenancy.Login,
		error) {
		return tx.Login(context.Background(), ref)
	})
}

func loginOfOperator(t *testing.T, s tenancy.Store) {
	ctx, o := context.Background(), operator(t, s, "o")
	addSessions(t, s, session(o, 1))
	token := addToken(t, s, operatorToken(o, 1))
	refs := map[string]tenancy.LoginRef{
		"signed": {Owner: tenancy.OperatorCaller, OwnerID: o.ID, TokenKind: tenancy.SignedToken,
			TokenID: "signed"},
		"session": {Owner: tenancy.OperatorCaller, OwnerID: o.ID, TokenKind: tenancy.SessionToken,
			TokenID: "session-1"},
		"token": {Owner: tenancy.OperatorCaller, OwnerID: o.ID, TokenKind: tenancy.LongLivedToken,
			OperatorToken: token.ID},
	}
	want := tenancy.Login{OrganizationActive: true, OwnerActive: true, Name: o.Username, Number: o.Number,
		Role: o.Role}
	check := func(when string) {
		t.Helper()
		for name, ref := range refs {
			wantSame(t, when+": "+name, loginOf(t, s, ref), want)
		}
	}
	check("new")
	update(t, s, func(tx tenancy.Tx) error {
		o.Active, o.LoginGeneration = false, 3
		return tx.UpdateOperator(ctx, o)
	})
	want.OwnerActive, want.Generation = false, 3
	check("changed")
	update(t, s, func(tx tenancy.Tx) error {
		if _, err := tx.EndSession(ctx, "session-1", moment(1)); err != nil {
			return err
		}
		if _, err := tx.EndOperatorToken(ctx, token.ID, moment(1), tenancy.TokenRevoked); err != nil {
			return err
		}
		return tx.RevokeToken(ctx, "signed", moment(1))
	})
	want.TokenEnded = true
	check("ended")
	before, known := s.ChangesElsewhere()
	update(t, s, func(tx tenancy.Tx) error { return tx.RevokeToken(ctx, "another", moment(1)) })
	if after, _ := s.ChangesElsewhere(); known && after != before {
		t.Error("its own change counts as that of another process")
	}
}

func loginOfOthers(t *testing.T, s tenancy.Store) {
	ctx, code := context.Background(), secondary(member(t, s, "o").ID, 1)
	addCodes(t, s, code)
	app, c := rotated("a", 1), client(code, 1)
	app.OrganizationID = code.OrganizationID
	addProgram(t, s, app)
	addClients(t, s, c)
	appRef := tenancy.LoginRef{Owner: tenancy.ApplicationCaller, OwnerID: app.ID, TokenID: "signed"}
	clientRef := tenancy.LoginRef{Owner: tenancy.ClientCaller, OwnerID: c.ID, TokenID: "signed"}
	ofApp := tenancy.Login{Organization: code.OrganizationID, OrganizationActive: true, Name: app.Name}
	ofApp.Keys.Key.ID, ofApp.Keys.Key.ExpiresAt = app.Key.ID, app.Key.ExpiresAt
	ofApp.Keys.Former = app.Former
	ofApp.Keys.Former.IssuedAt, ofApp.Keys.Former.LastUsedAt = time.Time{}, time.Time{} // are not asked for
	ofClient := tenancy.Login{Organization: code.OrganizationID, OrganizationActive: true, OwnerActive: true,
		Name: c.Name}
	wantSame(t, "application", loginOf(t, s, appRef), ofApp)
	wantSame(t, "client", loginOf(t, s, clientRef), ofClient)
	update(t, s, func(tx tenancy.Tx) error {
		o, err := tx.LockOrganization(ctx, code.OrganizationID)
		if err != nil {
			return err
		}
		o.State, c.State = tenancy.OrganizationInactive, tenancy.ClientRevoked
		if err := tx.UpdateOrganization(ctx, o); err != nil {
			return err
		}
		if err := tx.UpdateClient(ctx, c.Client); err != nil {
			return err
		}
		return tx.RevokeToken(ctx, "signed", moment(1))
	})
	ofApp.OrganizationActive, ofClient.OrganizationActive, ofClient.OwnerActive = false, false, false
	ofApp.TokenEnded, ofClient.TokenEnded = true, true
	wantSame(t, "application, ended", loginOf(t, s, appRef), ofApp)
	wantSame(t, "client, ended", loginOf(t, s, clientRef), ofClient)
}

// A signed token has ended when it was revoked, and when the token was from which it was refreshed.
func loginOfFamily(t *testing.T, s tenancy.Store) {
	ctx, o, code := context.Background(), operator(t, s, "o"), secondary(member(t, s, "m").ID, 1)
	addCodes(t, s, code)
	app, c := rotated("a", 1), client(code, 1)
	app.OrganizationID = code.OrganizationID
	addProgram(t, s, app)
	addClients(t, s, c)
	update(t, s, func(tx tenancy.Tx) error { return tx.RevokeToken(ctx, "first", moment(1)) })
	for kind, id := range map[tenancy.CallerKind]string{tenancy.OperatorCaller: o.ID,
		tenancy.ApplicationCaller: app.ID, tenancy.ClientCaller: c.ID} {
		for _, ids := range [][2]string{{"first", "first"}, {"second", "first"}, {"second", "other"}} {
			ref := tenancy.LoginRef{Owner: kind, OwnerID: id, TokenID: ids[0], Family: ids[1]}
			wantSame(t, fmt.Sprint(kind, ids), loginOf(t, s, ref).TokenEnded, ids[1] == "first")
		}
	}
}

func loginOfNobody(t *testing.T, s tenancy.Store) {
	o := operator(t, s, "o")
	view(t, s, func(tx tenancy.Reader) error {
		for _, ref := range []tenancy.LoginRef{{}, {Owner: tenancy.OperatorCaller, OwnerID: "nobody"},
			{Owner: tenancy.ClientCaller, OwnerID: o.ID}, {Owner: tenancy.ApplicationCaller, OwnerID: o.ID},
			{Owner: tenancy.OperatorCaller, OwnerID: "a\x00"}} {
			_, err := tx.Login(context.Background(), ref)
			wantError(t, err, problem.NotFound, problem.RowNotFound().Code)
		}
		return nil
	})
	ended := tenancy.LoginRef{Owner: tenancy.OperatorCaller, OwnerID: o.ID, TokenKind: tenancy.SessionToken,
		TokenID: "none"}
	if !loginOf(t, s, ended).TokenEnded {
		t.Error("a session that is not there has not ended")
	}
}

func keyOfClient(t *testing.T, s tenancy.Store) {
	ctx, code := context.Background(), secondary(member(t, s, "o").ID, 1)
	addCodes(t, s, code)
	c := client(code, 1)
	c.LastSeenAt, c.KeyPlace = time.Time{}, tenancy.KeyInBody
	addClients(t, s, c)
	want := tenancy.ClientKey{Organization: code.OrganizationID, OrganizationActive: true,
		State: tenancy.ClientActive, Digest: c.KeyDigest, Thumbprint: c.Thumbprint, Place: tenancy.KeyInBody}
	check := func(when string) {
		t.Helper()
		got := read(t, s, func(tx tenancy.Reader) (tenancy.ClientKey, error) { return tx.ClientKey(ctx, c.ID) })
		wantSame(t, when, got, want)
	}
	check("new")
	update(t, s, func(tx tenancy.Tx) error {
		o, err := tx.LockOrganization(ctx, code.OrganizationID)
		if err != nil {
			return err
		}
		o.State, c.State, c.Thumbprint = tenancy.OrganizationInactive, tenancy.ClientRevoked, "thumb"
		if err := tx.UpdateOrganization(ctx, o); err != nil {
			return err
		}
		if err := tx.UpdateClient(ctx, c.Client); err != nil {
			return err
		}
		return tx.TouchClient(ctx, c.ID, moment(9))
	})
	want.OrganizationActive, want.State, want.Thumbprint = false, tenancy.ClientRevoked, "thumb"
	want.LastSeenAt = storedTime(moment(9))
	check("changed")
	view(t, s, func(tx tenancy.Reader) error {
		_, err := tx.ClientKey(ctx, "nobody")
		wantError(t, err, problem.NotFound, problem.ClientNotFound().Code)
		return nil
	})
}
