// SPDX-License-Identifier: Apache-2.0

package storetest

import (
	"context"
	"time"

	"gatehouse/internal/tenancy"
)

// brokenReader and brokenTx check each call before they pass it on. They are long and
// plain, because Go has no other way to wrap every method of an interface. A test compares
// them with tenancy.Tx.
type brokenReader struct {
	tenancy.Reader
	broken *calls
}

type brokenTx struct {
	brokenReader
	tx tenancy.Tx
}

var _ tenancy.Tx = brokenTx{}

func (r brokenReader) Organization(ctx context.Context, id tenancy.OrganizationID) (tenancy.Organization,
	error) {
	if err := r.broken.check("Organization"); err != nil {
		return tenancy.Organization{}, err
	}
	return r.Reader.Organization(ctx, id)
}

func (r brokenReader) Organizations(ctx context.Context, params tenancy.ListParams) ([]tenancy.Organization,
	int, error) {
	if err := r.broken.check("Organizations"); err != nil {
		return nil, 0, err
	}
	return r.Reader.Organizations(ctx, params)
}

func (r brokenReader) OrganizationsAfter(ctx context.Context,
	params tenancy.PageParams) (tenancy.Page[tenancy.Organization], error) {
	if err := r.broken.check("OrganizationsAfter"); err != nil {
		return tenancy.Page[tenancy.Organization]{}, err
	}
	return r.Reader.OrganizationsAfter(ctx, params)
}

func (r brokenReader) Request(ctx context.Context, id tenancy.RequestID) (tenancy.Request, error) {
	if err := r.broken.check("Request"); err != nil {
		return tenancy.Request{}, err
	}
	return r.Reader.Request(ctx, id)
}

func (r brokenReader) Requests(ctx context.Context, params tenancy.ListParams) ([]tenancy.Request, int,
	error) {
	if err := r.broken.check("Requests"); err != nil {
		return nil, 0, err
	}
	return r.Reader.Requests(ctx, params)
}

func (r brokenReader) RequestsAfter(ctx context.Context,
	params tenancy.PageParams) (tenancy.Page[tenancy.Request], error) {
	if err := r.broken.check("RequestsAfter"); err != nil {
		return tenancy.Page[tenancy.Request]{}, err
	}
	return r.Reader.RequestsAfter(ctx, params)
}

func (r brokenReader) Contact(ctx context.Context, id tenancy.ContactID) (tenancy.Contact, error) {
	if err := r.broken.check("Contact"); err != nil {
		return tenancy.Contact{}, err
	}
	return r.Reader.Contact(ctx, id)
}

func (r brokenReader) PrimaryAuthCode(ctx context.Context, id tenancy.OrganizationID) (tenancy.StoredAuthCode,
	error) {
	if err := r.broken.check("PrimaryAuthCode"); err != nil {
		return tenancy.StoredAuthCode{}, err
	}
	return r.Reader.PrimaryAuthCode(ctx, id)
}

func (r brokenReader) AuthCodeByDigest(ctx context.Context, digest []byte) (tenancy.StoredAuthCode, error) {
	if err := r.broken.check("AuthCodeByDigest"); err != nil {
		return tenancy.StoredAuthCode{}, err
	}
	return r.Reader.AuthCodeByDigest(ctx, digest)
}

func (r brokenReader) Application(ctx context.Context, id string) (tenancy.StoredApplication, error) {
	if err := r.broken.check("Application"); err != nil {
		return tenancy.StoredApplication{}, err
	}
	return r.Reader.Application(ctx, id)
}

func (r brokenReader) Applications(ctx context.Context, scope tenancy.OrganizationID,
	kind tenancy.ApplicationType) ([]tenancy.Application, error) {
	if err := r.broken.check("Applications"); err != nil {
		return nil, err
	}
	return r.Reader.Applications(ctx, scope, kind)
}

func (r brokenReader) Operator(ctx context.Context, id string) (tenancy.StoredOperator, error) {
	if err := r.broken.check("Operator"); err != nil {
		return tenancy.StoredOperator{}, err
	}
	return r.Reader.Operator(ctx, id)
}

func (r brokenReader) OperatorByUsername(ctx context.Context, username string) (tenancy.StoredOperator,
	error) {
	if err := r.broken.check("OperatorByUsername"); err != nil {
		return tenancy.StoredOperator{}, err
	}
	return r.Reader.OperatorByUsername(ctx, username)
}

func (r brokenReader) CountOperators(ctx context.Context) (int, error) {
	if err := r.broken.check("CountOperators"); err != nil {
		return 0, err
	}
	return r.Reader.CountOperators(ctx)
}

