// SPDX-License-Identifier: Apache-2.0

package tenancy

import (
	"context"
	"time"

	"gatehouse/internal/filter"
)

// Store keeps everything. Two engines implement it; internal/storetest says,
// as a suite, what they must do alike.
//
// Engines return *Error: NotFound when a row is not there, Conflict when a
// uniqueness rule refuses, Unavailable when trying again may help, Internal
// otherwise. They hold no rule beyond that. Times are kept to the millisecond.
type Store interface {
	// Update runs fn in one transaction and commits durably before it returns.
	// When fn returns an error nothing of it stays, and that error comes back.
	// fn may run more than once and must touch nothing but tx: mint secrets
	// and read clocks before, and start no other Update or View within. After a
	// NotFound or Conflict fn may go on; after any other error of tx the
	// transaction is lost and Update fails, whatever fn returns. Unavailable may
	// mean that it was committed and the answer was lost.
	Update(ctx context.Context, fn func(tx Tx) error) error

	// View runs fn on one consistent state, never waiting for Updates.
	View(ctx context.Context, fn func(tx Reader) error) error

	// Read is View for a single question: each call of a method sees one
	// committed state, but two calls may see two. It costs less than View.
	Read(ctx context.Context, fn func(tx Reader) error) error

	// ChangesElsewhere returns a number that is another one after another process has
	// changed the database; within an Update, all changes before it are counted. Known is
	// false if the engine does not know of them.
	ChangesElsewhere() (n uint64, known bool)

	// Ready reports whether the database answers and has the schema this program
	// expects. It is cheap enough for a health check.
	Ready(ctx context.Context) error

	// Close waits for running work and lets go of the database.
	Close() error
}

// Reader is what a View may do.
type Reader interface {
	OrganizationReader
	RequestReader
	NameReader
	AuthCodeReader
	CodeUseReader
	ClientReader
	ApplicationReader
	OperatorReader
	SessionReader
	OperatorTokenReader
	AuditReader
	SettingReader
	MasterKeyReader
}

// Tx is what an Update may do. Methods named Lock… read a row and keep others
// from changing it until the transaction ends.
type Tx interface {
	Reader
	OrganizationWriter
	RequestWriter
	ContactWriter
	AuthCodeWriter
	CodeUseWriter
	ClientWriter
	ApplicationWriter
	OperatorWriter
	SessionWriter
	OperatorTokenWriter
	AttemptWriter
	AnswerWriter
	AuditWriter
	SettingWriter
	MasterKeyWriter
}

// ListParams asks for one page. Filter and Sort speak in the Property names
// this package defines; nil and empty mean all, and newest first. The order is
// always total: engines add the id as the last key, in the direction of the key
// before it. Absent text is the empty one: it equals no literal but null.
type ListParams struct {
	Scope  OrganizationID // RootID: of all organizations
	Filter filter.Node
	Sort   []filter.Sort
	Limit  int // 0: count only
	Offset int
}

// OrganizationReader reads organizations.
type OrganizationReader interface {
	// Organization returns one, the root included, in whatever state.
	Organization(ctx context.Context, id OrganizationID) (Organization, error)
	// Organizations returns a page of the members (active and inactive, never
	// the root, applicants, rejected or deleted ones) and how many match in all.
	Organizations(ctx context.Context, params ListParams) ([]Organization, int, error)
	// OrganizationsAfter returns the same list from a position on.
	OrganizationsAfter(ctx context.Context, params PageParams) (Page[Organization], error)
}

// OrganizationWriter changes organizations.
type OrganizationWriter interface {
	LockOrganization(ctx context.Context, id OrganizationID) (Organization, error)
	// InsertOrganization stores a new one and, unless it has one, sets its ID: greater
	// than every ID that was given or chosen before. Conflict (organization_name_taken)
	// when a member has the folded name already, (organization_id_taken) when there is
	// or was an organization with the ID.
	InsertOrganization(ctx context.Context, o *Organization) error
	// UpdateOrganization stores all fields but ID and CreatedAt. NotFound, Conflict of the name as above.
	UpdateOrganization(ctx context.Context, o Organization) error
	// DeleteOrganization sets the state to deleted, stores the time, and removes the contact
	// persons. What belongs to the organization stays as it is. NotFound.
	DeleteOrganization(ctx context.Context, id OrganizationID, at time.Time) error
}

