// SPDX-License-Identifier: Apache-2.0

package tenancy

import (
	"context"
	"slices"
	"time"

	"gatehouse/internal/problem"
	"gatehouse/internal/secret"
)

// ClientState says whether a client may get tokens.
type ClientState string

// The states.
const (
	ClientPending ClientState = "pending" // its organization has not decided yet
	ClientActive  ClientState = "active"
	ClientRefused ClientState = "refused" // its organization decided against it
	ClientRevoked ClientState = "revoked" // ended for good; the installation may enrol as another client
)

// Client is one enrolled installation.
type Client struct {
	ID             string // UUID
	OrganizationID OrganizationID
	AuthCodeID     string // the code that it enrolled with
	Name           string
	InstanceID     string // what the installation calls itself
	Thumbprint     string // of its public key (RFC 7638, SHA-256, base64url); "" if it has none
	PublicKey      string // the key as a JWK
	KeyPlace       KeyPlace
	Tags           []string
	State          ClientState
	Address        string // where it enrolled from
	CreatedAt      time.Time
	UpdatedAt      time.Time
	LastSeenAt     time.Time // when it last got a token, up to an hour before; zero: never
	DecidedBy      string    // the caller that approved, refused or revoked it last
}

// KeyPlace says where in a request a client sends its key. A client that has said so may send
// it nowhere else; one that has not may send it anywhere.
type KeyPlace string

// The places. A client that signs sends no key, and has none.
const (
	NoKeyPlace  KeyPlace = "" // the client has not said where
	KeyInHeader KeyPlace = "header"
	KeyInBody   KeyPlace = "body"
)

// Accepts reports whether a client that has said this may send its key at a place.
func (p KeyPlace) Accepts(at KeyPlace) bool { return p == NoKeyPlace || p == at }

// StoredClient is a client as engines keep it: without its key, which is recognised by its
// keyed digest.
type StoredClient struct {
	Client
	KeyDigest []byte
}

// IssuedClient is a client with its key, which is shown this once.
type IssuedClient struct {
	Client
	Key      secret.Secret
	Manage   secret.Secret // the token that reads, changes and ends this registration
	Repeated bool          // it was enrolled before, and this is a further key for the same client
}

// ListClients returns a page of the clients of the caller's organization, or of all for a
// caller of the root. For callers with clients:read.
func (s *Service) ListClients(ctx context.Context, caller Caller, p ClientList) (IDPage[Client], error) {
	if err := caller.Require(ReadClients); err != nil {
		return IDPage[Client]{}, err
	}
	if !caller.Reaches(p.Organization) && p.Organization != RootID {
		return IDPage[Client]{}, problem.OrganizationNotFound()
	}
	if caller.Organization != RootID {
		p.Organization = caller.Organization
	}
	p.IDOrder = p.bounded()
	var page IDPage[Client]
	var none bool
	if p.Filter, none = reduced(p.Filter); none {
		return page, nil
	}
	err := s.core.Read(ctx, func(tx Reader) (err error) {
		page, err = tx.Clients(ctx, p)
		return err
	})
	return page, err
}

// ClientList asks for one page of clients.
type ClientList struct {
	Organization OrganizationID // RootID: of all that the caller reaches
	State        ClientState    // "": in every state
	AuthCodeID   string         // "": of every code
	IDOrder
}

// GetClient returns a client. For callers with clients:read. NotFound.
func (s *Service) GetClient(ctx context.Context, caller Caller, id string) (Client, error) {
	if err := caller.Require(ReadClients); err != nil {
		return Client{}, err
	}
	var c StoredClient
	err := s.core.Read(ctx, func(tx Reader) (err error) {
		c, err = tx.Client(ctx, id)
		return err
	})
	return c.visible(caller, err)
}

func (c StoredClient) visible(caller Caller, err error) (Client, error) {
	if err != nil {
		return Client{}, err
	}
	if !caller.Reaches(c.OrganizationID) {
		return Client{}, problem.ClientNotFound()
	}
	return c.Client, nil
}

// UpdateClientParams says what changes of a client; nil leaves a field as it is.
type UpdateClientParams struct {
	Name     *string
	Tags     *[]string
	Expected Versions
}

