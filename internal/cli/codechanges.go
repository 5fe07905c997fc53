// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"fmt"
	"iter"
	"slices"
	"time"

	"github.com/spf13/cobra"

	"gatehouse/apitype"
	"gatehouse/client"
	"gatehouse/internal/output"
	"gatehouse/internal/qr"
)

func newCodeReveal(o *Options) *cobra.Command {
	return addSecretFile(o.command("reveal ORGANIZATION CODE", "Get the text of a code again, which the audit "+
		"has",
		completeCode, func(s *session, args []string) error {
			organization, id, err := s.code(args)
			if err != nil {
				return err
			}
			place, err := s.openSecret()
			if err != nil {
				return err
			}
			found, err := s.AuthCodes.Reveal(s.ctx, organization, id)
			if err := place.Keep(found.AuthorizationCode, err); err != nil {
				return err
			}
			if s.out.ShowSecrets && s.out.Format.Table() {
				_, err := fmt.Fprintln(s.out.Out, found.AuthorizationCode)
				return err
			}
			return s.out.Done(found, "Revealed the code %s.", named(found.ID, found.Name))
		}))
}

// showQR draws the text of a code.
func (s *session) showQR(organization, id string) error {
	found, err := s.AuthCodes.Reveal(s.ctx, organization, id)
	if err != nil {
		return err
	}
	picture, err := qr.Draw(found.AuthorizationCode)
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(s.out.Out, "%s\n%s\n", picture, found.AuthorizationCode)
	return err
}

func newCodeRotate(o *Options) *cobra.Command {
	var overlap string
	var dryRun bool
	var days int
	cmd := addYes(addSecretFile(o.command("rotate ORGANIZATION CODE", "Put a new code in place of one, which "+
		"stays good for a while", completeCode, func(s *session, args []string) error {
		wait, err := duration(overlap)
		if err != nil || wait < 0 {
			return Usage("--overlap %q is no duration: use one like 72h or 7d, or 0s to end the former code at once",
				overlap)
		}
		organization, id, err := s.code(args)
		if err != nil {
			return err
		}
		if dryRun {
			return s.previewRotation(organization, id, wait, days)
		}
		return s.rotate(organization, id, wait)
	})))
	f := cmd.Flags()
	f.StringVar(&overlap, "overlap", "", "how long the former code stays good, such as 72h; 0s ends it at once")
	f.BoolVar(&dryRun, "dry-run", false, "change nothing, and show whom this would have refused in the last "+
		"days")
	f.IntVar(&days, "days", apitype.DefaultPreviewDays, "how many `days` a dry run looks back")
	mustRequire(cmd, "overlap")
	return cmd
}

func (s *session) rotate(organization, id string, overlap time.Duration) error {
	place, err := s.openSecret()
	if err != nil {
		return err
	}
	if overlap == 0 {
		err = s.confirm("End the former code at once? Installers that still have it are refused.")
	}
	var made apitype.AuthCode
	if err == nil {
		made, err = s.AuthCodes.Rotate(s.ctx, organization, id, overlap)
	}
	if err := place.Keep(made.AuthorizationCode, err); err != nil {
		return err
	}
	return s.issued(made, "The code %s is in place of %s, which stays good for %s.", named(made.ID,
		made.Name), id,
		overlap.String())
}

func (s *session) previewRotation(organization, id string, overlap time.Duration, days int) error {
	p, err := s.AuthCodes.PreviewRotation(s.ctx, organization, id, overlap, days)
	if err != nil || !s.out.Format.Table() {
		if err == nil {
			err = s.out.Show(p)
		}
		return err
	}
	err = s.out.Done(p, "Nothing was changed. %d uses by %d installations since %s would have been refused.",
		p.RefusedUses, p.TotalSources, p.RefusedSince.UTC().Format(time.RFC3339))
	if err != nil || len(p.Sources) == 0 {
		return err
	}
	return output.List(s.out, []output.Column{{Title: "INSTANCE", Path: "instanceId", Least: 10},
		{Title: "ADDRESS", Path: "address"}, {Title: "USES", Path: "uses"}, {Title: "LAST USE", Path: "lastUsedAt"},
		{Title: "CLIENT", Path: "clientId", Dispensable: true}}, each(p.Sources))
}