// RequestReader reads requests and their contacts.
type RequestReader interface {
	Request(ctx context.Context, id RequestID) (Request, error)
	Requests(ctx context.Context, params ListParams) ([]Request, int, error)
	// RequestsAfter returns the same list from a position on.
	RequestsAfter(ctx context.Context, params PageParams) (Page[Request], error)
	Contact(ctx context.Context, id ContactID) (Contact, error)
}

// NameReader finds names that look alike.
type NameReader interface {
	// SimilarNames returns names with the same filter.Likeness as those of organizations and
	// requests in whatever state, by the ids of these in the order that they are named, and then
	// by their own ids: the members first. It leaves out what belongs to the same organization.
	SimilarNames(ctx context.Context, q SimilarNames) ([]SimilarName, error)
}

// RequestWriter changes requests.
type RequestWriter interface {
	LockRequest(ctx context.Context, id RequestID) (Request, error)
	// InsertRequest sets the new ID.
	InsertRequest(ctx context.Context, r *Request) error
	// UpdateRequest stores name, status, requester's comments, related organization,
	// email and the time of the change of an undecided request in one conditional
	// UPDATE and reports whether it did. Not there and already decided are both false.
	UpdateRequest(ctx context.Context, r Request) (bool, error)
	// LockApplicant locks a request and its organization. NotFound.
	LockApplicant(ctx context.Context, id RequestID) (Request, Organization, error)
	// DecideRequest sets status, approver's comments, times and decider of an
	// undecided request in one conditional UPDATE, stores its organization as
	// UpdateOrganization does and whether its contact is active, and reports whether
	// this call decided. False means that the request is not there or is decided
	// already. With false or an error nothing is changed. Conflict of the name as for
	// UpdateOrganization.
	DecideRequest(ctx context.Context, r Request, o Organization, contactActive bool) (bool, error)
	// DeleteRequest removes the row. NotFound.
	DeleteRequest(ctx context.Context, id RequestID) error
}

// ContactWriter changes the contacts of requests.
type ContactWriter interface {
	// InsertContact sets the new ID.
	InsertContact(ctx context.Context, c *Contact) error
	// UpdateContact stores names, email and properties. NotFound.
	UpdateContact(ctx context.Context, c Contact) error
	// DeleteContact removes the row unless a request names it, and reports whether it
	// did. Not there is false.
	DeleteContact(ctx context.Context, id ContactID) (bool, error)
	// DeactivateContacts makes all contacts of an organization inactive.
	DeactivateContacts(ctx context.Context, id OrganizationID) error
}

// AuthCodeReader reads codes.
type AuthCodeReader interface {
	// PrimaryAuthCode returns the living primary code of an organization, NotFound when there is none.
	PrimaryAuthCode(ctx context.Context, id OrganizationID) (StoredAuthCode, error)
	// AuthCodeByDigest finds a code, living or ended, by the keyed digest of its text.
	AuthCodeByDigest(ctx context.Context, digest []byte) (StoredAuthCode, error)
	// AuthCode returns a code, living or ended, by its id. NotFound.
	AuthCode(ctx context.Context, id string) (StoredAuthCode, error)
	// HasImportedAuthCodes reports whether there is a code, living or ended, that was imported.
	HasImportedAuthCodes(ctx context.Context) (bool, error)
	// AuthCodes returns a page of the codes of an organization.
	AuthCodes(ctx context.Context, id OrganizationID, p IDOrder) (IDPage[AuthCode], error)
}