// UpdateClient changes what people say of a client. For callers with clients:manage.
// Invalid; NotFound; Conflict (client_changed) if it is not as expected. Twice is fine.
func (s *Service) UpdateClient(ctx context.Context, caller Caller, id string,
	p UpdateClientParams) (Client, error) {
	var c Checker
	if p.Name != nil {
		c.Required(FieldName, p.Name, MaxName)
	}
	if p.Tags != nil {
		*p.Tags = c.tags(FieldTags, *p.Tags)
	}
	return s.changeClient(ctx, caller, id, "client.update", c.Err(), func(client *Client) error {
		if !p.Expected.Has(client.UpdatedAt) {
			return problem.New(problem.Conflict, problem.CodeClientChanged)
		}
		if p.Name != nil {
			client.Name = *p.Name
		}
		if p.Tags != nil {
			client.Tags = *p.Tags
		}
		return nil
	})
}

// ApproveClient lets a waiting client in; RefuseClient does not. For callers with
// clients:manage. NotFound; Conflict (client_decided) if it does not wait.
func (s *Service) ApproveClient(ctx context.Context, caller Caller, id string) (Client, error) {
	return s.changeClient(ctx, caller, id, "client.approve", nil, decide(ClientActive))
}

// RefuseClient is described at ApproveClient.
func (s *Service) RefuseClient(ctx context.Context, caller Caller, id string) (Client, error) {
	return s.changeClient(ctx, caller, id, "client.refuse", nil, decide(ClientRefused))
}

func decide(state ClientState) func(*Client) error {
	return func(c *Client) error {
		if c.State != ClientPending {
			return problem.New(problem.Conflict, problem.CodeClientDecided)
		}
		c.State = state
		return nil
	}
}

// RevokeClient ends a client: its key and its tokens are refused from now on. For callers
// with clients:manage. NotFound. Twice is fine.
func (s *Service) RevokeClient(ctx context.Context, caller Caller, id string) (Client, error) {
	return s.changeClient(ctx, caller, id, "client.revoke", nil, func(c *Client) error {
		c.State = ClientRevoked
		return nil
	})
}

// changeClient changes a client under its lock and records that. Without a difference it
// changes and records nothing. Invalid is the error of the input, which a caller without
// the permission does not see.
func (s *Service) changeClient(ctx context.Context, caller Caller, id, action string, invalid error,
	change func(*Client) error) (Client, error) {
	if err := caller.Require(ManageClients); err != nil {
		return Client{}, err
	}
	if invalid != nil {
		return Client{}, invalid
	}
	now := s.core.Now()
	return Once(ctx, s.core, caller, func(tx Tx) (Client, error) {
		stored, err := lockClient(ctx, tx, caller, id)
		if err != nil {
			return Client{}, err
		}
		changed := stored.Client
		if err := change(&changed); err != nil {
			return Client{}, err
		}
		if changed.equal(stored.Client) {
			return changed, nil
		}
		changed.UpdatedAt = following(stored.UpdatedAt, now)
		if changed.State != stored.State {
			changed.DecidedBy = caller.Ref()
		}
		if err := tx.UpdateClient(ctx, changed); err != nil {
			return Client{}, err
		}
		return changed, s.core.Record(ctx, tx, caller, now, Change{Organization: changed.OrganizationID,
			Action: action, Target: id, Detail: map[string]string{"name": changed.Name}})
	})
}

// lockClient locks a client, and first its organization: this is the order in which an
// enrolment and the end of an organization lock them.
func lockClient(ctx context.Context, tx Tx, caller Caller, id string) (StoredClient, error) {
	stored, err := tx.Client(ctx, id)
	if _, err = stored.visible(caller, err); err != nil {
		return StoredClient{}, err
	}
	if _, err := tx.LockOrganization(ctx, stored.OrganizationID); err != nil {
		return StoredClient{}, err
	}
	return tx.LockClient(ctx, id)
}

// equal reports whether two states of a client are the same.
func (c Client) equal(d Client) bool {
	return c.Name == d.Name && c.State == d.State && slices.Equal(c.Tags, d.Tags) && c.KeyPlace == d.KeyPlace &&
		c.Thumbprint == d.Thumbprint
}
