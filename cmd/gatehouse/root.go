// SPDX-License-Identifier: Apache-2.0

package main

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"os"
	"runtime/debug"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"gatehouse/internal/cli"
	"gatehouse/internal/config"
)

// newRoot makes the command tree.
func newRoot(environ []string) *cobra.Command {
	root := &cobra.Command{
		Use:           "gatehouse",
		Short:         "One server that controls how organizations get access",
		SilenceUsage:  true,
		SilenceErrors: true,
		Args:          cobra.NoArgs,
		RunE:          func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	root.SetFlagErrorFunc(func(_ *cobra.Command, err error) error { return flagError(err) })
	root.Version = version()
	root.SetVersionTemplate("{{.Name}} {{.Version}}\n")
	root.AddCommand(newServe(environ), newMigrate(environ), newConfig(environ), newVersion(),
		newOperator(environ), newAudit(environ), newKey(environ),
		newBackup(environ), newRestore(environ), newDoctor(environ), newMan())
	cli.Add(root, environ)
	groupNames(root)
	suggestNames(root)
	return root
}

// groupNames sorts the list of commands by where they work.
func groupNames(root *cobra.Command) {
	const remote, both, local, help = "remote", "both", "local", "help"
	root.AddGroup(&cobra.Group{ID: remote, Title: "Commands that speak to a server:"},
		&cobra.Group{ID: both, Title: "Commands that work on the database, or over a server:"},
		&cobra.Group{ID: local, Title: "Commands on the machine of the server:"},
		&cobra.Group{ID: help, Title: "Help:"})
	root.SetCompletionCommandGroupID(help)
	root.SetHelpCommandGroupID(help)
	for _, cmd := range root.Commands() {
		switch cmd.Name() {
		case "serve", "migrate", "config", "key", "backup", "restore", "doctor", "man":
			cmd.GroupID = local
		case "operator", "audit":
			cmd.GroupID = both
		case "version":
			cmd.GroupID = help
		default:
			cmd.GroupID = remote
		}
	}
}

// suggestNames has commands that only have commands below them name the one that was probably meant.
func suggestNames(cmd *cobra.Command) {
	for _, below := range cmd.Commands() {
		suggestNames(below)
	}
	if !cmd.HasSubCommands() {
		return
	}
	cmd.SuggestionsMinimumDistance = 2
	cmd.Args = func(cmd *cobra.Command, args []string) error {
		if len(args) == 0 {
			return nil
		}
		advice := "See: " + cmd.CommandPath() + " --help"
		if near := cmd.SuggestionsFor(args[0]); len(near) > 0 {
			advice = "Did you mean " + strings.Join(near, " or ") + "?"
		}
		return fmt.Errorf("unknown command %q for %q. %s", args[0], cmd.CommandPath(), advice)
	}
}

func newVersion() *cobra.Command {
	return &cobra.Command{Use: "version", Short: "Print the version", Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			_, err := fmt.Fprintln(cmd.OutOrStdout(), "gatehouse", version())
			return err
		}}
}

// version returns what the Go tool wrote into the binary.
func version() string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return "unknown"
	}
	return versionOf(info)
}

// versionOf returns the version of a build, or "(devel)"; the commit that it was built from, unless
// the version has it, with + if files had been changed since; and Go's own version.
func versionOf(info *debug.BuildInfo) string {
	v, commit, changed := cmp.Or(info.Main.Version, "(devel)"), "", ""
	for _, s := range info.Settings {
		switch {
		case s.Key == "vcs.revision":
			commit = s.Value[:min(12, len(s.Value))]
		case s.Key == "vcs.modified" && s.Value == "true":
			changed = "+"
		}
	}
	if commit != "" && !strings.Contains(v, commit) {
		v += " " + commit + changed
	}
	return v + " " + info.GoVersion
}

// addOptions adds a flag to the command for each option that it uses, and its environment name
// to the help text. A wrong flag is reported together with all other errors.
func addOptions(cmd *cobra.Command, environ []string) { addOptionsOf(cmd, cmd.Name(), environ) }

// addOptionsOf is addOptions for a command that reads the settings of another one.
func addOptionsOf(cmd *cobra.Command, of string, environ []string) {
	cmd.SetFlagErrorFunc(func(cmd *cobra.Command, err error) error {
		_, others := load(cmd, environ)
		return errors.Join(flagError(err), others)
	})
	var secrets strings.Builder
	for _, o := range config.Options() {
		if !o.UsedBy(of) {
			continue
		}
		if o.Flag == "" {
			fmt.Fprintf(&secrets, "  %s, or a file named by %s_FILE\n      %s\n", o.Env, o.Env, o.Help)
			continue
		}
		cmd.Flags().String(o.Flag, o.Default, o.Help+" ["+o.Env+"]")
	}
	cmd.Long = cmd.Short + ".\n\nSecrets come from the environment only:\n" + secrets.String()
}

// flagError returns the error of a flag without the words of the function that parsed it.
func flagError(err error) error {
	var wrong *pflag.InvalidValueError
	if !errors.As(err, &wrong) {
		return err
	}
	flag, value := wrong.GetFlag(), wrong.GetValue()
	switch flag.Value.Type() {
	case "int":
		return fmt.Errorf("--%s %q is no number that fits: use one like %s", flag.Name, value, flag.DefValue)
	case "duration":
		return fmt.Errorf("--%s %q is no duration: use one like 90s, 15m or 12h", flag.Name, value)
	case "bool":
		return fmt.Errorf("--%s %q is neither true nor false: use --%s alone, or --%s=false", flag.Name, value,
			flag.Name, flag.Name)
	}
	return err
}

// load returns the checked settings for a command.
func load(cmd *cobra.Command, environ []string) (config.Config, error) {
	c, err := config.Load(flagsOf(cmd), environ, readSecret)
	return c, cli.WithExit(cli.ExitUsage, err)
}

// flagsOf returns the options that were given as flags.
func flagsOf(cmd *cobra.Command) map[string]string {
	set := map[string]string{}
	cmd.Flags().Visit(func(f *pflag.Flag) {
		for _, o := range config.Options() {
			if o.Flag == f.Name {
				set[f.Name] = f.Value.String()
			}
		}
	})
	return set
}

// maxSecretFile is larger than any password or key, and small enough to read.
const maxSecretFile = 64 << 10

// readSecret reads the small file of a secret. A file without an end, such as a device, is
// an error.
func readSecret(path string) (content []byte, err error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	content, err = io.ReadAll(io.LimitReader(f, maxSecretFile+1))
	if err == nil && len(content) > maxSecretFile {
		err = errors.New("the file is too large for a secret")
	}
	return content, err
}
