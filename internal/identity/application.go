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
	Expiry       *KeyExpiry // of the first key; nil: as LifetimeDays says
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
	if p.Type == tenancy.TypeExtension && p.Expiry != nil {
		c.Add(FieldExpiresAt, problem.CodeNoKey)
	}
	if err := c.Err(); err != nil {
		return IssuedApplication{}, err
	}
	now := s.core.Now()
	stored := tenancy.StoredApplication{Application: tenancy.Application{ID: uuid.NewString(),
		OrganizationID: tenancy.RootID, Name: p.Name, Type: p.Type, LifetimeDays: p.LifetimeDays,
		CreatedAt: now, CreatedBy: caller.Ref(), UpdatedAt: now, AsOf: now}}
	return tenancy.Once(ctx, s.core, caller, func(tx tenancy.Tx) (issued IssuedApplication, err error) {
		var c tenancy.Checker
		a := stored
		p.Expiry.check(&c, now, tenancy.ApplicationKey{IssuedAt: now.Truncate(time.Second)}, p.LifetimeDays)
		if err := c.Err(); err != nil { // not before: it may have been in the future when it was asked first
			return issued, err
		}
		if a.Type == tenancy.TypeApplication {
			if issued.KeyText, err = s.mintKey(&a, p.Expiry, now); err != nil {
				return issued, err
			}
		}
		if err := tx.InsertApplication(ctx, a); err != nil {
			return issued, err
		}
		issued.Application = a.Application
		return issued, s.core.Record(ctx, tx, caller, now, tenancy.Change{Organization: a.OrganizationID,
			Action: "application.create", Target: a.ID, Detail: map[string]string{"name": a.Name,
				"type": string(a.Type)}})
	})
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
	now := s.core.Now()
	err := s.core.Read(ctx, func(tx tenancy.Reader) (err error) {
		a, err = tx.Application(ctx, id)
		return err
	})
	a.AsOf = now
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

// ApplicationPage returns a page of the applications of the caller's organization, or of all
// for a caller of the root. For callers with applications:read. Invalid.
func (s *Service) ApplicationPage(ctx context.Context, caller tenancy.Caller,
	p tenancy.ApplicationList) (page tenancy.ApplicationPage, err error) {
	if err := caller.Require(tenancy.ReadApplications); err != nil {
		return page, err
	}
	if p.Type != "" && !p.Type.Known() {
		return page, problem.InvalidFields([]problem.FieldError{problem.Wrong(FieldType,
			problem.CodeBadApplicationType)})
	}
	p.Organization = caller.Organization
	now := s.core.Now()
	err = s.core.Read(ctx, func(tx tenancy.Reader) (err error) {
		page, err = tenancy.FindApplications(ctx, tx, p)
		return err
	})
	for i := range page.Items {
		page.Items[i].AsOf = now
	}
	return page, err
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
		a.Name = name
		a.Changed(now)
		renamed = a.Application
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

// UpdateApplicationParams says what changes of an application; nil leaves a part as it is.
type UpdateApplicationParams struct {
	Name     *string
	Expiry   *KeyExpiry // of its current key
	Expected tenancy.Versions
}

// UpdateApplication changes the name, and when the current key expires. For callers of the
// root with applications:manage. Invalid; NotFound; Conflict (application_changed) if it is
// not as expected. Twice is fine.
func (s *Service) UpdateApplication(ctx context.Context, caller tenancy.Caller, id string,
	p UpdateApplicationParams) (tenancy.Application, error) {
	var c tenancy.Checker
	if p.Name != nil {
		name := *p.Name
		c.Required(tenancy.FieldName, &name, tenancy.MaxName)
		p.Name = &name
	}
	var changed tenancy.Application
	err := s.changeApplication(ctx, caller, id, c.Err(), func(tx tenancy.Tx, a tenancy.StoredApplication,
		now time.Time) error {
		if !p.Expected.Has(a.UpdatedAt) {
			return problem.New(problem.Conflict, problem.CodeApplicationChanged)
		}
		former := a.Application
		a.AsOf = now
		if err := p.apply(&a.Application, now); err != nil {
			return err
		}
		if changed = a.Application; a.Name == former.Name && a.Key.ExpiresAt.Equal(former.Key.ExpiresAt) {
			return nil
		}
		a.Changed(now)
		changed = a.Application
		if err := tx.UpdateApplication(ctx, a); err != nil {
			return err
		}
		return s.core.Record(ctx, tx, caller, now, tenancy.Change{Organization: a.OrganizationID,
			Action: "application.update", Target: id, Detail: map[string]string{"name": a.Name,
				"expiresAt": expiryText(a.Key.ExpiresAt)}})
	})
	if err != nil {
		return tenancy.Application{}, err
	}
	return changed, nil
}

// apply changes the application. An expiry that stays as it is may be past. Invalid.
func (p UpdateApplicationParams) apply(a *tenancy.Application, now time.Time) error {
	if p.Name != nil {
		a.Name = *p.Name
	}
	if p.Expiry == nil {
		return nil
	}
	if a.Type != tenancy.TypeApplication {
		return problem.InvalidFields([]problem.FieldError{problem.Wrong(FieldExpiresAt, problem.CodeNoKey)})
	}
	if e := tenancy.Stored(p.Expiry.At); !p.Expiry.Never && e.Equal(a.Key.ExpiresAt) {
		return nil
	}
	var c tenancy.Checker
	p.Expiry.check(&c, now, a.Key, a.LifetimeDays)
	a.Key.ExpiresAt = p.Expiry.time()
	return c.Err()
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
	return s.core.Change(ctx, caller, func(tx tenancy.Tx) error {
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
