// SPDX-License-Identifier: Apache-2.0

// Package terminal asks questions at the command line, and tells a terminal from a file or a pipe.
//
// It is not: a screen with windows, or colours.
//
// Floor F1: it knows secret only.
package terminal

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"golang.org/x/term"

	"gatehouse/internal/secret"
)

// fd returns the descriptor of a stream that is a terminal, and whether it is one.
func fd(stream any) (int, bool) {
	f, ok := stream.(*os.File)
	if !ok || !term.IsTerminal(int(f.Fd())) {
		return -1, false
	}
	return int(f.Fd()), true
}

// Is reports whether a stream is a terminal.
func Is(stream any) bool {
	_, ok := fd(stream)
	return ok
}

// usualWidth is taken for a terminal that does not say its size, such as a serial line.
const usualWidth = 80

// Width returns how many columns a terminal has; 0 if the stream is none.
func Width(stream any) int {
	d, ok := fd(stream)
	if !ok {
		return 0
	}
	width, _, err := term.GetSize(d)
	if err != nil || width <= 0 {
		return usualWidth
	}
	return width
}

// Asker reads answers, one line each. On a terminal it says what it wants, on the error
// output, and does not show secrets.
type Asker struct {
	ctx    context.Context // ends a wait for an answer
	in     *bufio.Reader
	prompt io.Writer
	fd     int // of the terminal; -1: the input is none
}

// NewAsker returns an Asker that reads in and writes its questions to prompt. When ctx ends,
// a question that waits for its answer returns its error.
func NewAsker(ctx context.Context, in io.Reader, prompt io.Writer) *Asker {
	if in == nil {
		in = strings.NewReader("")
	}
	d, _ := fd(in)
	return &Asker{ctx: ctx, in: bufio.NewReader(in), prompt: prompt, fd: d}
}

// Interactive reports whether a person is asked: the input is a terminal.
func (a *Asker) Interactive() bool { return a.fd >= 0 }

// Line returns the next line without its end. A line that is missing is an error.
func (a *Asker) Line(what string) (string, error) {
	if a.Interactive() {
		fmt.Fprint(a.prompt, what)
	}
	text, err := a.wait(func() (string, error) { return a.in.ReadString('\n') })
	if text == "" && err != nil {
		if errors.Is(err, io.EOF) {
			err = errors.New("the input ended; one line is wanted")
		}
		return "", fmt.Errorf("%s%w", what, err)
	}
	return strings.TrimSuffix(strings.TrimSuffix(text, "\n"), "\r"), nil
}

// Secret is Line for what nobody may read on the screen.
func (a *Asker) Secret(what string) (secret.Secret, error) {
	if !a.Interactive() || a.in.Buffered() > 0 {
		text, err := a.Line(what)
		return secret.Of(text), err
	}
	fmt.Fprint(a.prompt, what)
	text, err := a.wait(func() (string, error) {
		b, err := term.ReadPassword(a.fd)
		return string(b), err
	})
	fmt.Fprintln(a.prompt)
	if errors.Is(err, io.EOF) {
		err = errors.New("the input ended; one line is wanted")
	}
	if err != nil {
		return secret.Secret{}, fmt.Errorf("%s%w", what, err)
	}
	return secret.Of(text), nil
}

// Confirm asks a question that is answered with yes or no. Every answer but y and yes is a no.
func (a *Asker) Confirm(question string) (bool, error) {
	answer, err := a.Line(question + " [y/N] ")
	if err != nil {
		return false, err
	}
	answer = strings.ToLower(strings.TrimSpace(answer))
	return answer == "y" || answer == "yes", nil
}

// wait returns what read does, or the error of the context if it ends before. The terminal is then as
// it was, with its echo. The read goes on until the process ends, and nothing reads after it.
func (a *Asker) wait(read func() (string, error)) (string, error) {
	if a.ctx.Err() != nil {
		return "", a.ctx.Err()
	}
	var before *term.State
	if a.Interactive() {
		before, _ = term.GetState(a.fd) // without it, there is nothing to restore
	}
	type answer struct {
		text string
		err  error
	}
	done := make(chan answer, 1)
	go func() {
		text, err := read()
		done <- answer{text, err}
	}()
	select {
	case got := <-done:
		return got.text, got.err
	case <-a.ctx.Done():
		if before != nil {
			_ = term.Restore(a.fd, before) // nothing else can be done about it
		}
		return "", a.ctx.Err()
	}
}
