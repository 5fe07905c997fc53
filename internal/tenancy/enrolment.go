// SPDX-License-Identifier: Apache-2.0

package tenancy

import (
	"context"
	"errors"
	"net/netip"
	"slices"
	"time"

	"gatehouse/internal/problem"
	"gatehouse/internal/secret"
)

const (
	maxInstanceID = 128
	// repeatWindow is how long after an enrolment the same installation may ask again and
	// get a key for the same client: its first answer may have been lost. A clock that jumps
	// back does not make it longer.
	repeatWindow = 15 * time.Minute
	// refusedPerMinute is how many refused enrolments an address may have.
	refusedPerMinute = 60
)

// EnrolParams is what an installation says of itself.
type EnrolParams struct {
	AuthCode   string
	Name       string
	InstanceID string            // unique among the installations of its organization; it chooses it
	PublicKey  *secret.PublicKey // nil: it has none
	KeyPlace   KeyPlace          // where it will send its key
}

// Enrol makes a client with a code, and a key for it. The code and its count decide in the
// same transaction. The same code, instance id and public key again within 15 minutes, and
// before the client has logged in, are the same client with a new key in place of the
// former one, and cost no use.
//
// Every refusal by the code is the same Denied (enrolment_refused); Exhausted when the
// address had too many of them; Invalid for what the installation says of itself. The
// caller is anonymous. A client of an organization that approves enrolments waits: its
// State is ClientPending.
func (s *Service) Enrol(ctx context.Context, caller Caller, p EnrolParams) (IssuedClient, error) {
	if caller.Kind == "" {
		return IssuedClient{}, caller.RequireLogin()
	}
	var c Checker
	c.Required(FieldName, &p.Name, MaxName)
	c.Required(FieldInstanceID, &p.InstanceID, maxInstanceID)
	if err := c.Err(); err != nil {
		return IssuedClient{}, err
	}
	e := enrolment{params: p, caller: caller, key: secret.NewClientKey()}
	e.from, _ = netip.ParseAddr(caller.Origin.Address)
	code, err := s.presentedCode(ctx, p.AuthCode)
	if errors.Is(err, secret.ErrMalformed) { // no code has this text
		return IssuedClient{}, s.refuseEnrolment(caller)
	}
	if err != nil {
		return IssuedClient{}, err
	}
	e.code = code
	e.answer = s.core.answerTo(caller.Repeat, "auth-code "+code.text.Reveal(), s.core.Now())
	var issued IssuedClient
	// Those with the same code would wait for the lock of its organization.
	queue := string(s.core.keys.Digest(secret.ForAuthCode, code.text))
	if code.imported { // these wait for the lock of the count of guesses
		queue = s.guessSubject()
	}
	err = s.core.Change(InQueue(ctx, queue), caller, func(tx Tx) (err error) {
		issued, err = s.enrol(ctx, tx, e)
		return err
	})
	switch {
	case err != nil:
		return IssuedClient{}, err
	case issued.ID == "": // the refusal is in the ledger
		return IssuedClient{}, s.refuseEnrolment(caller)
	}
	return issued, nil
}

// refuseEnrolment returns the error of a refusal, or Exhausted to an address that had too
// many.
func (s *Service) refuseEnrolment(caller Caller) error {
	if err := s.refusals.Take(caller.Origin.Address, s.core.Now()); err != nil {
		return err
	}
	return problem.New(problem.Denied, problem.CodeEnrolmentRefused)
}

// EnrolmentState is what an enrolment is decided by.
type EnrolmentState struct {
	Organization Organization
	Code         AuthCode
	// Former is the newest that came in with the code under the instance id; zero if there is none.
	Former StoredClient
}

// enrolment is one attempt, with what is minted before the transaction.
type enrolment struct {
	params EnrolParams
	caller Caller
	at     time.Time // when the organization was locked: an attempt that waits does not stop the clock
	from   netip.Addr
	code   presented
	key    secret.Secret
	answer answer
}

