// SPDX-License-Identifier: Apache-2.0

package tenancy

import (
	"context"
	"slices"
	"strconv"
	"strings"
	"time"

	"gatehouse/internal/filter"
	"gatehouse/internal/problem"
)

// UpdateOrganizationParams are the changes to an organization. A nil field is not changed.
type UpdateOrganizationParams struct {
	Name         *string
	Alias        *string // empty: it is made from the name again
	Description  *string
	ExternalID   *string
	EmailDomains *[]string
	Active       *bool
	Deactivation *Deactivation
	Properties   Properties // merged with the stored ones; JSON's null removes one
	// ContactPersons replace the stored ones.
	ContactPersons *[]ContactPerson
	Policy         *Policy
	Code           CodeWish
	// KeepSecrets says of an organization that becomes active again that the secrets of before
	// work again. Otherwise they end: see endSecrets.
	KeepSecrets bool
	// Echo is true if the caller sends back an organization that it has read. A field with
	// the stored value is then not a change, and a caller that may issue or disable codes
	// needs no other permission for it.
	Echo        bool
	Expected    ExpectedState
	FieldErrors []problem.FieldError // errors that the door found, reported with the others
	Rules       []PropertyRule
}

// UpdateOrganization changes a member, and its primary code if the params ask for it, in
// one transaction. The caller must be of the root and have organizations:write, except as
// UpdateOrganizationParams.Echo says. The error is Invalid, NotFound, or Conflict if the
// name is taken, the organization is the root, a code is wanted for an inactive one, or it is
// not as expected; then nothing is changed. If nothing differs, nothing is written.
func (s *Service) UpdateOrganization(ctx context.Context, caller Caller, id OrganizationID,
	p UpdateOrganizationParams) (Organization, error) {
	err := p.require(caller, id, true)
	if p.Echo {
		err = caller.Require(ReadOrganizations)
	}
	if err != nil {
		return Organization{}, err
	}
	now := s.core.Now()
	var fresh StoredAuthCode
	if p.Code == EnsureCode {
		_, fresh = s.mintAuthCode(caller, id)
	}
	return Once(ctx, s.core, caller, func(tx Tx) (Organization, error) {
		old, err := tx.LockOrganization(ctx, id)
		if old, err = Visible(caller, old, err); err != nil {
			return old, err
		}
		if err := p.Expected.Check(old); err != nil {
			return old, err
		}
		o, change, differs := old, p, true
		if p.Echo {
			change, differs = p.differing(old)
			if err := p.requireEcho(caller, id, differs); err != nil {
				return o, err
			}
		}
		if differs {
			if o, err = s.changeOrganization(ctx, tx, caller, old, change, now); err != nil {
				return o, err
			}
		}
		return o, s.fulfil(ctx, tx, caller, o, p.Code, fresh, now)
	})
}

// changeOrganization applies the changes to a locked organization and stores it if it
// differs.
func (s *Service) changeOrganization(ctx context.Context, tx Tx, caller Caller, old Organization,
	p UpdateOrganizationParams,
	now time.Time) (Organization, error) {
	o := p.apply(old)
	var c Checker
	o.checkChange(&c, old)
	c.addFromDoor(p.FieldErrors, p.Rules, p.Properties, o.Properties)
	if err := c.Err(); err != nil {
		return Organization{}, err
	}
	changed := o.differences(old)
	if len(changed) == 0 {
		return old, nil
	}
	if old.State == OrganizationInactive && o.Active() {
		changed["secrets"] = "kept"
		if !p.KeepSecrets {
			changed["secrets"] = "ended"
			if err := endSecrets(ctx, tx, o.ID, now); err != nil {
				return Organization{}, err
			}
		}
	}
	err := s.storeOrganization(ctx, tx, caller, &o, changed, now)
	return o, err
}

// endSecrets ends what lets clients, programs and people of an organization in: codes, clients
// with their keys, the keys of applications, sessions and operator tokens. Passwords and second
// factors stay.
func endSecrets(ctx context.Context, tx Tx, id OrganizationID, at time.Time) error {
	if err := tx.EndAuthCodes(ctx, id, at, Disabled); err != nil {
		return err
	}
	if err := tx.EndClients(ctx, id, at); err != nil {
		return err
	}
	if err := tx.EndApplicationKeys(ctx, id, at); err != nil {
		return err
	}
	return tx.EndLogins(ctx, id, at)
}

