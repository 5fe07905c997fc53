// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"encoding/json"
	"fmt"
	"iter"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"gatehouse/apitype"
	"gatehouse/client"
	"gatehouse/internal/output"
)

func newCode(o *Options) *cobra.Command {
	return Group("code", "Administer authorization codes, which let clients in", newCodeList(o), newCodeShow(o),
		newCodeCreate(o), newCodeIssue(o), newCodeUpdate(o), newCodeReveal(o), newCodeRotate(o),
		newCodeEndOverlap(o), newCodeDisable(o), newCodeEnable(o), newCodeUses(o), newCodeVerify(o),
		newCodeInstaller(o))
}

func codeColumns() []output.Column {
	return []output.Column{{Title: "NAME", Path: "name", Least: 10}, {Title: "STATE", Path: "state"},
		{Title: "USES", Path: "uses"}, {Title: "OF", Path: "maxUses"},
		{Title: "ID", Path: "id", Dispensable: true},
		{Title: "EXPIRES", Path: "expiresAt", Dispensable: true},
		{Title: "LAST USED", Path: "lastUsedAt", Dispensable: true}, {Path: "note"}, {Path: "primary"},
		{Path: "canary"}, {Path: "cidrs"}, {Path: "tags"}, {Path: "validUntil"}, {Path: "createdAt"},
		{Path: "createdBy"}, {Path: "replacedBy"}, {Path: "imported"}, {Path: "weak"}}
}

func newCodeList(o *Options) *cobra.Command {
	return addSort(listCommand(o, "list ORGANIZATION", "List the codes of an organization",
		"id, name, tags, createdAt, updatedAt, expiresAt, uses and lastUsedAt", codeColumns(), completeOrganization,
		func(s *session, args []string, l client.ListOptions) (iter.Seq2[apitype.AuthCode, error], error) {
			organization, err := s.organization(args[0])
			if err != nil {
				return nil, err
			}
			return s.AuthCodes.List(s.ctx, organization, l), nil
		}), "one of name, createdAt, updatedAt, expiresAt, uses and lastUsedAt")
}

func newCodeShow(o *Options) *cobra.Command {
	var picture bool
	cmd := o.command("show ORGANIZATION CODE", "Show a code without its text, or as a QR code", completeCode,
		func(s *session, args []string) error {
			if picture && !s.out.ShowSecrets {
				return Usage("a QR code shows the code to everybody who sees the screen: add --show-secrets if it is " +
					"meant")
			}
			organization, id, err := s.code(args)
			if err != nil {
				return err
			}
			if picture {
				return s.showQR(organization, id)
			}
			found, err := s.AuthCodes.Get(s.ctx, organization, id)
			if err != nil {
				return err
			}
			return s.out.Show(found)
		})
	cmd.Flags().BoolVar(&picture, "qr", false, "draw the code's text as a QR code; needs --show-secrets, and "+
		"the audit has it")
	return cmd
}

// codeFlags are the properties of a code.
type codeFlags struct {
	name, note, expires, uses string
	cidrs, tags               []string
	canary, primary           bool
}

func (f *codeFlags) add(cmd *cobra.Command) {
	flags := cmd.Flags()
	flags.StringVar(&f.note, "note", "", "`text` about it")
	flags.StringVar(&f.expires, "expires", "", "`when` it ends: a time such as 2027-01-01T00:00:00Z, from now "+
		"such as 720h or 30d, or never")
	flags.StringVar(&f.uses, "max-uses", "", "how `many` clients it lets in, or unlimited")
	flags.StringArrayVar(&f.cidrs, "cidr", nil, "`network` from which it may be used, such as 192.0.2.0/24; "+
		"may be repeated; without one, all")
	flags.StringArrayVar(&f.tags, "tag", nil, "`text` that its clients inherit; may be repeated")
	mustComplete(cmd, "expires", cobra.FixedCompletions([]string{"24h", "7d", "30d", "never"},
		cobra.ShellCompDirectiveNoFileComp))
	mustComplete(cmd, "max-uses", cobra.FixedCompletions([]string{"1", "unlimited"},
		cobra.ShellCompDirectiveNoFileComp))
}

// expiry reads when something ends.
func expiry(flag, text string, now time.Time) (*apitype.Expiry, error) {
	if text == apitype.Never {
		return &apitype.Expiry{}, nil
	}
	if at, err := time.Parse(time.RFC3339, text); err == nil && !at.IsZero() {
		return &apitype.Expiry{At: at}, nil
	}
	life, err := duration(text)
	if err != nil || life <= 0 {
		return nil, Usage("--%s %q is no time: use one like 2027-01-01T00:00:00Z, 720h or 30d, or never", flag,
			text)
	}
	return &apitype.Expiry{At: now.Add(life).Truncate(time.Second)}, nil
}

// duration reads a duration of Go, or of whole days such as 30d.
func duration(text string) (time.Duration, error) {
	days, ok := strings.CutSuffix(text, "d")
	if !ok {
		return time.ParseDuration(text)
	}
	const day, most = 24 * time.Hour, 36500
	n, err := strconv.Atoi(days)
	if err == nil && (n < 0 || n > most) {
		err = fmt.Errorf("at most %d days", most)
	}
	return time.Duration(n) * day, err
}

