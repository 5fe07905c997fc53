// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"context"
	"fmt"
	"strconv"
	"time"

	"github.com/spf13/cobra"

	"gatehouse/apitype"
	"gatehouse/internal/bulk"
)

// newCodeIssue makes a code for each organization of a list.
func newCodeIssue(o *Options) *cobra.Command {
	var flags importFlags
	var code codeFlags
	var list string
	cmd := &cobra.Command{Use: "issue", Short: "Make a code for each organization of a list", Args: cobra.NoArgs}
	cmd.RunE = o.run(func(s *session, _ []string) error {
		if list == "" {
			return Usage("--for is empty: give a file with the organizations")
		}
		kind, choice, err := code.forEach()
		if err != nil {
			return err
		}
		return s.importFile(kind, flags, list, choice)
	})
	code.add(cmd)
	cmd.Flags().StringVar(&code.name, "name", "", "`name` of the codes")
	cmd.Flags().StringVar(&list, "for", "", "`file` with the organizations, in CSV or JSON lines: a column "+
		"organization or id or name, or organizationExternalId, or what gatehouse export organizations wrote")
	flags.add(cmd)
	addSecretFile(cmd)
	for _, name := range []string{"for", "name", "expires", "max-uses"} {
		mustRequire(cmd, name)
	}
	cmd.Example = "  gatehouse code issue --for organizations.csv --name spring --expires 90d --max-uses 100 " +
		"--secret-file codes.csv"
	return cmd
}

// forEach returns an import that makes the same code for each line, and what the flags say of it.
func (f codeFlags) forEach() (importKind, string, error) {
	p := apitype.AuthCodeParams{Name: f.name, Note: f.note, CIDRs: f.cidrs, Tags: f.tags}
	if _, err := expiry("expires", f.expires, time.Now()); err != nil {
		return importKind{}, "", err
	}
	var err error
	if p.MaxUses, err = maxUses(f.uses); err != nil {
		return importKind{}, "", err
	}
	kind := importKind{noun: "codes", columns: listedOrganizations(), made: madeCode(),
		mints: func(bulk.Values) bool { return true }, keys: listedAs,
		same: "organization"}
	kind.prepare = func(i *importer, ctx context.Context, t bulk.Task) (send, error) {
		organization, err := i.organizationOf(ctx, listed(t.Values))
		if err != nil {
			return nil, err
		}
		p := p
		if p.ExpiresAt, err = expiry("expires", f.expires, t.Begun); err != nil {
			return nil, err
		}
		return func(ctx context.Context) ([]string, error) {
			made, err := i.AuthCodes.Create(ctx, organization, p)
			if err != nil {
				return nil, err
			}
			return []string{strconv.Itoa(t.Line), made.OrganizationID, made.ID, made.Name, made.AuthorizationCode}, nil
		}, nil
	}
	return kind, fmt.Sprintf("%+q", []string{f.name, f.note, f.expires, f.uses, fmt.Sprint(f.cidrs),
		fmt.Sprint(f.tags)}), nil
}

// listedOrganizations are the columns of a list: of its own, or those of an export.
func listedOrganizations() []bulk.Column {
	columns := []bulk.Column{{Name: "organization"}, {Name: "organizationExternalId"}}
	for _, c := range columnsOf(nounOrganizations) {
		c.Required, c.Ignored = false, c.Name != "id" && c.Name != "name"
		columns = append(columns, c)
	}
	return columns
}

// listed returns what a list calls an organization, in the columns that organizationOf reads: by these, else
// by the id or the name that an export has.
func listed(v bulk.Values) bulk.Values {
	if v["organization"] != nil || v["organizationExternalId"] != nil {
		return v
	}
	for _, name := range []string{"id", "name"} {
		if v[name] != nil {
			return bulk.Values{"organization": v[name]}
		}
	}
	return nil
}

// listedAs returns the key of a line of a list.
func listedAs(v bulk.Values) []string {
	called := listed(v)
	return []string{string(called["organization"]) + string(called["organizationExternalId"])}
}
