// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"encoding/json"
	"iter"
	"net/mail"
	"strings"

	"github.com/spf13/cobra"

	"gatehouse/apitype"
	"gatehouse/client"
	"gatehouse/internal/output"
)

func newOrganization(o *Options) *cobra.Command {
	cmd := Group("org", "Administer organizations", newOrganizationList(o), newOrganizationShow(o),
		newOrganizationCreate(o), newOrganizationUpdate(o), newOrganizationActivate(o),
		newOrganizationDeactivate(o), newOrganizationDelete(o), newPolicy(o))
	cmd.Aliases = []string{"organization"}
	return cmd
}

func organizationColumns() []output.Column {
	return []output.Column{{Title: "ID", Path: "id"}, {Title: "NAME", Path: "name", Least: 10},
		{Title: "STATE", Path: "state"}, {Title: "ALIAS", Path: "alias", Least: 8, Dispensable: true},
		{Title: "CREATED", Path: "createdAt", Dispensable: true}, {Path: "description"}, {Path: "externalId"},
		{Path: "emailDomains"}, {Path: "updatedAt"}}
}

func newOrganizationList(o *Options) *cobra.Command {
	return addSort(listCommand(o, "list", "List organizations", "id, name, alias, description, externalId, "+
		"emailDomains, contactPersons.fullName, contactPersons.email, state and createdAt",
		organizationColumns(), nil,
		func(s *session, _ []string, l client.ListOptions) (iter.Seq2[apitype.Organization, error], error) {
			return s.Organizations.List(s.ctx, l), nil
		}), "id, name, alias, externalId, state or createdAt")
}

func newOrganizationShow(o *Options) *cobra.Command {
	return o.command("show ORGANIZATION", "Show an organization", completeOrganization,
		func(s *session, args []string) error {
			found, err := s.getOrganization(args[0])
			if err != nil {
				return err
			}
			return s.out.Show(found)
		})
}

func (s *session) getOrganization(text string) (apitype.Organization, error) {
	id, err := s.organization(text)
	if err != nil {
		return apitype.Organization{}, err
	}
	return s.Organizations.Get(s.ctx, id)
}

// organizationFlags are the properties of an organization.
type organizationFlags struct {
	name, alias, description, externalID string
	domains, contacts, properties        []string
}

func (f *organizationFlags) add(cmd *cobra.Command) {
	flags := cmd.Flags()
	flags.StringVar(&f.alias, "alias", "", "short `name`; without it, one is made from the name")
	flags.StringVar(&f.description, "description", "", "`text` about it")
	flags.StringVar(&f.externalID, "external-id", "", "its `name` in your own system")
	flags.StringArrayVar(&f.domains, "email-domain", nil, "`domain` of its addresses; may be repeated")
	flags.StringArrayVar(&f.contacts, "contact", nil, "`person` such as 'Ann Lee <ann@example.test>'; may be "+
		"repeated")
	flags.StringArrayVar(&f.properties, "property", nil, "further `name=value`, a text or JSON; may be repeated")
}

// persons reads the contacts.
func (f *organizationFlags) persons() ([]apitype.ContactPerson, error) {
	all := []apitype.ContactPerson{}
	for _, text := range f.contacts {
		if text == "" { // --contact '' removes all of them
			continue
		}
		address, err := mail.ParseAddress(text)
		if err != nil {
			return nil, Usage("--contact %q is no person: write 'Ann Lee <ann@example.test>'", text)
		}
		all = append(all, apitype.ContactPerson{FullName: address.Name, Email: address.Address})
	}
	return all, nil
}

// properties reads properties. A value that is no JSON is a text.
func properties(flags []string) (apitype.Properties, error) {
	if len(flags) == 0 {
		return nil, nil
	}
	all := apitype.Properties{}
	for _, text := range flags {
		name, value, ok := strings.Cut(text, "=")
		if !ok || name == "" {
			return nil, Usage("--property %q has no name and value: write name=value", text)
		}
		raw := json.RawMessage(value)
		if !json.Valid(raw) {
			var err error
			if raw, err = json.Marshal(value); err != nil {
				return nil, err
			}
		}
		all[name] = raw
	}
	return all, nil
}

// nonEmpty returns the texts that are not empty: a flag that is given with an empty text removes all.
func nonEmpty(texts []string) []string {
	all := []string{}
	for _, text := range texts {
		if text != "" {
			all = append(all, text)
		}
	}
	return all
}

