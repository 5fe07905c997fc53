// SPDX-License-Identifier: Apache-2.0

package main

import (
	"cmp"
	"fmt"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"gatehouse/internal/cli"
	"gatehouse/internal/config"
)

func newConfig(environ []string) *cobra.Command {
	root := &cobra.Command{Use: "config", Short: "Check and show the settings of a server", Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() }}
	check := &cobra.Command{Use: "check", Short: "Report every error in the settings", Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			c, err := load(cmd, environ)
			if err != nil {
				return err
			}
			if err := checkFiles(c, environ); err != nil {
				return cli.WithExit(cli.ExitUsage, err)
			}
			_, err = fmt.Fprintln(cmd.OutOrStdout(), "The settings have no error.")
			return err
		}}
	show := &cobra.Command{Use: "show", Short: "Show each setting and where it comes from, without secrets",
		Args: cobra.NoArgs, RunE: func(cmd *cobra.Command, _ []string) error { return showConfig(cmd, environ) }}
	root.AddCommand(check, show)
	for _, cmd := range root.Commands() {
		addOptionsOf(cmd, "serve", environ)
	}
	return root
}

// showConfig prints the settings even if some have errors, which it returns.
func showConfig(cmd *cobra.Command, environ []string) error {
	settings, err := config.Show(flagsOf(cmd), environ, readSecret)
	w := tabwriter.NewWriter(cmd.OutOrStdout(), 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "SETTING\tVALUE\tFROM")
	for _, s := range settings {
		fmt.Fprintf(w, "%s\t%s\t%s\n", s.Name, cmp.Or(s.Value, "-"), s.Source)
	}
	if flushed := w.Flush(); flushed != nil {
		return flushed
	}
	return cli.WithExit(cli.ExitUsage, err)
}