// each returns a list that is in memory.
func each[T any](items []T) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		for item := range slices.Values(items) {
			if !yield(item, nil) {
				return
			}
		}
	}
}

// codeChange makes a command that changes the state of a code.
func codeChange(o *Options, verb, short, question, done string,
	do func(s *session, organization, id string) (apitype.AuthCode, error)) *cobra.Command {
	return o.command(verb+" ORGANIZATION CODE", short, completeCode, func(s *session, args []string) error {
		organization, id, err := s.code(args)
		if err == nil && question != "" {
			err = s.confirm("%s", question)
		}
		if err != nil {
			return err
		}
		found, err := do(s, organization, id)
		if err != nil {
			return err
		}
		return s.out.Done(found, done+" the code %s, which is %s.", named(found.ID, found.Name), found.State)
	})
}

func newCodeEndOverlap(o *Options) *cobra.Command {
	return addYes(codeChange(o, "end-overlap", "End a former code now, before its overlap is over",
		"End the former code now? Installers that still have it are refused.", "Ended",
		func(s *session, organization, id string) (apitype.AuthCode, error) {
			return s.AuthCodes.EndOverlap(s.ctx, organization, id)
		}))
}

func newCodeDisable(o *Options) *cobra.Command {
	return codeChange(o, "disable", "Let no client in with a code, until it is enabled", "", "Disabled",
		func(s *session, organization, id string) (apitype.AuthCode, error) {
			return s.AuthCodes.Disable(s.ctx, organization, id)
		})
}

func newCodeEnable(o *Options) *cobra.Command {
	return codeChange(o, "enable", "Let clients in again with a disabled code", "", "Enabled",
		func(s *session, organization, id string) (apitype.AuthCode, error) {
			return s.AuthCodes.Enable(s.ctx, organization, id)
		})
}

func newCodeUses(o *Options) *cobra.Command {
	return listCommand(o, "uses ORGANIZATION CODE", "List who used a code, when and from where",
		"at, outcome, reason, address, instanceId and clientId",
		[]output.Column{{Title: "TIME", Path: "at"}, {Title: "OUTCOME", Path: "outcome"},
			{Title: "REASON", Path: "reason"}, {Title: "ADDRESS", Path: "address"},
			{Title: "INSTANCE", Path: "instanceId", Least: 10, Dispensable: true},
			{Title: "CLIENT", Path: "clientId", Dispensable: true}}, completeCode,
		func(s *session, args []string, l client.ListOptions) (iter.Seq2[apitype.Use, error], error) {
			organization, id, err := s.code(args)
			if err != nil {
				return nil, err
			}
			return s.AuthCodes.Uses(s.ctx, organization, id, l), nil
		})
}

func newCodeVerify(o *Options) *cobra.Command {
	var file, address string
	var explain bool
	cmd := &cobra.Command{Use: "verify", Args: cobra.NoArgs,
		Short: "Find out whether a code lets a client in, without using it; exit 1 if it does not"}
	cmd.RunE = o.runOpen(func(s *session, _ []string) error {
		code, err := readSecret(s.cmd, file, "the code")
		if err != nil {
			return err
		}
		verdict, err := s.VerifyAuthCode(s.ctx, apitype.Verification{AuthorizationCode: code.Reveal(),
			Address: address, Explain: explain})
		if err == nil {
			err = s.out.Show(verdict)
		}
		if err == nil && !verdict.Valid {
			err = WithExit(ExitFailed, fmt.Errorf("the code would be refused"))
		}
		return err
	})
	f := cmd.Flags()
	f.StringVar(&file, "code-file", "", "`file` with the code (-: standard input)")
	f.StringVar(&address, "address", "", "`address` of the client; without it, this machine's")
	f.BoolVar(&explain, "explain", false, "say which rule refuses it, and which code it is; needs a log-in")
	mustRequire(cmd, "code-file")
	return cmd
}
