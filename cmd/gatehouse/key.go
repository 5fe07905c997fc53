// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"github.com/spf13/cobra"

	"gatehouse/internal/config"
	"gatehouse/internal/datafolder"
	"gatehouse/internal/identity"
	"gatehouse/internal/problem"
	"gatehouse/internal/secret"
	"gatehouse/internal/tenancy"
)

func newKey(environ []string) *cobra.Command {
	cmd := &cobra.Command{Use: "key", Short: "Rotate the master key", Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() }}
	cmd.AddCommand(newKeyList(environ), newKeyRotate(environ), newKeyFinish(environ), newKeyDrop(environ))
	return cmd
}

func newKeyList(environ []string) *cobra.Command {
	cmd := &cobra.Command{Use: "list",
		Short: "List the master keys by their names, which reveal nothing of them", Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return withKeys(cmd, environ, func(ctx context.Context, k *keys) error {
				rows, err := k.MasterKeys(ctx)
				if err != nil {
					return err
				}
				if len(rows) == 0 {
					since, err := k.FirstMasterKeySince(ctx)
					if err != nil {
						return err
					}
					rows = []tenancy.StoredMasterKey{{ID: k.id, State: tenancy.MasterKeyActive,
						CreatedAt: since}}
				}
				for _, row := range rows {
					_, err = fmt.Fprintf(k.out, "%s  %-7s  since %s\n", row.ID, row.State,
						row.CreatedAt.Format(time.RFC3339))
				}
				return err
			})
		}}
	addOptions(cmd, environ)
	return cmd
}

// shortestWait is in how much time every replica learns a new master key: it looks once a second.
const shortestWait = 5 * time.Second

func newKeyRotate(environ []string) *cobra.Command {
	var file string
	var wait time.Duration
	cmd := &cobra.Command{Use: "rotate", Args: cobra.NoArgs,
		Short: "Put a new master key in place of the present one, while servers run",
		RunE: func(cmd *cobra.Command, _ []string) error {
			return withKeys(cmd, environ, func(ctx context.Context, k *keys) error {
				if wait < shortestWait {
					return fmt.Errorf("--wait is %s: replicas need at least %s to learn the new key", wait, shortestWait)
				}
				return k.rotate(ctx, file, wait)
			})
		}}
	cmd.Flags().StringVar(&file, "new-key-file", "",
		"`path` of the new key: a file that is made, or one that has 32 bytes in hex or Base64")
	cmd.Flags().DurationVar(&wait, "wait", shortestWait, "how `long` replicas have to learn the new key")
	addOptions(cmd, environ)
	return cmd
}

func newKeyFinish(environ []string) *cobra.Command {
	cmd := &cobra.Command{Use: "finish", Args: cobra.NoArgs,
		Short: "End a rotation when every server has the new master key: the old one opens nothing then",
		RunE: func(cmd *cobra.Command, _ []string) error {
			return withKeys(cmd, environ, func(ctx context.Context, k *keys) error { return k.finish(ctx) })
		}}
	addOptions(cmd, environ)
	return cmd
}

// keys are what the commands about master keys work with.
type keys struct {
	*identity.Service
	config config.Config
	id     string // of the key in the settings or in the data folder
	out    io.Writer
	// saidBroken is true once the values that no key opens were counted.
	saidBroken bool
}

func withKeys(cmd *cobra.Command, environ []string, fn func(context.Context, *keys) error) error {
	c, err := load(cmd, environ)
	if err != nil {
		return err
	}
	return withServices(cmd, environ, func(ctx context.Context, s *services, out io.Writer) error {
		master, err := masterKey(c)
		if err != nil {
			return err
		}
		id, err := secret.MasterKeyID(master)
		if err != nil {
			return err
		}
		return fn(ctx, &keys{Service: s.identity, config: c, id: id, out: out})
	})
}

// rotate goes on where an earlier one was interrupted. Each step is one transaction or one rename,
// and the key in the settings opens the database after each.
func (k *keys) rotate(ctx context.Context, file string, wait time.Duration) error {
	own := file == "" // the key file of the data folder is replaced
	file, err := k.newKeyPlace(file)
	if err != nil {
		return err
	}
	candidate, err := readKeyFile(file)
	if errors.Is(err, fs.ErrNotExist) {
		candidate, err = secret.NewMasterKey(), nil
	}
	if err != nil {
		return err
	}
	row, next, err := k.PrepareMasterKey(ctx, candidate)
	var e *problem.Error
	if errors.As(err, &e) && e.Code == problem.CodeSettingExists {
		return fmt.Errorf("the key in %s is one that this database has or had: a rotation needs a new one. Name a "+
			"file that does not exist, to have one made", file)
	}
	if err != nil {
		return err
	}
	if row.ID != k.id { // else the file has been put in its place
		if err := writeKeyFile(file, next); err != nil {
			return err
		}
	}
	fmt.Fprintf(k.out, "The new master key %s is known to the database.\n", row.ID)
	if err := pause(ctx, wait); err != nil {
		return err
	}
	if err := k.ActivateMasterKey(ctx); err != nil {
		return err
	}
	if err := k.reseal(ctx, wait); err != nil {
		return err
	}
	if !own {
		_, err := fmt.Fprintf(k.out, "Give the key in %s to every server, and start them again one after another. "+
			"Then run, with that key,\n\n    gatehouse key finish\n", file)
		return err
	}
	if row.ID != k.id {
		if err := k.replaceFile(file); err != nil {
			return err
		}
		k.id = row.ID
	}
	return k.finish(ctx)
}

