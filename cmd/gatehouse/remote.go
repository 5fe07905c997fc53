// SPDX-License-Identifier: Apache-2.0

package main

import (
	"fmt"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"gatehouse/internal/cli"
	"gatehouse/internal/config"
)

// either makes the body of a command that works on the database, or on a server if a flag or the
// environment names one. Flags that only the other way uses are refused: they would be ignored.
func either(o *cli.Options, remote, offline func(*cobra.Command, []string) error,
) func(*cobra.Command, []string) error {
	return func(cmd *cobra.Command, args []string) error {
		if o.Remote(cmd) {
			if flag := givenSetting(cmd); flag != "" {
				return cli.Usage("--%s is for the database, and this asks a server: leave out either", flag)
			}
			return remote(cmd, args)
		}
		for _, name := range []string{"ca-file", "token-file", "secret-file", "yes"} {
			if f := cmd.Flags().Lookup(name); f != nil && f.Changed {
				return cli.Usage("--%s needs a server: give --server or --profile, too", name)
			}
		}
		return offline(cmd, args)
	}
}

// givenSetting returns a flag of the database's settings that was given; empty if none was.
func givenSetting(cmd *cobra.Command) (name string) {
	cmd.Flags().Visit(func(f *pflag.Flag) {
		for _, o := range config.Options() {
			if o.Flag == f.Name && o.Flag != "" {
				name = f.Name
			}
		}
	})
	return name
}

// addWays says in the help text of a command which way it takes.
func addWays(cmd *cobra.Command) {
	cmd.Long = fmt.Sprintf("%s.\n\nIt works on the database. With --server or --profile, or their variables, "+
		"it asks that server.%s", cmd.Short, cmd.Long[len(cmd.Short)+1:])
}