// enrol is the transaction of Enrol. A refused attempt of a known code is noted and
// returns the zero IssuedClient without an error, so that the note is committed.
//
// Who has the code is the caller that may repeat a request: nobody else can. It gets the
// same answer while it can use that: see repeatAnswer.
func (s *Service) enrol(ctx context.Context, tx Tx, e enrolment) (IssuedClient, error) {
	guess, err := s.lockGuess(ctx, tx, e.code, s.core.Now())
	if err != nil {
		return IssuedClient{}, err
	}
	found, err := FindByDigest(s.core.keys, secret.ForAuthCode, e.code.text,
		func(digest []byte) (EnrolmentState, error) {
			return tx.LockEnrolment(ctx, digest, e.params.InstanceID)
		})
	known := !errors.Is(err, problem.NotFound)
	if err != nil && known {
		return IssuedClient{}, err
	}
	if err := guess.allows(known, found.Code.Weak); err != nil {
		return IssuedClient{}, err
	}
	var issued IssuedClient
	if known {
		if issued, err = s.enrolKnown(ctx, tx, e, found); err != nil {
			return IssuedClient{}, err
		}
	}
	if issued.ID == "" {
		return IssuedClient{}, guess.wrong(ctx, tx, known, found.Code.Weak)
	}
	return issued, nil
}

// enrolKnown is enrol for a code that there is.
func (s *Service) enrolKnown(ctx context.Context, tx Tx, e enrolment, found EnrolmentState) (IssuedClient,
	error) {
	repeated := true
	issued, err := once(ctx, s.core, tx, e.answer, func() (IssuedClient, bool, error) {
		repeated = false
		issued, err := s.enrolFound(ctx, tx, e, found)
		return issued, issued.ID != "", err
	})
	if err == nil && repeated {
		return s.repeatAnswer(ctx, tx, e, found, issued)
	}
	return issued, err
}

// repeatAnswer returns a former answer to an attempt with its Idempotency-Key from where the
// code may be used, while the organization is active, the client is not ended, and the key in
// the answer is the client's. Else the attempt is refused. Uses and expiry of the code do not
// matter: they let the client in before.
func (s *Service) repeatAnswer(ctx context.Context, tx Tx, e enrolment, found EnrolmentState,
	former IssuedClient) (IssuedClient, error) {
	e.at = s.core.Now()
	switch {
	case !found.Organization.Active():
		return IssuedClient{}, s.noteRefusal(ctx, tx, e, found.Code, RefusedOrganization)
	case !found.Code.Limits.allows(e.from):
		return IssuedClient{}, s.noteRefusal(ctx, tx, e, found.Code, RefusedSource)
	}
	c, err := tx.Client(ctx, former.ID)
	if err != nil {
		return IssuedClient{}, err
	}
	ended := c.State != ClientActive && c.State != ClientPending
	if ended || !s.core.keys.Recognises(secret.ForClientKey, c.KeyDigest, former.Key) {
		return IssuedClient{}, nil
	}
	return former, nil
}

// enrolFound decides about an attempt with a known code.
func (s *Service) enrolFound(ctx context.Context, tx Tx, e enrolment, found EnrolmentState) (IssuedClient,
	error) {
	e.at = s.core.Now()
	refusal := found.Organization.refusal(found.Code, e.at, e.from)
	if (refusal == "" || refusal == RefusedExhausted) && e.repeats(found.Former) {
		return s.repeatEnrolment(ctx, tx, e, found.Former)
	}
	if refusal == "" {
		issued, err := s.insertClient(ctx, tx, e, found.Organization, found.Code)
		if err != nil || issued.ID != "" {
			return issued, err
		}
		refusal = RefusedExhausted // another transaction changed the code since it was read
	}
	return IssuedClient{}, s.noteRefusal(ctx, tx, e, found.Code, refusal)
}

