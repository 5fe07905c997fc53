// SPDX-License-Identifier: Apache-2.0

package installation

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"gatehouse/client"
)

// minLife is how long a token must live that is handed out.
const minLife = time.Minute

// storedToken is the content of the token's file.
type storedToken struct {
	ClientID    string    `json:"clientId"`
	AccessToken string    `json:"accessToken"`
	GotAt       time.Time `json:"gotAt"`
	ExpiresAt   time.Time `json:"expiresAt"`
}

// Connect makes a client of the installation's server with further options.
type Connect func(i Installation, options ...client.Option) (*client.Client, error)

// Token returns an access token that lives for a minute at least: the one in the folder at path, or a
// new one, which is kept there. With renew it is a new one. ErrNotEnrolled, ErrWaits, ErrRefused.
func Token(ctx context.Context, path string, connect Connect, renew bool) (client.Token, error) {
	i, err := Read(path)
	if err != nil {
		return client.Token{}, err
	}
	if i.ClientID == "" {
		return client.Token{}, fmt.Errorf("%w: run gatehouse enroll first, with the same --state", ErrNotEnrolled)
	}
	if t, ok := readToken(path, i); ok && !renew {
		return t, nil
	}
	f, err := Open(ctx, path)
	if err != nil {
		return client.Token{}, err
	}
	t, err := f.token(ctx, connect, renew)
	return t, errors.Join(err, f.Close())
}

// readToken returns the token of the folder, if it is good for a while. A clock that was set back
// makes none good for longer.
func readToken(path string, i Installation) (client.Token, bool) {
	content, err := os.ReadFile(filepath.Join(path, tokenFile))
	if err != nil {
		return client.Token{}, false
	}
	var t storedToken
	if json.Unmarshal(content, &t) != nil || t.ClientID != i.ClientID || t.AccessToken == "" {
		return client.Token{}, false
	}
	now := time.Now()
	good := !now.Before(t.GotAt.Add(-minLife)) && now.Add(minLife).Before(t.ExpiresAt)
	return client.Token{Text: t.AccessToken, ExpiresAt: t.ExpiresAt}, good
}

// token gets a token, unless another program has done so while this one waited for the lock.
func (f *Folder) token(ctx context.Context, connect Connect, renew bool) (client.Token, error) {
	i, err := Read(f.path)
	if err != nil {
		return client.Token{}, err
	}
	if t, ok := readToken(f.path, i); ok && !renew {
		return t, nil
	}
	if i.State == StatePending {
		c, err := connect(i)
		if err == nil {
			i, err = f.lookAfter(ctx, c, i)
		}
		if err == nil && i.State == StatePending {
			err = fmt.Errorf("%w: ask the administrator of %s to approve the client %s (%s)", ErrWaits, i.Server,
				i.ClientID, i.Name)
		}
		if err != nil {
			return client.Token{}, err
		}
	}
	t, i, err := f.logIn(ctx, connect, i)
	if errors.Is(err, client.ErrUnauthenticated) {
		return client.Token{}, f.whyRefused(ctx, connect, i)
	}
	if err != nil {
		return client.Token{}, err
	}
	content, err := json.MarshalIndent(storedToken{i.ClientID, t.Text, time.Now(), t.ExpiresAt}, "", "  ")
	if err != nil {
		return client.Token{}, err
	}
	return t, f.place(tokenFile, append(content, '\n'))
}

// whyRefused says why a client gets no token: it was ended, or something about it is not as it should be.
func (f *Folder) whyRefused(ctx context.Context, connect Connect, i Installation) error {
	c, err := connect(i)
	if err != nil {
		return err
	}
	state, err := c.Registration(ctx, i.ClientID, i.RegistrationToken)
	if err != nil || state != StateActive {
		return f.refused(i)
	}
	return fmt.Errorf("%w: %s knows the client %s (%s), but gives it no access token. Its organization %s may not be "+
		"active, or its key may be another one than %s. Ask the administrator", ErrRefused, i.Server, i.ClientID,
		i.Name,
		i.OrganizationID, f.KeyFile())
}

// logIn gets a token with the key. A server that refuses it may call itself by another address, which
// the assertion must name: then it is remembered.
func (f *Folder) logIn(ctx context.Context, connect Connect, i Installation) (client.Token, Installation,
	error) {
	key, err := f.readKey()
	if err != nil {
		return client.Token{}, i, err
	}
	get := func() (*client.Client, client.Token, error) {
		c, err := connect(i, client.WithPrivateKey(i.ClientID, key, i.Issuer))
		if err != nil {
			return nil, client.Token{}, err
		}
		t, err := c.Token(ctx)
		return c, t, err
	}
	c, t, err := get()
	if !errors.Is(err, client.ErrUnauthenticated) {
		return t, i, err
	}
	issuer, metaErr := c.Issuer(ctx)
	if metaErr != nil || issuer == firstOf(i.Issuer, i.Server) {
		return t, i, err
	}
	i.Issuer = issuer
	if _, t, err = get(); err == nil {
		err = f.write(i)
	}
	return t, i, err
}