func (r brokenReader) SessionByDigest(ctx context.Context, digest []byte) (tenancy.Session, error) {
	if err := r.broken.check("SessionByDigest"); err != nil {
		return tenancy.Session{}, err
	}
	return r.Reader.SessionByDigest(ctx, digest)
}

func (r brokenReader) TokenRevoked(ctx context.Context, tokenID string) (bool, error) {
	if err := r.broken.check("TokenRevoked"); err != nil {
		return false, err
	}
	return r.Reader.TokenRevoked(ctx, tokenID)
}

func (r brokenReader) AuditEvents(ctx context.Context, id tenancy.OrganizationID, after int64,
	limit int) ([]tenancy.AuditEvent, error) {
	if err := r.broken.check("AuditEvents"); err != nil {
		return nil, err
	}
	return r.Reader.AuditEvents(ctx, id, after, limit)
}

func (t brokenTx) LockOrganization(ctx context.Context, id tenancy.OrganizationID) (tenancy.Organization,
	error) {
	if err := t.broken.check("LockOrganization"); err != nil {
		return tenancy.Organization{}, err
	}
	return t.tx.LockOrganization(ctx, id)
}

func (t brokenTx) InsertOrganization(ctx context.Context, o *tenancy.Organization) error {
	if err := t.broken.check("InsertOrganization"); err != nil {
		return err
	}
	return t.tx.InsertOrganization(ctx, o)
}

func (t brokenTx) UpdateOrganization(ctx context.Context, o tenancy.Organization) error {
	if err := t.broken.check("UpdateOrganization"); err != nil {
		return err
	}
	return t.tx.UpdateOrganization(ctx, o)
}

func (t brokenTx) LockRequest(ctx context.Context, id tenancy.RequestID) (tenancy.Request, error) {
	if err := t.broken.check("LockRequest"); err != nil {
		return tenancy.Request{}, err
	}
	return t.tx.LockRequest(ctx, id)
}

func (t brokenTx) UpdateRequest(ctx context.Context, r tenancy.Request) (bool, error) {
	if err := t.broken.check("UpdateRequest"); err != nil {
		return false, err
	}
	return t.broken.ifDone("UpdateRequest")(t.tx.UpdateRequest(ctx, r))
}

func (t brokenTx) DeleteRequest(ctx context.Context, id tenancy.RequestID) error {
	if err := t.broken.check("DeleteRequest"); err != nil {
		return err
	}
	return t.tx.DeleteRequest(ctx, id)
}

func (t brokenTx) UpdateContact(ctx context.Context, c tenancy.Contact) error {
	if err := t.broken.check("UpdateContact"); err != nil {
		return err
	}
	return t.tx.UpdateContact(ctx, c)
}

func (t brokenTx) DeleteContact(ctx context.Context, id tenancy.ContactID) (bool, error) {
	if err := t.broken.check("DeleteContact"); err != nil {
		return false, err
	}
	return t.broken.ifDone("DeleteContact")(t.tx.DeleteContact(ctx, id))
}

func (t brokenTx) DeleteApplications(ctx context.Context, id tenancy.OrganizationID) error {
	if err := t.broken.check("DeleteApplications"); err != nil {
		return err
	}
	return t.tx.DeleteApplications(ctx, id)
}

func (t brokenTx) EndAuthCodes(ctx context.Context, id tenancy.OrganizationID, at time.Time,
	reason tenancy.EndReason) error {
	if err := t.broken.check("EndAuthCodes"); err != nil {
		return err
	}
	return t.tx.EndAuthCodes(ctx, id, at, reason)
}

func (t brokenTx) EndSessions(ctx context.Context, id tenancy.OrganizationID, at time.Time) error {
	if err := t.broken.check("EndSessions"); err != nil {
		return err
	}
	return t.tx.EndSessions(ctx, id, at)
}

func (t brokenTx) EndOperatorTokens(ctx context.Context, id tenancy.OrganizationID, at time.Time,
	reason tenancy.TokenEndReason) error {
	if err := t.broken.check("EndOperatorTokens"); err != nil {
		return err
	}
	return t.tx.EndOperatorTokens(ctx, id, at, reason)
}

func (t brokenTx) EndOperators(ctx context.Context, id tenancy.OrganizationID) error {
	if err := t.broken.check("EndOperators"); err != nil {
		return err
	}
	return t.tx.EndOperators(ctx, id)
}

func (t brokenTx) DeactivateContacts(ctx context.Context, id tenancy.OrganizationID) error {
	if err := t.broken.check("DeactivateContacts"); err != nil {
		return err
	}
	return t.tx.DeactivateContacts(ctx, id)
}