// AuthCodeWriter changes codes.
type AuthCodeWriter interface {
	// InsertAuthCode stores a new code. Conflict (auth_code_exists) when the id or the digest
	// exists, or when the organization has a living primary code and this is another.
	InsertAuthCode(ctx context.Context, c StoredAuthCode) error
	// ReplacePrimaryAuthCode ends the living primary code of the new code's organization, if
	// any, as EndPrimaryAuthCode does at the new one's CreatedAt, and inserts the new code as
	// InsertAuthCode does. It returns the id of the ended one.
	ReplacePrimaryAuthCode(ctx context.Context, c StoredAuthCode, reason EndReason) (string, error)
	// EndPrimaryAuthCode ends the living primary code, if any, at the time and
	// with the reason, forgets its sealed text, and returns its id; "" if there was none.
	EndPrimaryAuthCode(ctx context.Context, id OrganizationID, at time.Time, reason EndReason) (string, error)
	// EndAuthCodes ends all living codes of an organization, and forgets their sealed texts.
	EndAuthCodes(ctx context.Context, id OrganizationID, at time.Time, reason EndReason) error
	// UpdateAuthCode stores all fields but ID, OrganizationID, Canary, CreatedAt, CreatedBy,
	// Uses and LastUsedAt, and forgets the sealed text of one that is ended. NotFound.
	UpdateAuthCode(ctx context.Context, c AuthCode) error
	// ForgetAuthCodes forgets the sealed texts of all codes of an organization.
	ForgetAuthCodes(ctx context.Context, id OrganizationID) error
}

// CodeUseReader reads the ledgers of codes.
type CodeUseReader interface {
	// CodeUses returns lines of a code's ledger, the newest first: those with a smaller ID
	// than before, or from the newest on for 0.
	CodeUses(ctx context.Context, codeID string, before int64, limit int) ([]CodeUse, error)
	// DailyUses returns the folded counts of a code, the newest day first.
	DailyUses(ctx context.Context, codeID string) ([]DailyUses, error)
}

// CodeUseWriter counts the uses of codes.
type CodeUseWriter interface {
	// LockEnrolment finds a code by the keyed digest of its text, locks its organization, and
	// returns what an enrolment is decided by, as it is under the lock. NotFound.
	LockEnrolment(ctx context.Context, digest []byte, instanceID string) (EnrolmentState, error)
	// InsertCodeUse stores a line and returns its new ID, which is greater than all before.
	InsertCodeUse(ctx context.Context, u CodeUse) (id int64, err error)
	// FoldCodeUses counts all lines but the newest in their days, and removes them.
	FoldCodeUses(ctx context.Context, codeID string, keep int) error
}

// ClientReader reads clients.
type ClientReader interface {
	// Client returns a client in whatever state. NotFound.
	Client(ctx context.Context, id string) (StoredClient, error)
	// Clients returns a page.
	Clients(ctx context.Context, p ClientList) (IDPage[Client], error)
}

// ClientWriter changes clients.
type ClientWriter interface {
	LockClient(ctx context.Context, id string) (StoredClient, error)
	// InsertClient counts the use of a code that is living, no canary, not switched off,
	// within its overlap, not expired and not used up at the time of the use, stores the new
	// client that it lets in and the line of the ledger, and reports whether it did: one
	// conditional UPDATE decides. With false nothing is changed.
	InsertClient(ctx context.Context, c StoredClient, use CodeUse) (bool, error)
	// UpdateClient stores name, tags, state, UpdatedAt and DecidedBy. NotFound.
	UpdateClient(ctx context.Context, c Client) error
	// ReplaceClientKey stores KeyDigest and UpdatedAt. NotFound.
	ReplaceClientKey(ctx context.Context, c StoredClient) error
	// TouchClient stores when a client was last seen, unless it was seen later. Without such
	// a client it does nothing.
	TouchClient(ctx context.Context, id string, at time.Time) error
	// EndClients revokes all clients of an organization.
	EndClients(ctx context.Context, id OrganizationID, at time.Time) error
}

// ApplicationReader reads applications.
type ApplicationReader interface {
	Application(ctx context.Context, id string) (StoredApplication, error)
	// Applications returns those of a type ("" for all), oldest first, ties by id.
	Applications(ctx context.Context, scope OrganizationID, kind ApplicationType) ([]Application, error)
	// ApplicationPage returns a part of the list.
	ApplicationPage(ctx context.Context, r ApplicationRange) ([]Application, error)
}