func rootOrganization() error {
	return problem.New(problem.Conflict, problem.CodeRootOrganization)
}

func (s *Service) storeOrganization(ctx context.Context, tx Tx, caller Caller, o *Organization,
	changed map[string]string, now time.Time) error {
	o.UpdatedAt = following(o.UpdatedAt, now)
	if err := tx.UpdateOrganization(ctx, *o); err != nil {
		return err
	}
	if _, found := changed["policy"]; found && o.Policy.ShowCodesOnce {
		if err := tx.ForgetAuthCodes(ctx, o.ID); err != nil {
			return err
		}
	}
	return s.core.Record(ctx, tx, caller, now, Change{Organization: o.ID, Action: "organization.update",
		Target: o.ID.String(), Detail: changed})
}

func (p UpdateOrganizationParams) apply(o Organization) Organization {
	if p.Name != nil && o.Alias == alias(o.Name) {
		o.Alias = "" // it was made from the name, and is made again
	}
	for _, f := range []struct{ to, from *string }{{&o.Name, p.Name}, {&o.Alias, p.Alias},
		{&o.Description, p.Description}, {&o.ExternalID, p.ExternalID}} {
		if f.from != nil {
			*f.to = *f.from
		}
	}
	if p.EmailDomains != nil {
		o.EmailDomains = *p.EmailDomains
	}
	if p.Active != nil {
		o.State = memberState(*p.Active)
	}
	if p.Deactivation != nil {
		o.Deactivation = *p.Deactivation
	}
	if p.ContactPersons != nil {
		o.ContactPersons = *p.ContactPersons
	}
	if p.Policy != nil {
		o.Policy = *p.Policy
	}
	o.Properties = o.Properties.merge(p.Properties)
	return o
}

// differences returns the new values of what changed, for the audit. Of properties, which
// may be long, it returns the names only.
func (o Organization) differences(old Organization) map[string]string {
	d := map[string]string{}
	for _, f := range [][3]string{
		{"name", old.Name, o.Name}, {"alias", old.Alias, o.Alias}, {"description", old.Description, o.Description},
		{"externalId", old.ExternalID, o.ExternalID}, {"state", string(old.State), string(o.State)},
		{"deactivation", old.Deactivation.String(), o.Deactivation.String()},
		{"policy", old.Policy.String(), o.Policy.String()},
		{"emailDomains", strings.Join(old.EmailDomains, ","), strings.Join(o.EmailDomains, ",")},
	} {
		if f[1] != f[2] {
			d[f[0]] = f[2]
		}
	}
	// Names and addresses are personal data. Nothing is ever deleted from the audit, so they do
	// not go into it.
	if !slices.Equal(o.ContactPersons, old.ContactPersons) {
		d["contactPersons"] = strconv.Itoa(len(o.ContactPersons))
	}
	if names := o.Properties.changed(old.Properties); len(names) > 0 {
		d["properties"] = strings.Join(names, ",")
	}
	return d
}

// check trims and checks the texts and sets the alias.
func (o *Organization) check(c *Checker) {
	c.Required(FieldName, &o.Name, MaxName)
	o.checkDetails(c, "")
}

