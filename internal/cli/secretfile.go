// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"errors"
	"fmt"
	"os"

	"github.com/spf13/cobra"
)

// SecretFile is where a secret goes that the server shows once. Its file is made before the secret, so
// that no secret is lost because it has no place.
type SecretFile struct {
	file *os.File // nil: the secret is shown
}

// addSecretFile adds the flag of commands that get a secret.
func addSecretFile(cmd *cobra.Command) *cobra.Command {
	cmd.Flags().String("secret-file", "", "new `file` for the secret, which only you may read; without it, "+
		"--show-secrets shows it on the screen")
	return cmd
}

// openSecret returns where the secret of the command goes. Without a file and without leave to show
// it, it is an error, and nothing was made yet.
func (s *session) openSecret() (*SecretFile, error) {
	path, err := s.cmd.Flags().GetString("secret-file")
	if err != nil {
		return nil, err
	}
	switch {
	case path != "":
		return NewSecretFile(path)
	case s.cmd.Flags().Changed("secret-file"):
		return nil, Usage("--secret-file is empty: give the path of a new file")
	case s.out.ShowSecrets:
		return &SecretFile{}, nil
	}
	return nil, Usage("this gets a secret that is shown once: give --secret-file FILE to keep it, or " +
		"--show-secrets to see it. Nothing was done")
}

// NewSecretFile makes an empty file that only its owner may read. It never takes one that is there.
func NewSecretFile(path string) (*SecretFile, error) {
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if errors.Is(err, os.ErrExist) {
		return nil, Usage("%s is there already, and is not overwritten: give the path of a new file", path)
	}
	if err != nil {
		return nil, WithExit(ExitUsage, err)
	}
	return &SecretFile{f}, nil
}

// Keep writes the secret. With an error of the request that was to get it, it removes the file.
func (f *SecretFile) Keep(text string, failed error) error {
	if f.file == nil {
		return failed
	}
	path := f.file.Name()
	if failed != nil {
		return errors.Join(failed, f.file.Close(), os.Remove(path))
	}
	_, err := f.file.WriteString(text + "\n")
	if err = errors.Join(err, f.file.Sync(), f.file.Close()); err != nil {
		return fmt.Errorf("the secret was made, but it is not in %s: %w", path, err)
	}
	return nil
}
