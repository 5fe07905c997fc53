// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"gatehouse/internal/identity"
	"gatehouse/internal/problem"
)

func newKeyDrop(environ []string) *cobra.Command {
	var endThem bool
	cmd := &cobra.Command{Use: "drop ID", Args: cobra.ExactArgs(1),
		Short: "Let a retired master key recognise no secret any more; it still verifies the audit",
		RunE: func(cmd *cobra.Command, args []string) error {
			return withKeys(cmd, environ, func(ctx context.Context, k *keys) error {
				return k.drop(ctx, args[0], endThem)
			})
		}}
	cmd.Flags().BoolVar(&endThem, "end-them", false, "also if secrets that were made under it end with it")
	addOptions(cmd, environ)
	return cmd
}

func (k *keys) drop(ctx context.Context, id string, endThem bool) error {
	if _, err := k.Reseal(ctx); err != nil { // nothing may be sealed under it
		return err
	}
	made, dropped, err := k.DropMasterKey(ctx, id, endThem)
	if errors.Is(err, problem.NotFound) {
		return fmt.Errorf("there is no master key %q. See: gatehouse key list", id)
	}
	if err != nil {
		return err
	}
	if !dropped {
		return fmt.Errorf("%s may have been made under the master key %s, and would end with it. Give "+
			"them new ones, or give --end-them", counts(made), id)
	}
	if len(made) > 0 {
		fmt.Fprintf(k.out, "Ended, as far as they were made under it: %s.\n", counts(made))
	}
	_, err = fmt.Fprintf(k.out,
		"The master key %s recognises no secret any more. It still verifies the audit.\n", id)
	return err
}

// counts puts numbers of secrets into words.
func counts(made []identity.MadeUnder) string {
	var texts []string
	for _, m := range made {
		texts = append(texts, fmt.Sprintf("%d %s", m.Count, m.Kind))
	}
	return strings.Join(texts, ", ")
}
