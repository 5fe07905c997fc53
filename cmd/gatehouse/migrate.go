// SPDX-License-Identifier: Apache-2.0

package main

import (
	"errors"
	"fmt"

	"github.com/spf13/cobra"
)

func newMigrate(environ []string) *cobra.Command {
	cmd := &cobra.Command{Use: "migrate", Short: "Bring the database's schema to this version and stop",
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) (err error) {
			c, err := load(cmd, environ)
			if err != nil {
				return err
			}
			db, err := createStore(cmd.Context(), c)
			if err != nil {
				return err
			}
			defer func() { err = errors.Join(err, db.Close()) }()
			applied, err := db.Migrate(cmd.Context())
			if err != nil {
				return fmt.Errorf("migrate: %w", err)
			}
			for _, note := range db.Notes() {
				if _, err := fmt.Fprintln(cmd.OutOrStdout(), note); err != nil {
					return err
				}
			}
			_, err = fmt.Fprintf(cmd.OutOrStdout(), "The schema is up to date; %d migrations were applied.\n", applied)
			return err
		}}
	addOptions(cmd, environ)
	return cmd
}
