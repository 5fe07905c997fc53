// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"iter"
	"time"

	"github.com/spf13/cobra"

	"gatehouse/apitype"
	"gatehouse/client"
	"gatehouse/internal/output"
)

func newApplication(o *Options) *cobra.Command {
	cmd := Group("app", "Administer applications, which are registered programs", newApplicationList(o),
		newApplicationShow(o), newApplicationCreate(o), newApplicationUpdate(o), newApplicationRotateKey(o),
		newApplicationEndOverlap(o), newApplicationDelete(o))
	cmd.Aliases = []string{"application"}
	return cmd
}

func applicationColumns() []output.Column {
	return []output.Column{{Title: "NAME", Path: "name", Least: 10}, {Title: "TYPE", Path: "type"},
		{Title: "KEY", Path: "key.state"}, {Title: "ID", Path: "id", Dispensable: true},
		{Title: "EXPIRES", Path: "key.expiresAt", Dispensable: true},
		{Title: "LAST USED", Path: "key.lastUsedAt", Dispensable: true}, {Path: "organizationId"},
		{Path: "createdAt"}, {Path: "createdBy"}}
}

func newApplicationList(o *Options) *cobra.Command {
	var kind string
	cmd := addSort(listCommand(o, "list", "List applications",
		"id, name, type, organizationId, createdAt, updatedAt, expiresAt and lastUsedAt", applicationColumns(), nil,
		func(s *session, _ []string, l client.ListOptions) (iter.Seq2[apitype.Application, error], error) {
			if s.cmd.Flags().Changed("type") && kind == "" {
				return nil, Usage("--type is empty: fill it or leave it out")
			}
			return s.Applications.List(s.ctx, client.ApplicationListOptions{ListOptions: l, Type: kind}), nil
		}), "one of name, createdAt, updatedAt, expiresAt and lastUsedAt")
	cmd.Flags().StringVar(&kind, "type", "", "only those of a `type`: application or extension")
	completeType(cmd)
	return cmd
}

func completeType(cmd *cobra.Command) {
	mustComplete(cmd, "type", cobra.FixedCompletions([]string{"application", "extension"},
		cobra.ShellCompDirectiveNoFileComp))
}

func (s *session) getApplication(text string) (apitype.Application, error) {
	id, err := s.application(text)
	if err != nil {
		return apitype.Application{}, err
	}
	return s.Applications.Get(s.ctx, id)
}

func newApplicationShow(o *Options) *cobra.Command {
	return o.command("show APPLICATION", "Show an application", completeApplication,
		func(s *session, args []string) error {
			found, err := s.getApplication(args[0])
			if err != nil {
				return err
			}
			return s.out.Show(found)
		})
}

func newApplicationCreate(o *Options) *cobra.Command {
	var kind, expires string
	cmd := addSecretFile(o.command("create NAME", "Register a program; one of the type application gets a "+
		"key", nil,
		func(s *session, args []string) error {
			p := apitype.ApplicationParams{Name: args[0], Type: kind}
			if s.cmd.Flags().Changed("expires") {
				var err error
				if p.ExpiresAt, err = expiry("expires", expires, time.Now()); err != nil {
					return err
				}
			}
			if kind == "extension" { // it has no key
				made, err := s.Applications.Create(s.ctx, p)
				if err != nil {
					return err
				}
				return s.out.Created(made, "Registered the application %s.", named(made.ID, made.Name))
			}
			place, err := s.openSecret()
			if err != nil {
				return err
			}
			made, err := s.Applications.Create(s.ctx, p)
			if err := place.Keep(made.ApplicationKey, err); err != nil {
				return err
			}
			return s.issued(made, "Registered the application %s.", named(made.ID, made.Name))
		}))
	cmd.Flags().StringVar(&kind, "type", "application", "`type`: application or extension")
	cmd.Flags().StringVar(&expires, "expires", "", "`when` the key ends: a time such as 2027-01-01T00:00:00Z, "+
		"from now such as 720h or 30d, or never")
	completeType(cmd)
	return cmd
}

