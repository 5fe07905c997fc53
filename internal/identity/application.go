// SPDX-License-Identifier: Apache-2.0

package identity

import (
	"context"
	"time"

	"github.com/google/uuid"

	"gatehouse/internal/problem"
	"gatehouse/internal/secret"
	"gatehouse/internal/tenancy"
)

// MaxLifetimeDays is the longest life of a key that ends.
const MaxLifetimeDays = 365

// IssuedApplication is an application with its new key, shown this once. The
// key of an extension is empty.
type IssuedApplication struct {
	tenancy.Application
	KeyText secret.Secret
}

// CreateApplicationParams describes a new application. LifetimeDays is of its
// keys: nil never expire, 0 cannot log in. Above MaxLifetimeDays and below 0 are Invalid.
type CreateApplicationParams struct {
	Name         string
	Type         tenancy.ApplicationType
	LifetimeDays *int
}

// CreateApplication registers a program and returns its first key. For callers of
// the root with applications:manage. Invalid.
func (s *Service) CreateApplication(ctx context.Context, caller tenancy.Caller,
	p CreateApplicationParams) (IssuedApplication, error) {
	if err := caller.RequireRoot(tenancy.ManageApplications); err != nil {
		return IssuedApplication{}, err
	}
	return s.createApplication(ctx, caller, p)
}

// CreateExtension registers an extension: an id and a name, without a key. For
// callers of the root with extensions:create, applications among them. Invalid.
// Twice makes two.
func (s *Service) CreateExtension(ctx context.Context, caller tenancy.Caller,
	name string) (tenancy.Application, error) {
	if err := caller.RequireRoot(tenancy.CreateExtensions); err != nil {
		return tenancy.Application{}, err
	}
	issued, err := s.createApplication(ctx, caller, CreateApplicationParams{Name: name,
		Type: tenancy.TypeExtension})
	return issued.Application, err
}

func (s *Service) createApplication(ctx context.Context, caller tenancy.Caller,
	p CreateApplicationParams) (IssuedApplication, error) {
	var c tenancy.Checker
	c.Required(tenancy.FieldName, &p.Name, tenancy.MaxName)
	if !p.Type.Known() {
		c.Add(FieldType, problem.CodeBadApplicationType)
	}
	if days := p.LifetimeDays; days != nil && (*days < 0 || *days > MaxLifetimeDays) {
		c.Add(FieldLifetimeDays, problem.CodeBadLifetime, MaxLifetimeDays)
	}
	if err := c.Err(); err != nil {
		return IssuedApplication{}, err
	}
	now := s.core.Now()
	stored := tenancy.StoredApplication{Application: tenancy.Application{ID: uuid.NewString(),
		OrganizationID: tenancy.RootID, Name: p.Name, Type: p.Type,
		LifetimeDays: p.LifetimeDays, CreatedAt: now, CreatedBy: caller.Ref()}}
	var text secret.Secret
	if p.Type == tenancy.TypeApplication {
		var err error
		if text, err = s.mintKey(&stored, now); err != nil {
			return IssuedApplication{}, err
		}
	}
	err := s.core.Update(ctx, func(tx tenancy.Tx) error {
		if err := tx.InsertApplication(ctx, stored); err != nil {
			return err
		}
		return s.core.Record(ctx, tx, caller, now, tenancy.Change{Organization: stored.OrganizationID,
			Action: "application.create", Target: stored.ID, Detail: map[string]string{"name": stored.Name,
				"type": string(stored.Type)}})
	})
	if err != nil {
		return IssuedApplication{}, err
	}
	return IssuedApplication{stored.Application, text}, nil
}