func (t brokenTx) DeleteOrganization(ctx context.Context, id tenancy.OrganizationID, at time.Time) error {
	if err := t.broken.check("DeleteOrganization"); err != nil {
		return err
	}
	return t.tx.DeleteOrganization(ctx, id, at)
}

func (t brokenTx) InsertContact(ctx context.Context, c *tenancy.Contact) error {
	if err := t.broken.check("InsertContact"); err != nil {
		return err
	}
	return t.tx.InsertContact(ctx, c)
}

func (t brokenTx) InsertRequest(ctx context.Context, r *tenancy.Request) error {
	if err := t.broken.check("InsertRequest"); err != nil {
		return err
	}
	return t.tx.InsertRequest(ctx, r)
}

func (t brokenTx) LockApplicant(ctx context.Context, id tenancy.RequestID) (tenancy.Request,
	tenancy.Organization, error) {
	if err := t.broken.check("LockApplicant"); err != nil {
		return tenancy.Request{}, tenancy.Organization{}, err
	}
	return t.tx.LockApplicant(ctx, id)
}

func (t brokenTx) DecideRequest(ctx context.Context, r tenancy.Request, o tenancy.Organization,
	contactActive bool) (bool, error) {
	if err := t.broken.check("DecideRequest"); err != nil {
		return false, err
	}
	return t.broken.ifDone("DecideRequest")(t.tx.DecideRequest(ctx, r, o, contactActive))
}

func (t brokenTx) ReplacePrimaryAuthCode(ctx context.Context, c tenancy.StoredAuthCode,
	reason tenancy.EndReason) (string, error) {
	if err := t.broken.check("ReplacePrimaryAuthCode"); err != nil {
		return "", err
	}
	return t.tx.ReplacePrimaryAuthCode(ctx, c, reason)
}

func (t brokenTx) InsertAuthCode(ctx context.Context, c tenancy.StoredAuthCode) error {
	if err := t.broken.check("InsertAuthCode"); err != nil {
		return err
	}
	return t.tx.InsertAuthCode(ctx, c)
}

func (t brokenTx) EndPrimaryAuthCode(ctx context.Context, id tenancy.OrganizationID, at time.Time,
	reason tenancy.EndReason) (string, error) {
	if err := t.broken.check("EndPrimaryAuthCode"); err != nil {
		return "", err
	}
	ended, err := t.tx.EndPrimaryAuthCode(ctx, id, at, reason)
	_, err = t.broken.ifDone("EndPrimaryAuthCode")(ended != "", err)
	return ended, err
}

func (t brokenTx) LockOperator(ctx context.Context, id string) (tenancy.StoredOperator, error) {
	if err := t.broken.check("LockOperator"); err != nil {
		return tenancy.StoredOperator{}, err
	}
	return t.tx.LockOperator(ctx, id)
}

func (t brokenTx) LockApplication(ctx context.Context, id string) (tenancy.StoredApplication, error) {
	if err := t.broken.check("LockApplication"); err != nil {
		return tenancy.StoredApplication{}, err
	}
	return t.tx.LockApplication(ctx, id)
}

func (t brokenTx) InsertApplication(ctx context.Context, a tenancy.StoredApplication) error {
	if err := t.broken.check("InsertApplication"); err != nil {
		return err
	}
	return t.tx.InsertApplication(ctx, a)
}

func (t brokenTx) UpdateApplication(ctx context.Context, a tenancy.StoredApplication) error {
	if err := t.broken.check("UpdateApplication"); err != nil {
		return err
	}
	return t.tx.UpdateApplication(ctx, a)
}

func (t brokenTx) DeleteApplication(ctx context.Context, id string) error {
	if err := t.broken.check("DeleteApplication"); err != nil {
		return err
	}
	return t.tx.DeleteApplication(ctx, id)
}

func (t brokenTx) InsertOperator(ctx context.Context, o *tenancy.StoredOperator) error {
	if err := t.broken.check("InsertOperator"); err != nil {
		return err
	}
	return t.tx.InsertOperator(ctx, o)
}

func (t brokenTx) UpdateOperator(ctx context.Context, o tenancy.StoredOperator) error {
	if err := t.broken.check("UpdateOperator"); err != nil {
		return err
	}
	return t.tx.UpdateOperator(ctx, o)
}

func (t brokenTx) TakeTOTPStep(ctx context.Context, id string, step int64) (bool, error) {
	if err := t.broken.check("TakeTOTPStep"); err != nil {
		return false, err
	}
	return t.broken.ifDone("TakeTOTPStep")(t.tx.TakeTOTPStep(ctx, id, step))
}

