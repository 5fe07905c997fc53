// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"errors"
	"fmt"
	"io"
	"iter"
	"os"

	"github.com/spf13/cobra"

	"gatehouse/apitype"
	"gatehouse/client"
	"gatehouse/internal/bulk"
)

// exportKind is what is written to a file.
type exportKind struct {
	noun       string
	properties string // that --filter knows
	list       func(s *session, l client.ListOptions) iter.Seq2[any, error]
}

func exportKinds() []exportKind {
	return []exportKind{
		{nounOrganizations, "id, name, alias, description, externalId, emailDomains, contactPersons.fullName, " +
			"contactPersons.email, state and createdAt", exportOrganizations},
		{nounRequests, "id, name, status, organizationId, email and createdAt", exportRequests},
		{nounCodes, "id, name, tags, createdAt, updatedAt, expiresAt, uses and lastUsedAt", exportCodes},
		{nounClients, "id, name, instanceId, state, organizationId, authCodeId, tags, createdAt, updatedAt and " +
			"lastSeenAt", exportClients},
	}
}

func newExport(o *Options) *cobra.Command {
	var commands []*cobra.Command
	for _, kind := range exportKinds() {
		commands = append(commands, newExportOf(o, kind))
	}
	return Group("export", "Write many things to a file, in CSV or JSON lines, that import reads", commands...)
}

func newExportOf(o *Options, kind exportKind) *cobra.Command {
	var format, filter string
	cmd := &cobra.Command{Use: kind.noun + " [FILE]", Args: cobra.MaximumNArgs(1),
		Short: "Write all " + kind.noun + " to a new file, or to the output"}
	cmd.RunE = o.run(func(s *session, args []string) error {
		f := cmd.Flags().Lookup("filter")
		if f.Changed && filter == "" {
			return Usage("--filter is empty: fill it or leave it out")
		}
		if cmd.Flags().Changed("output") {
			return Usage("--output is how an answer is shown: give --format for what is written")
		}
		path := "-"
		if len(args) > 0 {
			path = args[0]
		}
		return s.export(kind, path, format, client.ListOptions{Filter: filter, Sort: "", PageSize: pageSize})
	})
	cmd.Flags().StringVar(&format, "format", "", "`format`: csv or jsonl; without it, the name of the file "+
		"says so, and without a file it is csv")
	cmd.Flags().StringVar(&filter, "filter", "", "a SCIM `filter` over "+kind.properties)
	completeFormats(cmd)
	if kind.noun == nounCodes {
		cmd.Long = cmd.Short + ". With --show-secrets it has their texts, as far as they can be read; the audit " +
			"has an event for each."
	}
	return cmd
}

// export writes to a file that is new, and has its name when it is whole.
func (s *session) export(kind exportKind, path, format string, l client.ListOptions) (err error) {
	f := bulk.Format(format)
	switch {
	case format == "" && path == "-":
		f = bulk.CSV
	case format == "":
		if f, err = bulk.FormatOf(path); err != nil {
			return Usage("%w", err)
		}
	case f != bulk.CSV && f != bulk.Lines:
		return Usage("--format %q: give csv or jsonl", format)
	}
	if path == "-" {
		_, err := s.exportTo(s.out.Out, kind, f, l)
		return err
	}
	if _, err := os.Lstat(path); err == nil {
		return Usage("%s is there already, and is not overwritten: give the path of a new file", path)
	}
	part := path + ".part"
	file, err := os.OpenFile(part, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return WithExit(ExitUsage, err)
	}
	n, err := s.exportTo(file, kind, f, l)
	if err = errors.Join(err, file.Sync(), file.Close()); err == nil {
		err = os.Rename(part, path)
	}
	if err != nil {
		return errors.Join(err, os.Remove(part))
	}
	return s.out.Done(map[string]any{"lines": n, "file": path}, "%d "+kind.noun+" are in %s.", n, path)
}

func (s *session) exportTo(out io.Writer, kind exportKind, f bulk.Format, l client.ListOptions) (n int64,
	err error) {
	columns := columnsOf(kind.noun)
	w := bulk.NewWriter(out, f, columns)
	for item, err := range kind.list(s, l) {
		if err != nil {
			return n, errors.Join(err, w.Flush())
		}
		values, err := bulk.ValuesOf(item, columns)
		if err == nil {
			err = w.Write(values)
		}
		if err != nil {
			return n, err
		}
		n++
	}
	return n, w.Flush()
}

// exportEach turns items into what is written. An error ends them.
func exportEach[T any](items iter.Seq2[T, error], turn func(T) (any, error)) iter.Seq2[any, error] {
	return func(yield func(any, error) bool) {
		for item, err := range items {
			var out any
			if err == nil {
				out, err = turn(item)
			}
			if !yield(out, err) || err != nil {
				return
			}
		}
	}
}

func exportOrganizations(s *session, l client.ListOptions) iter.Seq2[any, error] {
	return exportEach(s.Organizations.List(s.ctx, l),
		func(o apitype.Organization) (any, error) { return o, nil })
}

// exportRequests reads each one: a list does not have the contacts.
func exportRequests(s *session, l client.ListOptions) iter.Seq2[any, error] {
	return exportEach(s.Requests.List(s.ctx, l), func(r apitype.OrganizationRequest) (any, error) {
		return s.Requests.Get(s.ctx, r.ID)
	})
}

func exportClients(s *session, l client.ListOptions) iter.Seq2[any, error] {
	return exportEach(s.Clients.List(s.ctx, client.ClientListOptions{ListOptions: l}),
		func(c apitype.Client) (any, error) { return c, nil })
}

// exportedCode is a code with the id of its organization in the column that an import reads.
type exportedCode struct {
	apitype.AuthCode
	Organization string `json:"organization"`
}

// exportCodes lists the codes of each organization. With --show-secrets it reads the texts of those that
// can be read.
func exportCodes(s *session, l client.ListOptions) iter.Seq2[any, error] {
	return func(yield func(any, error) bool) {
		for o, err := range s.Organizations.List(s.ctx, client.ListOptions{PageSize: pageSize}) {
			if err != nil {
				yield(nil, err)
				return
			}
			for c, err := range exportEach(s.AuthCodes.List(s.ctx, o.ID, l), s.exported) {
				if !yield(c, err) || err != nil {
					return
				}
			}
		}
	}
}

func (s *session) exported(c apitype.AuthCode) (any, error) {
	if s.out.ShowSecrets {
		shown, err := s.AuthCodes.Reveal(s.ctx, c.OrganizationID, c.ID)
		switch {
		case err == nil:
			c.AuthorizationCode = shown.AuthorizationCode
		case client.CodeOf(err) != client.CodeAuthCodeEnded && client.CodeOf(err) != client.CodeAuthCodeShownOnce:
			return nil, fmt.Errorf("read the code %s: %w", c.ID, err)
		}
	}
	return exportedCode{c, c.OrganizationID}, nil
}
