// SPDX-License-Identifier: Apache-2.0

package tenancy

import (
	"cmp"
	"slices"
	"time"

	"gatehouse/internal/problem"
)

// Permission is a thing a caller may do. Roles are lists of permissions.
type Permission string

// The permissions.
const (
	ReadOrganizations  Permission = "organizations:read"
	WriteOrganizations Permission = "organizations:write"
	IssueCodes         Permission = "codes:issue"
	ImportCodes        Permission = "codes:import" // codes whose texts another system made
	RevealCodes        Permission = "codes:reveal" // reading a code back needs more than organizations:read
	DisableCodes       Permission = "codes:disable"
	VerifyCodes        Permission = "codes:verify"
	ExplainCodes       Permission = "codes:explain" // to learn which rule refuses a code
	ReadClients        Permission = "clients:read"
	ManageClients      Permission = "clients:manage"
	IntrospectTokens   Permission = "tokens:introspect"
	ReadRequests       Permission = "requests:read"
	DecideRequests     Permission = "requests:decide"
	ReadApplications   Permission = "applications:read"
	ManageApplications Permission = "applications:manage"
	CreateExtensions   Permission = "extensions:create" // an id and a name, without a key
	ManageOperators    Permission = "operators:manage"
	ReadAudit          Permission = "audit:read"
)

// Role is a named set of permissions of an operator.
type Role string

// The roles of operators.
const (
	Administrator  Role = "administrator"
	AccountManager Role = "account-manager" // decides requests, reads organizations
	Auditor        Role = "auditor"         // reads, never a code
)

// Roles lists every role, the most powerful first.
func Roles() []Role { return []Role{Administrator, AccountManager, Auditor} }

// Permissions returns what an operator with the role may do.
func (r Role) Permissions() []Permission {
	switch r {
	case Administrator:
		return []Permission{ReadOrganizations, WriteOrganizations, IssueCodes, ImportCodes, RevealCodes,
			DisableCodes, VerifyCodes, ExplainCodes, ReadClients, ManageClients, IntrospectTokens, ReadRequests,
			DecideRequests, ReadApplications, ManageApplications, CreateExtensions, ManageOperators,
			ReadAudit}
	case AccountManager:
		return []Permission{ReadOrganizations, ReadClients, ReadRequests, DecideRequests}
	case Auditor:
		return []Permission{ReadOrganizations, ReadClients, ReadRequests, ReadApplications, ReadAudit}
	}
	return nil
}

// ApplicationPermissions returns what a registered application may do: what an
// integration needs. Only operators read codes back and manage applications. Renewing its
// own key needs no permission. An application may register an extension, since an
// extension cannot log in.
func ApplicationPermissions() []Permission {
	return []Permission{ReadOrganizations, WriteOrganizations, IssueCodes, DisableCodes, VerifyCodes,
		ReadClients, IntrospectTokens, ReadRequests, DecideRequests, ReadApplications, CreateExtensions}
}

// CallerKind is the sort of party that a Caller is.
type CallerKind string

// The kinds of callers.
const (
	AnonymousCaller   CallerKind = "anonymous"
	OperatorCaller    CallerKind = "operator"
	ApplicationCaller CallerKind = "application"
	ClientCaller      CallerKind = "client"
	SystemCaller      CallerKind = "system" // the server itself: first start, the command line
)

// Origin says where a request came from. Doors fill it in.
type Origin struct {
	Address   string // the client's IP address
	RequestID string
}

// Caller is the party that sent a request. Every use case takes one and decides by it.
// The zero Caller is nobody: every use case refuses it as Unauthenticated.
type Caller struct {
	Kind         CallerKind
	ID           string         // operator id or application id
	Number       OperatorNumber // of an operator
	Name         string         // for people and the audit: user name, application name
	Organization OrganizationID
	Origin       Origin
	Token        TokenInfo // the access token this caller came with, if any
	Repeat       *Repeat   // how the caller named this request; nil: it may not be repeated
	// Limited is set by ActFor: Organization is not the caller's own.
	Limited     bool
	permissions []Permission
	read        Moment
	shards      [4]uint16
}