// checkChange is check for the values that differ from the stored ones. The others are
// neither checked nor trimmed, so that a rule of a later version does not prevent anybody
// from switching an organization off.
func (o *Organization) checkChange(c *Checker, old Organization) {
	given, sameProperties := *o, len(o.Properties.changed(old.Properties)) == 0
	if sameProperties {
		o.Properties = nil
	}
	var found Checker
	o.check(&found)
	for _, f := range []struct {
		name       string
		to         *string
		given, old string
	}{
		{FieldName, &o.Name, given.Name, old.Name}, {FieldAlias, &o.Alias, given.Alias, old.Alias},
		{FieldDescription, &o.Description, given.Description, old.Description},
		{FieldExternalID, &o.ExternalID, given.ExternalID, old.ExternalID},
	} {
		if f.given == f.old && f.given != "" { // an empty alias is made from the name
			*f.to = f.old
			found.forget(f.name)
		}
	}
	if slices.Equal(given.EmailDomains, old.EmailDomains) {
		o.EmailDomains = old.EmailDomains
		found.forget(FieldEmailDomains)
	}
	if !slices.Equal(given.ContactPersons, old.ContactPersons) {
		o.ContactPersons = found.contactPersons(given.ContactPersons)
	}
	if sameProperties {
		o.Properties = old.Properties
	}
	c.fields = append(c.fields, found.fields...)
}

// checkDetails is check for everything except the name. The names of fields begin with the
// prefix. An active organization has no deactivation.
func (o *Organization) checkDetails(c *Checker, prefix string) {
	c.Text(prefix+FieldDescription, o.Description, maxText)
	c.Line(prefix+FieldExternalID, &o.ExternalID, MaxName)
	c.Line(prefix+FieldAlias, &o.Alias, maxAlias)
	o.EmailDomains = c.emailDomains(prefix+FieldEmailDomains, o.EmailDomains)
	c.properties(prefix, o.Properties)
	o.Policy.check(c)
	if o.Alias == "" {
		o.Alias = alias(o.Name)
	}
	if o.Active() {
		o.Deactivation = Deactivation{}
	}
}

const maxAlias = 64

// alias returns a short name that is made from a name: its letters and digits in lower
// case, and a hyphen for all other characters between them.
func alias(name string) string {
	words := strings.FieldsFunc(filter.Fold(name), func(r rune) bool { return !isWord(r) })
	a := []rune(strings.Join(words, "-"))
	return strings.Trim(string(a[:min(len(a), maxAlias)]), "-")
}

// DeleteOrganization deletes an inactive member, which is final. Its codes, its applications,
// its operators and their sessions end with it, and its name and the names of its operators
// become free. Its row stays in the state deleted, so that its audit stays complete and its
// id is not used again; for every use case it does not exist. The caller must be of the root
// and have organizations:write and codes:disable. The error is NotFound, also if it was
// deleted before, or Conflict: organization_active, or root_organization for the root.
func (s *Service) DeleteOrganization(ctx context.Context, caller Caller, id OrganizationID) error {
	if err := caller.RequireRoot(WriteOrganizations); err != nil {
		return err
	}
	if err := caller.Require(DisableCodes); err != nil {
		return err
	}
	if id == RootID {
		return rootOrganization()
	}
	now := s.core.Now()
	return s.core.Change(ctx, caller, func(tx Tx) error {
		o, err := tx.LockOrganization(ctx, id)
		if o, err = Visible(caller, o, err); err != nil {
			return err
		}
		if err := removeOrganization(ctx, tx, o, now); err != nil {
			return err
		}
		return s.core.Record(ctx, tx, caller, now, Change{Organization: id, Action: "organization.delete",
			Target: id.String(), Detail: map[string]string{"name": o.Name}})
	})
}

// removeOrganization deletes a locked organization that is not active, and ends everything
// that belongs to it.
func removeOrganization(ctx context.Context, tx Tx, o Organization, at time.Time) error {
	if o.Active() {
		return problem.New(problem.Conflict, problem.CodeOrganizationActive)
	}
	for _, end := range []func() error{
		func() error { return tx.DeleteApplications(ctx, o.ID) },
		func() error { return tx.DeleteOrganization(ctx, o.ID, at) },
		func() error { return tx.EndAuthCodes(ctx, o.ID, at, Disabled) },
		func() error { return tx.EndClients(ctx, o.ID, at) },
		func() error { return tx.EndSessions(ctx, o.ID, at) },
		func() error { return tx.EndOperatorTokens(ctx, o.ID, at, TokenRevoked) },
		func() error { return tx.EndOperators(ctx, o.ID) },
		func() error { return tx.DeactivateContacts(ctx, o.ID) },
	} {
		if err := end(); err != nil {
			return err
		}
	}
	return nil
}