// maxUses reads how often a code may be used.
func maxUses(text string) (*apitype.Uses, error) {
	raw := []byte(text)
	if !isNumber(text) {
		raw, _ = json.Marshal(text) // a text is always JSON
	}
	var uses apitype.Uses
	if err := uses.UnmarshalJSON(raw); err != nil {
		return nil, Usage("--max-uses %q: give a number of at least 1, or unlimited", text)
	}
	return &uses, nil
}

func newCodeCreate(o *Options) *cobra.Command {
	var flags codeFlags
	var file string
	cmd := addSecretFile(o.command("create ORGANIZATION", "Create a code; its limits must be said",
		completeOrganization, func(s *session, args []string) error {
			p, err := flags.params()
			if err != nil {
				return err
			}
			organization, err := s.organization(args[0])
			if err != nil {
				return err
			}
			if s.cmd.Flags().Changed("code-file") {
				return s.keepCode(organization, file, p)
			}
			return s.createCode(organization, p)
		}))
	flags.add(cmd)
	f := cmd.Flags()
	f.StringVar(&flags.name, "name", "", "`name` of the code")
	f.BoolVar(&flags.canary, "canary", false, "it looks real, lets nobody in, and every use of it is in the "+
		"audit")
	f.StringVar(&file, "code-file", "", "`file` with a code that another system made, which is kept as it is "+
		"(-: "+
		"standard input)")
	f.BoolVar(&flags.primary, "primary", false, "with --code-file: it becomes the code that the vendors' APIs "+
		"show")
	for _, name := range []string{"name", "expires", "max-uses"} {
		mustRequire(cmd, name)
	}
	cmd.MarkFlagsMutuallyExclusive("code-file", "secret-file")
	cmd.MarkFlagsMutuallyExclusive("code-file", "canary")
	cmd.Example = "  gatehouse code create 'Acme Ltd' --name tills --expires 30d --max-uses 100 --secret-file " +
		"code.txt"
	return cmd
}

// params returns the body that makes a code.
func (f *codeFlags) params() (p apitype.AuthCodeParams, err error) {
	p = apitype.AuthCodeParams{Name: f.name, Note: f.note, CIDRs: f.cidrs, Tags: f.tags, Canary: f.canary,
		Primary: f.primary}
	if p.ExpiresAt, err = expiry("expires", f.expires, time.Now()); err == nil {
		p.MaxUses, err = maxUses(f.uses)
	}
	return p, err
}

// createCode makes a code whose text is new.
func (s *session) createCode(organization string, p apitype.AuthCodeParams) error {
	if p.Primary {
		return Usage("--primary goes with --code-file: leave it out")
	}
	place, err := s.openSecret()
	if err != nil {
		return err
	}
	made, err := s.AuthCodes.Create(s.ctx, organization, p)
	if err := place.Keep(made.AuthorizationCode, err); err != nil {
		return err
	}
	return s.issued(made, "Created the code %s.", named(made.ID, made.Name))
}

// keepCode makes a code of a text that another system made.
func (s *session) keepCode(organization, file string, p apitype.AuthCodeParams) error {
	text, err := readSecret(s.cmd, file, "the code")
	if err != nil {
		return err
	}
	own := text.Reveal()
	p.AuthorizationCode = &own
	made, err := s.AuthCodes.Create(s.ctx, organization, p)
	if err != nil {
		return err
	}
	advice := ""
	if made.Weak {
		advice = " It is weak: rotate it soon."
	}
	return s.out.Created(made, "Kept the code as %s.%s", named(made.ID, made.Name), advice)
}

// mustRequire has a command refused without a flag. Its error says only that there is no such flag.
func mustRequire(cmd *cobra.Command, flag string) {
	if err := cmd.MarkFlagRequired(flag); err != nil {
		panic(err)
	}
}

// issued writes a thing that is new, and its secret if it may be shown.
func (s *session) issued(made any, sentence string, args ...any) error {
	if s.out.ShowSecrets && s.out.Format.Table() {
		return s.out.Show(made)
	}
	return s.out.Created(made, sentence, args...)
}

func newCodeUpdate(o *Options) *cobra.Command {
	var flags codeFlags
	var cmd *cobra.Command
	cmd = o.command("update ORGANIZATION CODE", "Change what flags name; the rest stays as it is", completeCode,
		func(s *session, args []string) error {
			change, err := flags.change(cmd)
			if err != nil {
				return err
			}
			organization, id, err := s.code(args)
			if err != nil {
				return err
			}
			found, err := s.AuthCodes.Update(s.ctx, organization, id, change)
			if err != nil {
				return err
			}
			return s.out.Done(found, "Changed the code %s.", named(found.ID, found.Name))
		})
	flags.add(cmd)
	cmd.Flags().StringVar(&flags.name, "name", "", "new `name`")
	return cmd
}

func (f *codeFlags) change(cmd *cobra.Command) (c apitype.AuthCodeChange, err error) {
	if cmd.Flags().Changed("expires") {
		if c.ExpiresAt, err = expiry("expires", f.expires, time.Now()); err != nil {
			return c, err
		}
	}
	if cmd.Flags().Changed("max-uses") {
		if c.MaxUses, err = maxUses(f.uses); err != nil {
			return c, err
		}
	}
	c.Name, c.Note = changed(cmd, "name", f.name), changed(cmd, "note", f.note)
	c.CIDRs, c.Tags = changed(cmd, "cidr", nonEmpty(f.cidrs)), changed(cmd, "tag", nonEmpty(f.tags))
	if c == (apitype.AuthCodeChange{}) {
		err = nothingToChange(cmd)
	}
	return c, err
}