// TokenInfo describes the access token, session or operator token a caller presented.
type TokenInfo struct {
	ID         string
	Audience   string
	IssuedAt   time.Time // of a signed token
	ExpiresAt  time.Time
	LoggedInAt time.Time // time of the log-in, which refreshed tokens keep
	KeyID      string    // the application key that it was issued for
	Family     string    // id of the first token of the log-in, if this one was refreshed from it
	Generation int64     // of an operator's log-ins: see Operator.LoginGeneration
	Kind       TokenKind
	Scope      Scope // of an operator token
	// OperatorToken is the operator token's number; 0 with other credentials.
	OperatorToken OperatorTokenID
}

// Login returns the id that all tokens of one log-in share: that of the first one.
func (t TokenInfo) Login() string { return cmp.Or(t.Family, t.ID) }

// TokenKind is the sort of credential that a caller presented.
type TokenKind int

// The kinds of credentials.
const (
	SignedToken    TokenKind = iota
	SessionToken             // a Session
	LongLivedToken           // an OperatorToken
)

// Anonymous returns the caller of a request that shows no credential.
func Anonymous(origin Origin) Caller { return Caller{Kind: AnonymousCaller, Origin: origin} }

// System returns the server itself as a caller, with every permission. Only the entry
// (cmd/gatehouse) and tests call it.
func System(requestID string) Caller {
	return Caller{Kind: SystemCaller, ID: "system", Name: "system", Origin: Origin{RequestID: requestID},
		permissions: Administrator.Permissions()}
}

// Ref returns the caller as stored rows and logs have it: "operator:<id>".
func (c Caller) Ref() string { return string(c.Kind) + ":" + c.ID }

// Grant returns the caller with these permissions and no others. Only package identity
// calls it: a floors test holds that.
func (c Caller) Grant(permissions ...Permission) Caller {
	c.permissions = permissions
	return c
}

// From returns the caller with the origin of this request.
func (c Caller) From(origin Origin) Caller {
	c.Origin = origin
	return c
}

// May reports whether the caller has the permission, in its own organization at least.
func (c Caller) May(p Permission) bool { return slices.Contains(c.permissions, p) }

// Require refuses callers without the permission: Unauthenticated when nobody
// is logged in, else Denied.
func (c Caller) Require(p Permission) error {
	if err := c.RequireLogin(); err != nil {
		return err
	}
	if !c.May(p) {
		return problem.New(problem.Denied, problem.CodePermissionMissing, p, c.Kind)
	}
	return nil
}

// RequireRoot is Require, and also refuses a caller that is bound to one organization:
// Denied.
func (c Caller) RequireRoot(p Permission) error {
	if err := c.Require(p); err != nil {
		return err
	}
	if c.Organization != RootID {
		return problem.New(problem.Denied, problem.CodeRootRequired)
	}
	return nil
}

// requireKind refuses callers of a kind that is not in the list: Denied. In an empty list
// are all kinds.
func (c Caller) requireKind(kinds []CallerKind) error {
	if len(kinds) > 0 && !slices.Contains(kinds, c.Kind) {
		return problem.New(problem.Denied, problem.CodeCallerKind, c.Kind)
	}
	return nil
}

// RequireLogin refuses callers who are not logged in: Unauthenticated.
func (c Caller) RequireLogin() error {
	switch c.Kind {
	case OperatorCaller, ApplicationCaller, ClientCaller, SystemCaller:
		return nil
	}
	return problem.New(problem.Unauthenticated, problem.CodeLoginRequired)
}

// Reaches reports whether things of this organization exist for the caller.
// A caller of the root reaches all, any other only its own.
func (c Caller) Reaches(id OrganizationID) bool {
	return c.Organization == RootID || c.Organization == id
}
