// SPDX-License-Identifier: Apache-2.0

// Command gatehouse is the server, and the commands for the people who run it.
//
// Floor F5: the only place that names an engine.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"strings"
	"syscall"

	"github.com/spf13/cobra"

	"gatehouse/internal/cli"
	"gatehouse/internal/postgres"
	"gatehouse/internal/problem"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	// The first signal drains; with the handler gone, a second one kills.
	context.AfterFunc(ctx, stop)
	os.Exit(run(ctx, os.Args[1:], os.Environ(), os.Stdin, os.Stdout, os.Stderr))
}

// run is the whole program except for the process. It returns the exit code, one of those in
// package cli.
func run(ctx context.Context, args, environ []string, stdin io.Reader, stdout, stderr io.Writer) int {
	root := newRoot(environ)
	begun := noteBegin(root)
	root.SetArgs(args)
	root.SetIn(stdin)
	root.SetOut(stdout)
	root.SetErr(stderr)
	err := root.ExecuteContext(ctx)
	switch {
	case err == nil:
		return cli.ExitDone
	case ctx.Err() != nil && *begun:
		fmt.Fprintln(stderr, "gatehouse: interrupted")
		return cli.ExitInterrupted
	}
	fmt.Fprintf(stderr, "gatehouse: %s\n", explain(err))
	if !*begun { // its flags or arguments were wrong
		return cli.ExitUsage
	}
	return cli.ExitCode(err)
}

// noteBegin has every command note that it has begun: an error before that is one of its usage.
func noteBegin(root *cobra.Command) *bool {
	begun := new(bool)
	var visit func(cmd *cobra.Command)
	visit = func(cmd *cobra.Command) {
		if do := cmd.RunE; do != nil {
			cmd.RunE = func(cmd *cobra.Command, args []string) error {
				*begun = true
				return do(cmd, args)
			}
		}
		for _, below := range cmd.Commands() {
			visit(below)
		}
	}
	visit(root)
	return begun
}

// explain returns the text of an error for the person who runs the program: the sentence
// that says what to do, if there is one, and the cause, which this person may see.
func explain(err error) string {
	if side, is := errors.AsType[*targetError](err); is {
		return side.Error()
	}
	if text, ok := cli.Explain(err); ok {
		return text
	}
	if text, lasts := postgres.Lasting(err); lasts {
		if cause := cause(err).Error(); !strings.Contains(cause, text) {
			text = fmt.Sprintf("%s (%s)", text, cause)
		}
		return text
	}
	var e *problem.Error
	if !errors.As(err, &e) || e.Message == "" {
		return err.Error()
	}
	message := e.Message
	switch e.Code {
	case problem.CodeWrongMasterKey: // says where this program has the key from
		message = "This database was made with another master key. Give the same one " +
			"(GATEHOUSE_MASTER_KEY, or master.key in the data folder); replicas must share it."
	case problem.CodeMasterKeyRetired:
		message += " It is the one that gatehouse key rotate made (GATEHOUSE_MASTER_KEY, or master.key in the data folder)."
	case problem.CodeSchemaTooOld:
		message = "The database is not set up for this program yet. Start the server once first, or run " +
			"gatehouse migrate."
	}
	if e.Err != nil {
		return fmt.Sprintf("%s (%v)", message, e.Err)
	}
	return message
}
