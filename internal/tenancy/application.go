// SPDX-License-Identifier: Apache-2.0

package tenancy

import (
	"context"
	"strings"
	"time"

	"github.com/google/uuid"

	"gatehouse/internal/problem"
	"gatehouse/internal/secret"
)

// ApplicationType says what a registered program is.
type ApplicationType string

// The types.
const (
	TypeApplication ApplicationType = "application" // has a key and logs in
	TypeExtension   ApplicationType = "extension"   // an id only
)

// Known tells whether it is one of the types.
func (t ApplicationType) Known() bool { return t == TypeApplication || t == TypeExtension }

// Application is a registered program.
type Application struct {
	ID             string // UUID
	OrganizationID OrganizationID
	Name           string
	Type           ApplicationType
	LifetimeDays   int // of a key; UnlimitedLifetime: it never expires; 0: it cannot log in
	CreatedAt      time.Time
	CreatedBy      string
	Key            ApplicationKey // zero for extensions
}

// CreatorID is the id of the operator or application that made this one.
func (a Application) CreatorID() string {
	_, id, _ := strings.Cut(a.CreatedBy, ":")
	return id
}

// UnlimitedLifetime as Application.LifetimeDays: the key never expires.
const UnlimitedLifetime = -1

// ApplicationKey describes an application's current key, without its text.
type ApplicationKey struct {
	ID        string // the key's jti
	IssuedAt  time.Time
	ExpiresAt time.Time // zero: never
}

// StoredApplication is an application as engines keep it: the digest is all
// that is needed to recognise the key.
type StoredApplication struct {
	Application
	KeyDigest []byte // nil for extensions
}

const maxLifetimeDays = 365

// IssuedApplication is an application with its new key, shown this once. The
// key of an extension is empty.
type IssuedApplication struct {
	Application
	KeyText secret.Secret
}

// CreateApplicationParams describes a new application. LifetimeDays is of its
// keys: nil or UnlimitedLifetime never expire, 0 cannot log in, above 365 is 365.
type CreateApplicationParams struct {
	Name         string
	Type         ApplicationType
	LifetimeDays *int
}

// CreateApplication registers a program and gives its first key. For callers of
// the root with applications:manage. Invalid.
func (s *Service) CreateApplication(ctx context.Context, caller Caller, p CreateApplicationParams) (IssuedApplication, error) {
	if err := caller.requireRoot(ManageApplications); err != nil {
		return IssuedApplication{}, err
	}
	return s.createApplication(ctx, caller, p)
}

// CreateExtension registers an extension: an id and a name, without a key. For
// callers of the root with extensions:create, applications among them. Invalid.
// Twice makes two.
func (s *Service) CreateExtension(ctx context.Context, caller Caller, name string) (Application, error) {
	if err := caller.requireRoot(CreateExtensions); err != nil {
		return Application{}, err
	}
	issued, err := s.createApplication(ctx, caller, CreateApplicationParams{Name: name, Type: TypeExtension})
	return issued.Application, err
}

func (s *Service) createApplication(ctx context.Context, caller Caller, p CreateApplicationParams) (IssuedApplication, error) {
	var c checker
	c.required("name", &p.Name, maxName)
	if !p.Type.Known() {
		c.add("type", "type must be application or extension.")
	}
	lifetime := UnlimitedLifetime
	if p.LifetimeDays != nil {
		lifetime = min(*p.LifetimeDays, maxLifetimeDays)
	}
	if lifetime < UnlimitedLifetime {
		c.add("lifetimeDays", "lifetimeDays must be a number of days, or -1 for no end.")
	}
	if err := c.err(); err != nil {
		return IssuedApplication{}, err
	}
	now := s.now()
	stored := StoredApplication{Application: Application{ID: uuid.NewString(), OrganizationID: RootID, Name: p.Name, Type: p.Type,
		LifetimeDays: lifetime, CreatedAt: now, CreatedBy: caller.Ref()}}
	var text secret.Secret
	if p.Type == TypeApplication {
		var err error
		if text, err = s.mintKey(&stored, now); err != nil {
			return IssuedApplication{}, err
		}
	}
	err := s.update(ctx, func(tx Tx) error {
		if err := tx.InsertApplication(ctx, stored); err != nil {
			return err
		}
		return s.record(ctx, tx, caller, now, change{stored.OrganizationID, "application.create", stored.ID,
			map[string]string{"name": stored.Name, "type": string(stored.Type)}})
	})
	if err != nil {
		return IssuedApplication{}, err
	}
	return IssuedApplication{stored.Application, text}, nil
}

// mintKey gives the application a new key and returns its text. JWTs count in
// seconds, so the key's times are cut to them.
func (s *Service) mintKey(a *StoredApplication, now time.Time) (secret.Secret, error) {
	key := ApplicationKey{ID: secret.NewID(), IssuedAt: now.Truncate(time.Second)}
	if a.LifetimeDays != UnlimitedLifetime {
		key.ExpiresAt = key.IssuedAt.AddDate(0, 0, a.LifetimeDays)
	}
	text, err := s.keys.SignKey(secret.KeyClaims{Issuer: s.keyIssuer, ApplicationID: a.ID, ID: key.ID,
		IssuedAt: key.IssuedAt, ExpiresAt: key.ExpiresAt})
	if err != nil {
		return secret.Secret{}, problem.As(err)
	}
	a.Key, a.KeyDigest = key, s.keys.Digest(secret.ForApplicationKey, text)
	return text, nil
}

