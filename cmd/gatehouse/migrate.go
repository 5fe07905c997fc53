// SPDX-License-Identifier: Apache-2.0

package main

import (
	"errors"
	"fmt"
	"log/slog"

	"github.com/spf13/cobra"
)

// onlyText leaves out the time and the level of a line for people.
func onlyText(groups []string, a slog.Attr) slog.Attr {
	if len(groups) == 0 && (a.Key == slog.TimeKey || a.Key == slog.LevelKey) {
		return slog.Attr{}
	}
	return a
}

func newMigrate(environ []string) *cobra.Command {
	var f moveFlags
	cmd := &cobra.Command{Use: "migrate",
		Short: "Bring the database's schema to this version and stop; or move everything to another database",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) (err error) {
			c, err := load(cmd, environ)
			if err != nil {
				return err
			}
			if to, err := f.target(cmd); err != nil || to != "" || f.forget {
				return errors.Join(err, f.run(cmd, c, to))
			}
			db, err := createStore(cmd.Context(), c)
			if err != nil {
				return err
			}
			defer func() { err = errors.Join(err, db.Close()) }()
			if err := checkFile(cmd.Context(), db, slog.New(slog.DiscardHandler)); err != nil {
				return err
			}
			applied, err := migrate(cmd.Context(), c, db, func(line string, args ...any) {
				slog.New(slog.NewTextHandler(cmd.OutOrStdout(), &slog.HandlerOptions{ReplaceAttr: onlyText})).Info(line,
					args...)
			})
			if err != nil {
				return err
			}
			for _, note := range db.Notes() {
				if _, err := fmt.Fprintln(cmd.OutOrStdout(), note); err != nil {
					return err
				}
			}
			_, err = fmt.Fprintf(cmd.OutOrStdout(), "The schema is up to date; %d migrations were applied.\n", applied)
			return err
		}}
	f.add(cmd)
	addOptions(cmd, environ)
	return cmd
}