// ApplicationWriter changes applications.
type ApplicationWriter interface {
	LockApplication(ctx context.Context, id string) (StoredApplication, error)
	// InsertApplication: Conflict (application_exists) when the id exists.
	InsertApplication(ctx context.Context, a StoredApplication) error
	// UpdateApplication stores name, UpdatedAt, both keys and their digests. NotFound.
	UpdateApplication(ctx context.Context, a StoredApplication) error
	// TouchApplicationKey stores when one of the two keys was last used, unless it was used
	// later. Without such a key it does nothing.
	TouchApplicationKey(ctx context.Context, id, keyID string, at time.Time) error
	DeleteApplication(ctx context.Context, id string) error
	// EndApplicationKeys takes both keys from all applications of an organization.
	EndApplicationKeys(ctx context.Context, id OrganizationID, at time.Time) error
	// DeleteApplications removes all applications of an organization.
	DeleteApplications(ctx context.Context, id OrganizationID) error
}

// OperatorReader reads operators.
type OperatorReader interface {
	Operator(ctx context.Context, id string) (StoredOperator, error)
	// OperatorByUsername looks the folded name up.
	OperatorByUsername(ctx context.Context, username string) (StoredOperator, error)
	OperatorByNumber(ctx context.Context, number OperatorNumber) (StoredOperator, error)
	// Operators returns a page of those whose organization is a member or the
	// root and who are not deleted, and how many match in all.
	Operators(ctx context.Context, params ListParams) ([]ListedOperator, int, error)
	// CountOperators counts all.
	CountOperators(ctx context.Context) (int, error)
}

// OperatorWriter changes operators.
type OperatorWriter interface {
	LockOperator(ctx context.Context, id string) (StoredOperator, error)
	// InsertOperator stores a new one and sets its Number. Conflict
	// (username_taken) when the folded name or the id exists.
	InsertOperator(ctx context.Context, o *StoredOperator) error
	// LockOperators returns the ids of the active operators of an organization that have a
	// role, in order, all locked.
	LockOperators(ctx context.Context, id OrganizationID, role Role) ([]string, error)
	// DeleteOperator makes an operator inactive and stores when it was deleted. It loses
	// name, password and second factor, and OperatorByUsername and Operators no longer find
	// it. NotFound, also if it was deleted before.
	DeleteOperator(ctx context.Context, id string, at time.Time) error
	// UpdateOperator stores all fields but ID, Number, Username, TOTPStep, CreatedAt and
	// DeletedAt; with another sealed secret the last step used is forgotten. NotFound.
	UpdateOperator(ctx context.Context, o StoredOperator) error
	// TakeTOTPStep remembers that the one-time code of this step was used, if no later or
	// equal one was, and reports whether this call was the one: one conditional UPDATE.
	TakeTOTPStep(ctx context.Context, id string, step int64) (bool, error)
	// EndLogins counts the generation of all operators of an organization up, and ends their
	// sessions and operator tokens.
	EndLogins(ctx context.Context, id OrganizationID, at time.Time) error
	// EndOperators makes all operators of an organization inactive. They lose name, password
	// and second factor, and OperatorByUsername no longer finds them.
	EndOperators(ctx context.Context, id OrganizationID) error
}

// SessionReader reads sessions and revoked access tokens.
type SessionReader interface {
	SessionByDigest(ctx context.Context, digest []byte) (Session, error)
	// SessionsOf returns at most limit sessions of an operator that were not ended, the last used first.
	// Some may have expired.
	SessionsOf(ctx context.Context, operatorID string, limit int) ([]Session, error)
	TokenRevoked(ctx context.Context, tokenID string) (bool, error)
	// Login returns what a log-in is judged by, in one look-up. NotFound if there is no such owner.
	Login(ctx context.Context, ref LoginRef) (Login, error)
	// ClientKey returns what the key of a client is judged by, in one look-up. NotFound if
	// there is no such client.
	ClientKey(ctx context.Context, id string) (ClientKey, error)
}