// RenewApplicationKey makes a new key; the former one stops at once. Access
// tokens got with the former key live out their few minutes, but cannot be
// refreshed. An application may renew its own key; other callers need to be of
// the root with applications:manage. NotFound; Invalid for an extension. Twice
// gives two keys, of which the second holds; an application can do so with a
// token of its current key only, so twice with one token is Unauthenticated.
func (s *Service) RenewApplicationKey(ctx context.Context, caller Caller, id string) (secret.Secret, error) {
	if caller.Kind != ApplicationCaller || caller.ID != id {
		if err := caller.requireRoot(ManageApplications); err != nil {
			return secret.Secret{}, err
		}
	}
	if err := checkApplicationID(id); err != nil {
		return secret.Secret{}, err
	}
	now := s.now()
	var text secret.Secret
	err := s.update(ctx, func(tx Tx) error {
		a, err := tx.LockApplication(ctx, id)
		if err != nil {
			return err
		}
		if a.Type != TypeApplication {
			return problem.New(problem.Invalid, "no_key", "An extension has no key.")
		}
		if caller.Kind == ApplicationCaller && a.Key.ID != caller.Token.KeyID {
			return badToken() // got with a former key, which may be in the wrong hands
		}
		// Signed in here because the key's life is the application's; a second
		// run of this function makes another key, and only the stored one leaves.
		if text, err = s.mintKey(&a, now); err != nil {
			return err
		}
		if err := tx.UpdateApplication(ctx, a); err != nil {
			return err
		}
		return s.record(ctx, tx, caller, now, change{a.OrganizationID, "application.renew_key", id, nil})
	})
	if err != nil {
		return secret.Secret{}, err
	}
	return text, nil
}

// GetApplication gives one. For callers with applications:read; an application
// may always read itself. NotFound.
func (s *Service) GetApplication(ctx context.Context, caller Caller, id string) (Application, error) {
	if caller.Kind != ApplicationCaller || caller.ID != id {
		if err := caller.require(ReadApplications); err != nil {
			return Application{}, err
		}
	}
	if err := checkApplicationID(id); err != nil {
		return Application{}, err
	}
	var a StoredApplication
	err := s.read(ctx, func(tx Reader) (err error) {
		a, err = tx.Application(ctx, id)
		return err
	})
	if err == nil && !caller.reaches(a.OrganizationID) {
		err = problem.NoSuch("application")
	}
	if err != nil {
		return Application{}, err
	}
	return a.Application, nil
}

// ListApplications gives those of a type, "" for all, oldest first. For callers
// with applications:read.
func (s *Service) ListApplications(ctx context.Context, caller Caller, kind ApplicationType) ([]Application, error) {
	if err := caller.require(ReadApplications); err != nil {
		return nil, err
	}
	if kind != "" && !kind.Known() {
		return nil, problem.New(problem.Invalid, "invalid_input", "type must be application or extension.")
	}
	var list []Application
	err := s.read(ctx, func(tx Reader) (err error) {
		list, err = tx.Applications(ctx, caller.scope(), kind)
		return err
	})
	return list, err
}

// RenameApplication changes the name. For callers of the root with
// applications:manage. Invalid; NotFound.
func (s *Service) RenameApplication(ctx context.Context, caller Caller, id, name string) (Application, error) {
	var c checker
	c.required("name", &name, maxName)
	var renamed Application
	err := s.changeApplication(ctx, caller, id, c.err(), func(tx Tx, a StoredApplication, now time.Time) error {
		renamed = a.Application
		if a.Name == name {
			return nil
		}
		a.Name, renamed.Name = name, name
		if err := tx.UpdateApplication(ctx, a); err != nil {
			return err
		}
		return s.record(ctx, tx, caller, now, change{a.OrganizationID, "application.rename", id, map[string]string{"name": name}})
	})
	if err != nil {
		return Application{}, err
	}
	return renamed, nil
}

// DeleteApplication removes an application: its key and its access tokens stop
// at once. For callers of the root with applications:manage. NotFound.
func (s *Service) DeleteApplication(ctx context.Context, caller Caller, id string) error {
	return s.changeApplication(ctx, caller, id, nil, func(tx Tx, a StoredApplication, now time.Time) error {
		if err := tx.DeleteApplication(ctx, id); err != nil {
			return err
		}
		return s.record(ctx, tx, caller, now, change{a.OrganizationID, "application.delete", id, map[string]string{"name": a.Name}})
	})
}

// changeApplication checks the permission before the input, then runs fn on the locked application.
func (s *Service) changeApplication(ctx context.Context, caller Caller, id string, invalid error,
	fn func(tx Tx, a StoredApplication, now time.Time) error) error {
	if err := caller.requireRoot(ManageApplications); err != nil {
		return err
	}
	if err := checkApplicationID(id); err != nil {
		return err
	}
	if invalid != nil {
		return invalid
	}
	now := s.now()
	return s.update(ctx, func(tx Tx) error {
		a, err := tx.LockApplication(ctx, id)
		if err != nil {
			return err
		}
		return fn(tx, a, now)
	})
}

// checkApplicationID: what is no id in its one spelling names nothing, and some
// of it no database would take.
func checkApplicationID(text string) error {
	if id, err := uuid.Parse(text); err != nil || id.String() != text {
		return problem.NoSuch("application")
	}
	return nil
}