// mintKey returns the application a new key and returns its text. JWTs count in
// seconds, so the key's times are cut to them.
func (s *Service) mintKey(a *tenancy.StoredApplication, now time.Time) (secret.Secret, error) {
	key := tenancy.ApplicationKey{ID: secret.NewID(), IssuedAt: now.Truncate(time.Second)}
	if a.LifetimeDays != nil {
		key.ExpiresAt = key.IssuedAt.AddDate(0, 0, *a.LifetimeDays)
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
// makes two keys, of which the second holds; an application can do so with a
// token of its current key only, so twice with one token is Unauthenticated.
func (s *Service) RenewApplicationKey(ctx context.Context, caller tenancy.Caller, id string) (secret.Secret,
	error) {
	if caller.Kind != tenancy.ApplicationCaller || caller.ID != id {
		if err := caller.RequireRoot(tenancy.ManageApplications); err != nil {
			return secret.Secret{}, err
		}
	}
	if err := checkApplicationID(id); err != nil {
		return secret.Secret{}, err
	}
	now := s.core.Now()
	var text secret.Secret
	err := s.core.Update(ctx, func(tx tenancy.Tx) error {
		a, err := tx.LockApplication(ctx, id)
		if err != nil {
			return err
		}
		if a.Type != tenancy.TypeApplication {
			return problem.New(problem.Invalid, problem.CodeNoKey)
		}
		if caller.Kind == tenancy.ApplicationCaller && a.Key.ID != caller.Token.KeyID {
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
		return s.core.Record(ctx, tx, caller, now, tenancy.Change{Organization: a.OrganizationID,
			Action: "application.renew_key", Target: id})
	})
	if err != nil {
		return secret.Secret{}, err
	}
	return text, nil
}

// GetApplication returns one. For callers with applications:read; an application
// may always read itself. NotFound.
func (s *Service) GetApplication(ctx context.Context, caller tenancy.Caller, id string) (tenancy.Application,
	error) {
	if caller.Kind != tenancy.ApplicationCaller || caller.ID != id {
		if err := caller.Require(tenancy.ReadApplications); err != nil {
			return tenancy.Application{}, err
		}
	}
	if err := checkApplicationID(id); err != nil {
		return tenancy.Application{}, err
	}
	var a tenancy.StoredApplication
	err := s.core.Read(ctx, func(tx tenancy.Reader) (err error) {
		a, err = tx.Application(ctx, id)
		return err
	})
	if err == nil && !caller.Reaches(a.OrganizationID) {
		err = problem.ApplicationNotFound()
	}
	if err != nil {
		return tenancy.Application{}, err
	}
	return a.Application, nil
}

// ListApplications returns those of a type, "" for all, oldest first. For callers
// with applications:read.
func (s *Service) ListApplications(ctx context.Context, caller tenancy.Caller,
	kind tenancy.ApplicationType) ([]tenancy.Application, error) {
	if err := caller.Require(tenancy.ReadApplications); err != nil {
		return nil, err
	}
	if kind != "" && !kind.Known() {
		return nil, problem.InvalidFields([]problem.FieldError{problem.Wrong(FieldType,
			problem.CodeBadApplicationType)})
	}
	var list []tenancy.Application
	err := s.core.Read(ctx, func(tx tenancy.Reader) (err error) {
		list, err = tx.Applications(ctx, caller.Organization, kind)
		return err
	})
	return list, err
}

// RenameApplication changes the name. For callers of the root with
// applications:manage. Invalid; NotFound.
func (s *Service) RenameApplication(ctx context.Context, caller tenancy.Caller, id,
	name string) (tenancy.Application, error) {
	var c tenancy.Checker
	c.Required(tenancy.FieldName, &name, tenancy.MaxName)
	var renamed tenancy.Application
	err := s.changeApplication(ctx, caller, id, c.Err(), func(tx tenancy.Tx, a tenancy.StoredApplication,
		now time.Time) error {
		renamed = a.Application
		if a.Name == name {
			return nil
		}
		a.Name, renamed.Name = name, name
		if err := tx.UpdateApplication(ctx, a); err != nil {
			return err
		}
		return s.core.Record(ctx, tx, caller, now, tenancy.Change{Organization: a.OrganizationID,
			Action: "application.rename", Target: id, Detail: map[string]string{"name": name}})
	})
	if err != nil {
		return tenancy.Application{}, err
	}
	return renamed, nil
}

// DeleteApplication removes an application: its key and its access tokens stop
// at once. For callers of the root with applications:manage. NotFound.
func (s *Service) DeleteApplication(ctx context.Context, caller tenancy.Caller, id string) error {
	return s.changeApplication(ctx, caller, id, nil, func(tx tenancy.Tx, a tenancy.StoredApplication,
		now time.Time) error {
		if err := tx.DeleteApplication(ctx, id); err != nil {
			return err
		}
		return s.core.Record(ctx, tx, caller, now, tenancy.Change{Organization: a.OrganizationID,
			Action: "application.delete", Target: id, Detail: map[string]string{"name": a.Name}})
	})
}

// changeApplication checks the permission before the input, then runs fn on the locked application.
func (s *Service) changeApplication(ctx context.Context, caller tenancy.Caller, id string, invalid error,
	fn func(tx tenancy.Tx, a tenancy.StoredApplication, now time.Time) error) error {
	if err := caller.RequireRoot(tenancy.ManageApplications); err != nil {
		return err
	}
	if err := checkApplicationID(id); err != nil {
		return err
	}
	if invalid != nil {
		return invalid
	}
	now := s.core.Now()
	return s.core.Update(ctx, func(tx tenancy.Tx) error {
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
		return problem.ApplicationNotFound()
	}
	return nil
}