// SessionWriter changes sessions and revokes access tokens.
type SessionWriter interface {
	// InsertSession: Conflict (session_exists) when id or digest exist.
	InsertSession(ctx context.Context, s Session) error
	// TouchSession moves the last use of a living session forward, never back. Not there or ended: no error.
	TouchSession(ctx context.Context, id string, at time.Time) error
	// EndSession ends a living session and reports whether this call did.
	EndSession(ctx context.Context, id string, at time.Time) (bool, error)
	// EndSessionsOf ends all living sessions of an operator.
	EndSessionsOf(ctx context.Context, operatorID string, at time.Time) error
	// EndSessions ends all living sessions of an organization's operators.
	EndSessions(ctx context.Context, id OrganizationID, at time.Time) error
	// RevokeToken remembers the token as revoked until it expires by itself. May run twice.
	RevokeToken(ctx context.Context, tokenID string, expiresAt time.Time) error
	// PruneSessions removes at most limit revocations of tokens expired before, and as many
	// sessions last used before: housekeeping only, nothing is decided by it.
	PruneSessions(ctx context.Context, before time.Time, limit int) error
}

// OperatorTokenReader reads operator tokens.
type OperatorTokenReader interface {
	// OperatorTokens returns an operator's living ones, oldest first.
	OperatorTokens(ctx context.Context, operatorID string) ([]OperatorToken, error)
	// OperatorTokenByDigest finds one, living or ended, by the keyed digest of its current access text.
	OperatorTokenByDigest(ctx context.Context, accessDigest []byte) (StoredOperatorToken, error)
	// SpentRefreshToken returns the operator token that a renewing text was spent of, by its keyed digest.
	SpentRefreshToken(ctx context.Context, refreshDigest []byte) (OperatorTokenID, error)
}

// OperatorTokenWriter changes operator tokens.
type OperatorTokenWriter interface {
	// LockOperatorToken returns one, living or ended.
	LockOperatorToken(ctx context.Context, id OperatorTokenID) (StoredOperatorToken, error)
	// InsertOperatorToken stores a new one and sets its ID. Conflict
	// (operator_token_name_taken) when a living one of the operator has the folded
	// name, and when a digest exists.
	InsertOperatorToken(ctx context.Context, t *StoredOperatorToken) error
	// UpdateOperatorToken stores name, scope, ends and life of a living one. NotFound, Conflict as above.
	UpdateOperatorToken(ctx context.Context, t OperatorToken) error
	// RenewOperatorToken returns a living one the digests and ExpiresAt of next, if
	// its digests are those of old, remembers the renewing text of old as spent,
	// and reports whether this call did: one conditional UPDATE decides.
	RenewOperatorToken(ctx context.Context, next, old StoredOperatorToken, at time.Time) (bool, error)
	// EndOperatorToken ends a living one and reports whether this call did.
	EndOperatorToken(ctx context.Context, id OperatorTokenID, at time.Time, reason TokenEndReason) (bool, error)
	// EndTokensOf ends all living ones of an operator.
	EndTokensOf(ctx context.Context, operatorID string, at time.Time, reason TokenEndReason) error
	// EndOperatorTokens ends all living ones of an organization's operators.
	EndOperatorTokens(ctx context.Context, id OrganizationID, at time.Time, reason TokenEndReason) error
	// PruneOperatorTokens removes at most limit of those that ended before, and as many that
	// could be renewed until before, with what was spent of them: housekeeping only.
	PruneOperatorTokens(ctx context.Context, before time.Time, limit int) error
}

// AttemptWriter counts failed guesses, per subject (a source address, a user name).
type AttemptWriter interface {
	// LockAttempt returns the count of a subject, zero when new, locked against others.
	LockAttempt(ctx context.Context, subject string) (Attempt, error)
	// PutAttempt stores it.
	PutAttempt(ctx context.Context, a Attempt) error
	// PruneAttempts removes at most limit counts not touched since before.
	PruneAttempts(ctx context.Context, before time.Time, limit int) error
}