func newApplicationUpdate(o *Options) *cobra.Command {
	var name, expires string
	var cmd *cobra.Command
	cmd = o.command("update APPLICATION", "Change what flags name; the rest stays as it is", completeApplication,
		func(s *session, args []string) error {
			change := apitype.ApplicationChange{Name: changed(cmd, "name", name)}
			if cmd.Flags().Changed("expires") {
				var err error
				if change.ExpiresAt, err = expiry("expires", expires, time.Now()); err != nil {
					return err
				}
			}
			if change == (apitype.ApplicationChange{}) {
				return nothingToChange(cmd)
			}
			id, err := s.application(args[0])
			if err != nil {
				return err
			}
			found, err := s.Applications.Update(s.ctx, id, change)
			if err != nil {
				return err
			}
			return s.out.Done(found, "Changed the application %s.", named(found.ID, found.Name))
		})
	cmd.Flags().StringVar(&name, "name", "", "new `name`")
	cmd.Flags().StringVar(&expires, "expires", "", "`when` the current key ends")
	return cmd
}

func newApplicationRotateKey(o *Options) *cobra.Command {
	var overlap, expires string
	cmd := addYes(addSecretFile(o.command("rotate-key APPLICATION", "Give an application a new key; the former "+
		"one stays good for a while", completeApplication, func(s *session, args []string) error {
		wait, err := duration(overlap)
		if err != nil || wait < 0 {
			return Usage("--overlap %q is no duration: use one like 72h or 7d, or 0s to end the former key at once",
				overlap)
		}
		text := wait.String()
		p := apitype.KeyRotation{Overlap: &text}
		if s.cmd.Flags().Changed("expires") {
			if p.ExpiresAt, err = expiry("expires", expires, time.Now()); err != nil {
				return err
			}
		}
		found, err := s.getApplication(args[0])
		if err != nil {
			return err
		}
		return s.rotateKey(found, p, wait)
	})))
	cmd.Flags().StringVar(&overlap, "overlap", "", "how long the former key stays good, such as 72h; 0s ends "+
		"it at once")
	cmd.Flags().StringVar(&expires, "expires", "", "`when` the new key ends; without it, it lives as long as "+
		"the former one")
	mustRequire(cmd, "overlap")
	return cmd
}

func (s *session) rotateKey(a apitype.Application, p apitype.KeyRotation, overlap time.Duration) error {
	place, err := s.openSecret()
	if err != nil {
		return err
	}
	if overlap == 0 {
		err = s.confirm("End the former key of %s at once? Programs that still have it are refused.",
			named(a.ID, a.Name))
	}
	if err == nil {
		a, err = s.Applications.RotateKey(s.ctx, a.ID, p)
	}
	if err := place.Keep(a.ApplicationKey, err); err != nil {
		return err
	}
	return s.issued(a, "The application %s has a new key. The former one stays good for %s.", named(a.ID,
		a.Name),
		overlap.String())
}

func newApplicationEndOverlap(o *Options) *cobra.Command {
	return addYes(o.command("end-overlap APPLICATION", "End the former key now, before its overlap is over",
		completeApplication, func(s *session, args []string) error {
			found, err := s.getApplication(args[0])
			if err == nil {
				err = s.confirm("End the former key of %s now? Programs that still have it are refused.",
					named(found.ID, found.Name))
			}
			if err != nil {
				return err
			}
			if found, err = s.Applications.EndOverlap(s.ctx, found.ID); err != nil {
				return err
			}
			return s.out.Done(found, "Ended the former key of %s.", named(found.ID, found.Name))
		}))
}

func newApplicationDelete(o *Options) *cobra.Command {
	return addYes(o.command("delete APPLICATION", "Delete an application with its key", completeApplication,
		func(s *session, args []string) error {
			found, err := s.getApplication(args[0])
			if err == nil {
				err = s.confirm("Delete the application %s with its key, for good?", named(found.ID, found.Name))
			}
			if err != nil {
				return err
			}
			if err := s.Applications.Delete(s.ctx, found.ID); err != nil {
				return err
			}
			return s.out.Done(nil, "Deleted the application %s.", named(found.ID, found.Name))
		}))
}
