// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"fmt"
	"iter"
	"strings"

	"github.com/spf13/cobra"

	"gatehouse/client"
	"gatehouse/internal/output"
)

// Add adds all commands that speak to a server and to nothing else.
func Add(root *cobra.Command, environ []string) {
	for _, group := range []func(*Options) *cobra.Command{newOrganization, newRequest, newCode, newClient,
		newApplication, newImport, newExport} {
		o := NewOptions(environ)
		cmd := group(o)
		o.AddFlags(cmd)
		root.AddCommand(cmd)
	}
	addLogin(root, environ)
	root.AddCommand(newEnroll(NewOptions(environ)), newToken(NewOptions(environ)))
}

// Group makes a command that only has commands below it.
func Group(use, short string, commands ...*cobra.Command) *cobra.Command {
	cmd := &cobra.Command{Use: use, Short: short, Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() }}
	cmd.AddCommand(commands...)
	return cmd
}

// words returns how many arguments a line of usage names: the words in capitals.
func words(use string) int { return strings.Count(use, " ") }

// command makes a command whose arguments are the words after its name, each of which must be there.
func (o *Options) command(use, short string, complete completer, do func(s *session, args []string) error,
) *cobra.Command {
	cmd := &cobra.Command{Use: use, Short: short, Args: cobra.ExactArgs(words(use)), RunE: o.run(do)}
	cmd.ValidArgsFunction = o.complete(complete)
	return cmd
}

// listFlags are the choices of a list.
type listFlags struct {
	filter, sort string
	limit        int
}

// pageSize is how many items one request gets: as many as the server allows.
const pageSize = 250

// listCommand makes a command that writes a list. read returns the items that the options choose.
func listCommand[T any](o *Options, use, short string, properties string, columns []output.Column,
	complete completer, read func(s *session, args []string, l client.ListOptions) (iter.Seq2[T, error], error),
) *cobra.Command {
	var flags listFlags
	cmd := o.command(use, short, complete, nil)
	cmd.RunE = o.run(func(s *session, args []string) error {
		l, err := flags.options(cmd)
		if err != nil {
			return err
		}
		items, err := read(s, args, l)
		if err != nil {
			return err
		}
		return output.List(s.out, columns, first(items, flags.limit))
	})
	f := cmd.Flags()
	f.StringVar(&flags.filter, "filter", "", "a SCIM `filter` over "+properties)
	f.IntVar(&flags.limit, "limit", 0, "how `many` at most; without it, all")
	return cmd
}

// addSort adds the flag of lists that the server can sort.
func addSort(cmd *cobra.Command, properties string) *cobra.Command {
	cmd.Flags().String("sort", "", "`order` such as name:asc or createdAt:desc, by "+properties+
		"; without it, the newest come first")
	return cmd
}

// options returns the options for the client. An empty filter is a mistake, and not everything.
func (l *listFlags) options(cmd *cobra.Command) (client.ListOptions, error) {
	f := cmd.Flags()
	l.sort, _ = f.GetString("sort") // lists without an order have no such flag
	for _, name := range []string{"filter", "sort"} {
		if flag := f.Lookup(name); flag != nil && flag.Changed && flag.Value.String() == "" {
			return client.ListOptions{}, Usage("--%s is empty: fill it or leave it out", name)
		}
	}
	if f.Changed("limit") && l.limit < 1 {
		return client.ListOptions{}, Usage("--limit is %d: give how many to show, at least 1", l.limit)
	}
	o := client.ListOptions{Filter: l.filter, Sort: l.sort, PageSize: pageSize}
	if l.limit > 0 {
		o.PageSize = min(l.limit, pageSize)
	}
	return o, nil
}

// first returns the first items of a list; all of them if limit is 0.
func first[T any](items iter.Seq2[T, error], limit int) iter.Seq2[T, error] {
	if limit == 0 {
		return items
	}
	return func(yield func(T, error) bool) {
		left := limit
		for item, err := range items {
			if left--; !yield(item, err) || left == 0 {
				return
			}
		}
	}
}

// changed returns a pointer to the value of a flag that was given, and nil otherwise.
func changed[T any](cmd *cobra.Command, name string, value T) *T {
	if !cmd.Flags().Changed(name) {
		return nil
	}
	return &value
}

// nothingToChange is the error of a change without a single flag of a property.
func nothingToChange(cmd *cobra.Command) error {
	return Usage("nothing to change: give at least one flag. See: %s --help", cmd.CommandPath())
}

// named returns a thing for a sentence: its id and its name.
func named(id, name string) string {
	if name == "" || name == id {
		return id
	}
	return fmt.Sprintf("%s (%s)", id, name)
}