// repeats reports whether the attempt is the same installation's as the client's, soon
// after it enrolled. A client that has used its key did get its answer: who asks again is
// another that knows the code, and must not take its place.
func (e enrolment) repeats(c StoredClient) bool {
	return c.ID != "" && (c.State == ClientActive || c.State == ClientPending) && c.LastSeenAt.IsZero() &&
		c.Thumbprint == e.params.PublicKey.Thumbprint() &&
		e.at.Sub(c.CreatedAt).Abs() < repeatWindow
}

func (s *Service) repeatEnrolment(ctx context.Context, tx Tx, e enrolment, c StoredClient) (IssuedClient,
	error) {
	c.KeyDigest, c.UpdatedAt = s.core.keys.Digest(secret.ForClientKey, e.key), following(c.UpdatedAt, e.at)
	if err := tx.ReplaceClientKey(ctx, c); err != nil {
		return IssuedClient{}, err
	}
	if err := noteUse(ctx, tx, e.use(c.AuthCodeID, UseRepeated, "", c.ID)); err != nil {
		return IssuedClient{}, err
	}
	return s.issued(c, e, true), s.core.Record(ctx, tx, e.caller, e.at, Change{
		Organization: c.OrganizationID, Action: "client.enrol_again", Target: c.ID})
}

// insertClient lets a client in, or returns the zero IssuedClient if the code does not.
func (s *Service) insertClient(ctx context.Context, tx Tx, e enrolment, o Organization,
	code AuthCode) (IssuedClient, error) {
	c := Client{ID: NewRowID(), OrganizationID: o.ID, AuthCodeID: code.ID, Name: e.params.Name,
		InstanceID: e.params.InstanceID, Thumbprint: e.params.PublicKey.Thumbprint(),
		PublicKey: e.params.PublicKey.String(), KeyPlace: e.params.KeyPlace, Tags: slices.Clone(code.Tags),
		State: ClientActive, Address: e.caller.Origin.Address, CreatedAt: e.at, UpdatedAt: e.at}
	if o.Policy.ApproveEnrolments {
		c.State = ClientPending
	}
	stored := StoredClient{Client: c, KeyDigest: s.core.keys.Digest(secret.ForClientKey, e.key)}
	taken, err := tx.InsertClient(ctx, stored, e.use(code.ID, UseAccepted, "", c.ID))
	if err != nil || !taken {
		return IssuedClient{}, err
	}
	if err := foldSometimes(ctx, tx, code.ID); err != nil {
		return IssuedClient{}, err
	}
	return s.issued(stored, e, false), s.core.Record(ctx, tx, e.caller, e.at, Change{Organization: o.ID,
		Action: "client.enrol", Target: c.ID, Detail: map[string]string{"name": c.Name, "auth_code": code.ID}})
}

// issued returns a client with what is shown once.
func (s *Service) issued(c StoredClient, e enrolment, repeated bool) IssuedClient {
	return IssuedClient{c.Client, e.key, s.core.keys.RegistrationToken(c.ID, c.KeyDigest), repeated}
}

// noteRefusal puts a refused attempt into the ledger. The use of a canary is in the audit,
// too.
func (s *Service) noteRefusal(ctx context.Context, tx Tx, e enrolment, code AuthCode,
	refusal CodeRefusal) error {
	if err := noteUse(ctx, tx, e.use(code.ID, UseRefused, refusal, "")); err != nil {
		return err
	}
	if refusal != RefusedCanary {
		return nil
	}
	return s.alarm(ctx, tx, e.caller, e.at, code, map[string]string{"instance": e.params.InstanceID})
}

func (e enrolment) use(codeID string, outcome UseOutcome, refusal CodeRefusal, clientID string) CodeUse {
	return CodeUse{AuthCodeID: codeID, At: e.at, Outcome: outcome, Refusal: refusal,
		Address: e.caller.Origin.Address, InstanceID: e.params.InstanceID, ClientID: clientID}
}