func (t brokenTx) InsertSession(ctx context.Context, s tenancy.Session) error {
	if err := t.broken.check("InsertSession"); err != nil {
		return err
	}
	return t.tx.InsertSession(ctx, s)
}

func (t brokenTx) TouchSession(ctx context.Context, id string, at time.Time) error {
	if err := t.broken.check("TouchSession"); err != nil {
		return err
	}
	return t.tx.TouchSession(ctx, id, at)
}

func (t brokenTx) EndSession(ctx context.Context, id string, at time.Time) (bool, error) {
	if err := t.broken.check("EndSession"); err != nil {
		return false, err
	}
	return t.broken.ifDone("EndSession")(t.tx.EndSession(ctx, id, at))
}

func (t brokenTx) RevokeToken(ctx context.Context, tokenID string, expiresAt time.Time) error {
	if err := t.broken.check("RevokeToken"); err != nil {
		return err
	}
	return t.tx.RevokeToken(ctx, tokenID, expiresAt)
}

func (t brokenTx) PruneSessions(ctx context.Context, before time.Time, limit int) error {
	if err := t.broken.check("PruneSessions"); err != nil {
		return err
	}
	return t.tx.PruneSessions(ctx, before, limit)
}

func (t brokenTx) LockAttempt(ctx context.Context, subject string) (tenancy.Attempt, error) {
	if err := t.broken.check("LockAttempt"); err != nil {
		return tenancy.Attempt{}, err
	}
	return t.tx.LockAttempt(ctx, subject)
}

func (t brokenTx) PutAttempt(ctx context.Context, a tenancy.Attempt) error {
	if err := t.broken.check("PutAttempt"); err != nil {
		return err
	}
	return t.tx.PutAttempt(ctx, a)
}

func (t brokenTx) PruneAttempts(ctx context.Context, before time.Time, limit int) error {
	if err := t.broken.check("PruneAttempts"); err != nil {
		return err
	}
	return t.tx.PruneAttempts(ctx, before, limit)
}

func (t brokenTx) LockAuditHead(ctx context.Context, id tenancy.OrganizationID) (int64, []byte, error) {
	if err := t.broken.check("LockAuditHead"); err != nil {
		return 0, nil, err
	}
	return t.tx.LockAuditHead(ctx, id)
}

func (t brokenTx) InsertAuditEvent(ctx context.Context, e tenancy.AuditEvent) error {
	if err := t.broken.check("InsertAuditEvent"); err != nil {
		return err
	}
	return t.tx.InsertAuditEvent(ctx, e)
}

func (r brokenReader) AuditHeads(ctx context.Context, after tenancy.OrganizationID,
	limit int) ([]tenancy.AuditHead, error) {
	if err := r.broken.check("AuditHeads"); err != nil {
		return nil, err
	}
	return r.Reader.AuditHeads(ctx, after, limit)
}

func (r brokenReader) Setting(ctx context.Context, name string) ([]byte, error) {
	if err := r.broken.check("Setting"); err != nil {
		return nil, err
	}
	return r.Reader.Setting(ctx, name)
}

func (t brokenTx) InsertSetting(ctx context.Context, name string, value []byte) error {
	if err := t.broken.check("InsertSetting"); err != nil {
		return err
	}
	return t.tx.InsertSetting(ctx, name, value)
}

func (r brokenReader) AuditPage(ctx context.Context, p tenancy.AuditRange) ([]tenancy.AuditEvent, error) {
	if err := r.broken.check("AuditPage"); err != nil {
		return nil, err
	}
	return r.Reader.AuditPage(ctx, p)
}

func (r brokenReader) OrganizationsWithoutAudit(ctx context.Context, after tenancy.OrganizationID,
	limit int) ([]tenancy.OrganizationID, error) {
	if err := r.broken.check("OrganizationsWithoutAudit"); err != nil {
		return nil, err
	}
	return r.Reader.OrganizationsWithoutAudit(ctx, after, limit)
}

func (r brokenReader) UnlistedAuditHeads(ctx context.Context, limit int) ([]tenancy.AuditHead, error) {
	if err := r.broken.check("UnlistedAuditHeads"); err != nil {
		return nil, err
	}
	return r.Reader.UnlistedAuditHeads(ctx, limit)
}

func (t brokenTx) SealAuditHead(ctx context.Context, h tenancy.AuditHead) (bool, error) {
	if err := t.broken.check("SealAuditHead"); err != nil {
		return false, err
	}
	return t.broken.ifDone("SealAuditHead")(t.tx.SealAuditHead(ctx, h))
}