// AnswerWriter keeps the answers of requests that may be repeated.
type AnswerWriter interface {
	// LockAnswer returns the answer with the digest, zero when there is none, locked against others.
	LockAnswer(ctx context.Context, digest []byte) (StoredAnswer, error)
	// PutAnswer stores the answer with a digest that this transaction has locked.
	PutAnswer(ctx context.Context, a StoredAnswer) error
	// DeleteAnswer removes it, if there is one.
	DeleteAnswer(ctx context.Context, digest []byte) error
	// PruneAnswers removes at most limit answers that were made before.
	PruneAnswers(ctx context.Context, before time.Time, limit int) error
}

// AuditReader reads the audit.
type AuditReader interface {
	// AuditEvents returns events of one organization's chain after a sequence number, in order.
	AuditEvents(ctx context.Context, id OrganizationID, after int64, limit int) ([]AuditEvent, error)
	// AuditHeads returns the ends of the chains of organizations with greater ids, by id.
	AuditHeads(ctx context.Context, after OrganizationID, limit int) ([]AuditHead, error)
	// AuditPage returns events of one chain or of all.
	AuditPage(ctx context.Context, r AuditRange) ([]AuditEvent, error)
	// OrganizationsWithoutAudit returns greater ids of organizations whose chain has no end, in
	// whatever state they are, by id.
	OrganizationsWithoutAudit(ctx context.Context, after OrganizationID, limit int) ([]OrganizationID, error)
	// UnlistedAuditHeads returns ends of chains that SealAuditHead was never called for, by id.
	UnlistedAuditHeads(ctx context.Context, limit int) ([]AuditHead, error)
}

// AuditWriter appends to the audit.
type AuditWriter interface {
	// LockAuditHead returns the last sequence number and hash of an organization's
	// chain, zero and nil at its start, locked against other appenders.
	LockAuditHead(ctx context.Context, id OrganizationID) (seq int64, hash []byte, err error)
	// InsertAuditEvent stores the event and moves the head to it. Conflict
	// (audit_event_exists) when it is not the next of its chain.
	InsertAuditEvent(ctx context.Context, e AuditEvent) error
	// SealAuditHead stores the seal of an end that has this number still, and that the chain
	// is listed, and reports whether it did: not if it was listed before.
	SealAuditHead(ctx context.Context, h AuditHead) (bool, error)
}

// SettingReader reads the few facts a database knows about itself.
type SettingReader interface {
	// Setting: NotFound.
	Setting(ctx context.Context, name string) ([]byte, error)
}

// SettingWriter writes them.
type SettingWriter interface {
	// InsertSetting: Conflict (setting_exists) when the name exists.
	InsertSetting(ctx context.Context, name string, value []byte) error
}

// MasterKeyReader reads the master keys of a database that has had more than one, and what is
// sealed under them.
type MasterKeyReader interface {
	// MasterKeys returns all, the oldest first; none if the database has had one key only.
	MasterKeys(ctx context.Context) ([]StoredMasterKey, error)
	// ActiveMasterKeyID returns the id of the active one. It reads every schema that has master keys.
	// NotFound.
	ActiveMasterKeyID(ctx context.Context) (string, error)
	// SealedValues returns values that are there, of rows after one, by id.
	SealedValues(ctx context.Context, c SealedColumn, after *SealedValue, limit int) ([]SealedValue, error)
	// CountSecrets counts rows with secrets of a kind. Where a row does not say when its secret was
	// made, it counts if the secret may be of that time.
	CountSecrets(ctx context.Context, kind SecretKind, r SecretRange) (int64, error)
}

// MasterKeyWriter changes them.
type MasterKeyWriter interface {
	// InsertMasterKey: Conflict (setting_exists) when the id exists, or when another key is
	// next or active and this one is to be.
	InsertMasterKey(ctx context.Context, k StoredMasterKey) error
	// UpdateMasterKey stores all fields but ID. NotFound.
	UpdateMasterKey(ctx context.Context, k StoredMasterKey) error
	// ReplaceSealed stores another sealed value, and for a code the digest, if the old value is
	// still there, and reports whether it was.
	ReplaceSealed(ctx context.Context, c SealedColumn, old, v SealedValue) (bool, error)
}