// newKeyPlace returns the path of the new key file, which exists or can be made; empty means next to the key
// file of the data folder, which it then replaces.
func (k *keys) newKeyPlace(file string) (string, error) {
	own := file == "" // the key file of the data folder is replaced
	if own && k.config.MasterKey != nil {
		return "",
			errors.New("the master key comes from GATEHOUSE_MASTER_KEY. Say with --new-key-file where the new " +
				"one is to be, to give it to each server: see docs/key-rotation.md")
	}
	if own && k.config.Database != "" {
		return "",
			errors.New("other servers may use this database with this key. Say with --new-key-file where the new " +
				"one is to be, to give it to each of them: see docs/key-rotation.md")
	}
	if uid, another := datafolder.OwnedByAnother(k.config.MasterKeyPath()); own && another {
		return "",
			fmt.Errorf("%s belongs to the user with the number %d, who could not read the new key, which would be "+
				"yours. Run this as that user", k.config.MasterKeyPath(), uid)
	}
	if own {
		file = k.config.MasterKeyPath() + ".new"
	}
	if _, err := os.Stat(file); !errors.Is(err, fs.ErrNotExist) {
		return file, nil
	}
	dir := filepath.Dir(file)
	temp, err := datafolder.NewTemp(dir) // a rotation whose key cannot be written does not begin
	if err == nil {
		err = temp.Remove()
	}
	if err != nil {
		return "", fmt.Errorf("the new key cannot be written: %w", datafolder.Explain(dir, err))
	}
	return file, nil
}

// reseal runs until a whole pass finds nothing, because a replica may use the old key for a moment.
func (k *keys) reseal(ctx context.Context, wait time.Duration) error {
	for total := 0; ; {
		if err := pause(ctx, wait/2); err != nil {
			return err
		}
		r, err := k.Reseal(ctx)
		if err != nil {
			return err
		}
		if total += r.Done; r.Done > 0 {
			continue
		}
		k.sayBroken(r)
		_, err = fmt.Fprintf(k.out, "Everything is sealed under the new key: %d values.\n", total)
		return err
	}
}

// sayBroken says, once, how many values nobody can read any more.
func (k *keys) sayBroken(r identity.Resealed) {
	if r.Broken > 0 && !k.saidBroken {
		fmt.Fprintf(k.out, "%d values cannot be opened with any key and stay as they are.\n", r.Broken)
		k.saidBroken = true
	}
}

// replaceFile puts the new key file in place of the old one, of which it keeps a copy: backups of
// the database from before the rotation need it.
func (k *keys) replaceFile(file string) error {
	path := k.config.MasterKeyPath()
	old, err := readKeyFile(path)
	if err != nil {
		return err
	}
	if id, err := secret.MasterKeyID(old); err != nil || id != k.id { // another rotate has replaced it
		return err
	}
	kept := path + ".retired-" + k.id
	if err := writeKeyFile(kept, old); err != nil {
		return err
	}
	if err := os.Rename(file, path); err != nil {
		return err
	}
	if err := datafolder.SyncDir(filepath.Dir(path)); err != nil {
		return err
	}
	_, err = fmt.Fprintf(k.out, "The new key is in %s. Backups from before need the old one: it is in %s.\n",
		path, kept)
	return err
}

func (k *keys) finish(ctx context.Context) error {
	rows, err := k.MasterKeys(ctx)
	if err != nil {
		return err
	}
	for _, row := range rows {
		if row.State == "next" {
			return errors.New("the rotation is not over: run gatehouse key rotate again")
		}
		if row.State == "active" && row.ID != k.id {
			return fmt.Errorf("this is the old master key. Run gatehouse key finish with the new one, %s, when every "+
				"server has it", row.ID)
		}
	}
	r, err := k.Reseal(ctx)
	if err != nil {
		return err
	}
	k.sayBroken(r)
	if err := k.FinishMasterKey(ctx); err != nil {
		return err
	}
	_, err = fmt.Fprintf(k.out, "The master key is %s, and no other opens the database.\n", k.id)
	return err
}

func pause(ctx context.Context, d time.Duration) error {
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-time.After(d):
		return nil
	}
}
