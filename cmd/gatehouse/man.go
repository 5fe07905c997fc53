// SPDX-License-Identifier: Apache-2.0

package main

import (
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"gatehouse/internal/cli"
	"gatehouse/internal/manpage"
)

// newMan makes the command that packagers run. It is hidden: it is not for people who use a server.
func newMan() *cobra.Command {
	var dir, date string
	cmd := &cobra.Command{Use: "man", Short: "Write a manual page for each command", Args: cobra.NoArgs,
		Hidden: true,
		RunE: func(cmd *cobra.Command, _ []string) error {
			at, err := time.Parse(time.DateOnly, date)
			if err != nil {
				return cli.Usage("--date %q is no date: use one like 2026-11-30", date)
			}
			return manpage.Write(cmd.Root(), dir, at, exitSection())
		}}
	cmd.Flags().StringVar(&dir, "dir", "", "`folder` for the pages")
	cmd.Flags().StringVar(&date, "date", time.Now().UTC().Format(time.DateOnly), "`date` of the pages")
	if err := cmd.MarkFlagRequired("dir"); err != nil {
		panic(err)
	}
	return cmd
}

// exitSection is the part of every page about exit codes.
func exitSection() string {
	text := ".Sh EXIT STATUS\n.Bl -tag -width Ds\n"
	for _, c := range cli.ExitCodes() {
		text += fmt.Sprintf(".It %d\n%s\n", c.Code, c.Meaning)
	}
	return text + ".El\n"
}