func newOrganizationCreate(o *Options) *cobra.Command {
	var flags organizationFlags
	cmd := o.command("create NAME", "Create an organization, which is active at once", nil,
		func(s *session, args []string) error {
			persons, err := flags.persons()
			if err != nil {
				return err
			}
			further, err := properties(flags.properties)
			if err != nil {
				return err
			}
			made, err := s.Organizations.Create(s.ctx, apitype.OrganizationParams{Name: args[0], Alias: flags.alias,
				Description: flags.description, ExternalID: flags.externalID, EmailDomains: nonEmpty(flags.domains),
				ContactPersons: persons, Properties: further})
			if err != nil {
				return err
			}
			return s.out.Created(made, "Created the organization %s.", named(made.ID, made.Name))
		})
	flags.add(cmd)
	return cmd
}

func newOrganizationUpdate(o *Options) *cobra.Command {
	var flags organizationFlags
	var cmd *cobra.Command
	cmd = o.command("update ORGANIZATION", "Change what flags name; the rest stays as it is",
		completeOrganization,
		func(s *session, args []string) error {
			change, err := flags.change(cmd)
			if err != nil {
				return err
			}
			id, err := s.organization(args[0])
			if err != nil {
				return err
			}
			updated, err := s.Organizations.Update(s.ctx, id, change)
			if err != nil {
				return err
			}
			return s.out.Done(updated, "Changed the organization %s.", named(updated.ID, updated.Name))
		})
	cmd.Flags().StringVar(&flags.name, "name", "", "new `name`")
	flags.add(cmd)
	return cmd
}

func (f *organizationFlags) change(cmd *cobra.Command) (c apitype.OrganizationChange, err error) {
	persons, err := f.persons()
	if err != nil {
		return c, err
	}
	if c.Properties, err = properties(f.properties); err != nil {
		return c, err
	}
	c.Name, c.Alias = changed(cmd, "name", f.name), changed(cmd, "alias", f.alias)
	c.Description = changed(cmd, "description", f.description)
	c.ExternalID = changed(cmd, "external-id", f.externalID)
	c.EmailDomains = changed(cmd, "email-domain", nonEmpty(f.domains))
	c.ContactPersons = changed(cmd, "contact", persons)
	if c.Name == nil && c.Alias == nil && c.Description == nil && c.ExternalID == nil && c.EmailDomains == nil &&
		c.ContactPersons == nil && c.Properties == nil {
		return c, nothingToChange(cmd)
	}
	return c, nil
}

func newOrganizationActivate(o *Options) *cobra.Command {
	var keep bool
	cmd := o.command("activate ORGANIZATION", "Activate an organization that is not active",
		completeOrganization,
		func(s *session, args []string) error {
			id, err := s.organization(args[0])
			if err != nil {
				return err
			}
			found, err := s.Organizations.Activate(s.ctx, id, apitype.Activation{KeepSecrets: keep})
			if err != nil {
				return err
			}
			return s.out.Done(found, "Activated the organization %s.", named(found.ID, found.Name))
		})
	cmd.Flags().BoolVar(&keep, "keep-secrets", false, "codes, clients, keys and log-ins of before work again")
	return cmd
}

func newOrganizationDeactivate(o *Options) *cobra.Command {
	return addYes(o.command("deactivate ORGANIZATION",
		"Keep an organization, its people, clients and codes out until it is activated again", completeOrganization,
		func(s *session, args []string) error {
			found, err := s.getOrganization(args[0])
			if err == nil {
				err = s.confirm("Keep the organization %s out, with its people, clients and codes?",
					named(found.ID, found.Name))
			}
			if err != nil {
				return err
			}
			if found, err = s.Organizations.Deactivate(s.ctx, found.ID); err != nil {
				return err
			}
			return s.out.Done(found, "Deactivated the organization %s.", named(found.ID, found.Name))
		}))
}

func newOrganizationDelete(o *Options) *cobra.Command {
	return addYes(o.command("delete ORGANIZATION", "Delete an organization with all that belongs to it",
		completeOrganization, func(s *session, args []string) error {
			found, err := s.getOrganization(args[0])
			if err == nil {
				err = s.confirm("Delete the organization %s with all that belongs to it, for good?",
					named(found.ID, found.Name))
			}
			if err != nil {
				return err
			}
			if err := s.Organizations.Delete(s.ctx, found.ID); err != nil {
				return err
			}
			return s.out.Done(nil, "Deleted the organization %s.", named(found.ID, found.Name))
		}))
}
