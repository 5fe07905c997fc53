// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/spf13/cobra"
	"golang.org/x/term"

	"gatehouse/internal/secret"
)

// asker reads answers, one line each. On a terminal it says what it wants, on the error
// output, and does not show secrets.
type asker struct {
	in     *bufio.Reader
	prompt io.Writer
	fd     int // of the terminal; -1: the input is none
}

func newAsker(cmd *cobra.Command) *asker {
	a := &asker{in: bufio.NewReader(cmd.InOrStdin()), prompt: cmd.ErrOrStderr(), fd: -1}
	if f, ok := cmd.InOrStdin().(*os.File); ok && term.IsTerminal(int(f.Fd())) {
		a.fd = int(f.Fd())
	}
	return a
}

// line returns the next line without its end. A line that is missing is an error.
func (a *asker) line(what string) (string, error) {
	if a.fd >= 0 {
		fmt.Fprint(a.prompt, what)
	}
	text, err := a.in.ReadString('\n')
	if text == "" && err != nil {
		if errors.Is(err, io.EOF) {
			err = errors.New("the input ended; one line is wanted")
		}
		return "", fmt.Errorf("%s%w", what, err)
	}
	return strings.TrimSuffix(strings.TrimSuffix(text, "\n"), "\r"), nil
}

// secret is line for what nobody may read on the screen.
func (a *asker) secret(what string) (secret.Secret, error) {
	if a.fd < 0 || a.in.Buffered() > 0 {
		text, err := a.line(what)
		return secret.Of(text), err
	}
	fmt.Fprint(a.prompt, what)
	text, err := term.ReadPassword(a.fd)
	fmt.Fprintln(a.prompt)
	if err != nil {
		return secret.Secret{}, fmt.Errorf("%s%w", what, err)
	}
	return secret.Of(string(text)), nil
}
