// SPDX-License-Identifier: Apache-2.0

package installation

import (
	"context"
	"crypto"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"time"

	"gatehouse/apitype"
	"gatehouse/client"
)

// Params say how to enrol. Texts that are empty are chosen for the caller, or taken from an earlier run.
type Params struct {
	Client     *client.Client
	CAFile     string                 // is remembered for Token
	Code       func() (string, error) // reads the authorization code; it is not called if it is not needed
	Name       string
	InstanceID string
	KeyKind    string // Ed25519 or P256
	// DefaultName is the name if neither Name nor an earlier run has one.
	DefaultName string
}

// The errors of Enrol and Token next to those of package client.
var (
	// ErrOther says that the folder is of another installation than the one asked for.
	ErrOther = errors.New("the folder is of another installation")
	// ErrRefused says that the server does not let this client in, or not any more.
	ErrRefused = errors.New("the client is not let in")
	// ErrWaits says that the client waits for somebody's approval.
	ErrWaits = errors.New("the client waits for approval")
	// ErrNotEnrolled says that there is no client yet.
	ErrNotEnrolled = errors.New("this machine is not enrolled")
)

// Enrol enrols this machine once. already says that it was enrolled before; then a client that
// waited is looked after, and otherwise nothing is sent. A client that waits is no error: its State
// says so. After an error it can be called again: it goes on where it was.
func (f *Folder) Enrol(ctx context.Context, p Params) (i Installation, already bool, err error) {
	if err := f.checkOwner(); err != nil {
		return i, false, err
	}
	if i, err = Read(f.path); err != nil {
		return i, false, err
	}
	if err := f.checkSame(i, p); err != nil {
		return i, false, err
	}
	if i.ClientID != "" {
		if i.State == StatePending {
			i, err = f.lookAfter(ctx, p.Client, i)
		}
		return i, true, err
	}
	code, err := p.Code()
	if err != nil {
		return i, false, err
	}
	first := i.AskedAt.IsZero()
	key, err := f.prepare(&i, p, code)
	if err != nil {
		return i, false, err
	}
	enrolled, err := ask(ctx, p.Client, i, key, code)
	if err != nil {
		if first && certain(err) { // the next run may ask for something else
			i.AskedAt, i.Code = time.Time{}, ""
			err = errors.Join(err, f.write(i))
		}
		return i, false, err
	}
	i.AskedAt, i.Code = time.Time{}, ""
	i.ClientID, i.OrganizationID, i.State = enrolled.ClientID, enrolled.OrganizationID, enrolled.State
	i.RegistrationToken = enrolled.RegistrationToken
	return i, false, f.write(i)
}

// checkSame refuses a folder that is of another installation than the one asked for.
func (f *Folder) checkSame(i Installation, p Params) error {
	if i.Server == "" || i.ClientID == "" && i.AskedAt.IsZero() {
		return nil
	}
	for _, same := range []struct{ what, has, want string }{{"server", i.Server, p.Client.Server()},
		{"instance id", i.InstanceID, p.InstanceID}, {"name", i.Name, p.Name}} {
		if same.want == "" || same.want == same.has || same.what == "name" && i.ClientID != "" {
			continue
		}
		return fmt.Errorf("%w: %s has the %s %s. Leave out what differs, or name another folder with --state",
			ErrOther, f.path, same.what, same.has)
	}
	return nil
}

// prepare makes what the request needs, and makes it durable before the request is sent.
func (f *Folder) prepare(i *Installation, p Params, code string) (crypto.Signer, error) {
	key, err := f.key(p.KeyKind)
	if err != nil {
		return nil, err
	}
	i.Server, i.CAFile = p.Client.Server(), p.CAFile
	i.Name = firstOf(p.Name, i.Name, p.DefaultName)
	i.InstanceID = firstOf(p.InstanceID, i.InstanceID, rand.Text())
	i.Request = firstOf(i.Request, client.NewIdempotencyKey())
	digest := sha256.Sum256([]byte(i.Request + " " + code))
	switch text := hex.EncodeToString(digest[:]); {
	case i.AskedAt.IsZero():
		i.AskedAt, i.Code = time.Now().UTC().Truncate(time.Second), text
	case i.Code != text:
		return nil,
			fmt.Errorf("%w: an enrolment with another code got no answer, and may have worked. Run it again "+
				"with that code. If there is none any more, remove %s and begin anew; the organization may then have a "+
				"client that nobody uses, with the instance id %s", ErrOther, f.path, i.InstanceID)
	}
	return key, f.write(*i)
}

// firstOf returns the first text that is not empty.
func firstOf(texts ...string) string {
	for _, t := range texts {
		if t != "" {
			return t
		}
	}
	return ""
}

// ask sends the enrolment. The same installation sends the same bytes each time.
func ask(ctx context.Context, c *client.Client, i Installation, key crypto.Signer,
	code string) (apitype.Enrolled, error) {
	public, err := client.PublicKey(key.Public())
	if err != nil {
		return apitype.Enrolled{}, err
	}
	return c.Enroll(client.WithIdempotencyKey(ctx, i.Request), apitype.Enrolment{AuthorizationCode: code,
		Client: apitype.EnrolmentClient{Name: i.Name, InstanceID: i.InstanceID, PublicKey: public}})
}

// certain reports whether an error of the request says that the server has not enrolled anybody.
func certain(err error) bool {
	if errors.Is(err, client.ErrLost) {
		return false
	}
	answer, ok := errors.AsType[*client.Error](err)
	_, noConnection := errors.AsType[*client.ConnectionError](err)
	return noConnection || ok && answer.Status < 500 || errors.Is(err, client.ErrUnavailable)
}

// lookAfter asks the server whether a client that waited is let in.
func (f *Folder) lookAfter(ctx context.Context, c *client.Client, i Installation) (Installation, error) {
	state, err := c.Registration(ctx, i.ClientID, i.RegistrationToken)
	switch {
	case errors.Is(err, client.ErrUnauthenticated):
		return i, f.refused(i)
	case err != nil:
		return i, err
	case state == StatePending:
		return i, nil
	case state != StateActive:
		return i, f.refused(i)
	}
	i.State = StateActive
	return i, f.write(i)
}

// refused says what to do about a client that is not let in.
func (f *Folder) refused(i Installation) error {
	return fmt.Errorf("%w: somebody has refused or revoked the client %s (%s). Ask the administrator of %s. To "+
		"enrol anew with another code, remove %s first", ErrRefused, i.ClientID, i.Name, i.Server, f.path)
}
