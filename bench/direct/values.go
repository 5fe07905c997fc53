// SPDX-License-Identifier: Apache-2.0

package direct

import (
	"encoding/base64"
	"errors"
	"fmt"
	"math/rand/v2"
	"sync"
	"time"

	"github.com/google/uuid"

	"gatehouse/internal/sqltext"
	"gatehouse/internal/tenancy"

	"gatehouse/bench/fill"
)

// What is stored next to the random bytes has the sizes of what a signed-in
// administrator's request stores.
const (
	actorKind  = "operator"
	actorID    = "3f1c5f0e-6f0f-4b8a-9c36-5f7c9f0d1e2a"
	actorName  = "admin"
	actorRef   = actorKind + ":" + actorID
	address    = "127.0.0.1"
	hashSize   = 32
	sealedSize = 1 + 12 + 33 + 16 // version, nonce, text, tag
)

// minted makes values that look like secrets. It is used by one goroutine.
type minted struct{ source *rand.ChaCha8 }

func newMinted() minted {
	var seed [32]byte
	for i := range seed {
		seed[i] = byte(rand.Uint32())
	}
	return minted{rand.NewChaCha8(seed)}
}

func (m minted) bytes(n int) []byte {
	b := make([]byte, n)
	_, _ = m.source.Read(b) // never fails
	return b
}

// uuid begins with the time, as the server's ids of codes do.
func (m minted) uuid() string { return uuid.Must(uuid.NewV7()).String() }

// code returns the arguments of a new primary code, as the server has them.
func (m minted) code(id string, organization int64, at time.Time, stamp func(time.Time) any) ([]any, error) {
	return sqltext.AuthCodeArgs(tenancy.StoredAuthCode{
		AuthCode: tenancy.AuthCode{ID: id, OrganizationID: tenancy.OrganizationID(organization), Primary: true,
			Limits: tenancy.Unlimited(), CreatedAt: at, CreatedBy: actorRef, UpdatedAt: at},
		Digest: m.bytes(hashSize), Sealed: m.bytes(sealedSize)},
		sqltext.Stamps{Time: stamp, Optional: func(time.Time) any { return nil }})
}

// client returns the arguments of a new client, and those of the line of the ledger of its
// code, as the server has them.
func (m minted) client(code fill.Code, at time.Time, stamp func(time.Time) any) (client, use []any,
	err error) {
	c := tenancy.StoredClient{KeyDigest: m.bytes(hashSize), Client: tenancy.Client{ID: m.uuid(),
		OrganizationID: tenancy.OrganizationID(code.Organization), AuthCodeID: code.ID, Name: "till",
		InstanceID: m.id(), State: tenancy.ClientActive, Address: address, CreatedAt: at, UpdatedAt: at}}
	client, err = sqltext.ClientArgs(c, sqltext.Stamps{Time: stamp,
		Optional: func(time.Time) any { return nil }})
	return client, sqltext.CodeUseArgs(tenancy.CodeUse{AuthCodeID: c.AuthCodeID, At: at,
		Outcome: tenancy.UseAccepted, Address: address, InstanceID: c.InstanceID, ClientID: c.ID}, stamp(at)), err
}

// enrolled is the detail of a client's first event.
func enrolled(code string) string { return `{"auth_code":"` + code + `","name":"till"}` }

// anyCode and firstCode pick the code of an enrolment.
func (p *population) anyCode() fill.Code   { return p.data.Codes[rand.IntN(len(p.data.Codes))] }
func (p *population) firstCode() fill.Code { return p.data.Codes[0] }

// anyClient returns the id of a client.
func (p *population) anyClient() string { return p.data.Clients[rand.IntN(len(p.data.Clients))].ID }

// id is a request's id or a key's.
func (m minted) id() string { return base64.RawURLEncoding.EncodeToString(m.bytes(16)) }

// now is the time as it is stored.
func now() time.Time { return time.Now().UTC().Truncate(time.Millisecond) }

// ids are numbers at even distances, which pgbench can compute.
type ids struct{ first, step, count int64 }

// evenly returns the ids that fill sampled.
func evenly(list []int64) (ids, error) {
	if len(list) < 2 {
		return ids{}, errors.New("the data is too small")
	}
	s := ids{list[0], list[1] - list[0], int64(len(list))}
	for i, id := range list {
		if id != s.at(int64(i)) {
			return ids{}, errors.New("the ids are not at even distances")
		}
	}
	return s, nil
}

func (s ids) at(i int64) int64 { return s.first + i*s.step }
func (s ids) any() int64       { return s.at(rand.Int64N(s.count)) }
func (s ids) last() int64      { return s.at(s.count - 1) }

// population is what the yardsticks of one database pick from.
type population struct {
	data         fill.Data
	active       ids
	every        ids    // organizations and requests
	applications string // all but the number in their ids
	undecided    undecided
}

func newPopulation(d fill.Data) (*population, error) {
	p := &population{data: d, every: ids{d.FirstID, 1, int64(d.Organizations)}}
	var err error
	if len(d.Codes) == 0 || len(d.Clients) == 0 {
		return nil, errors.New("the data has no codes and clients")
	}
	if p.active, err = evenly(d.Active); err != nil {
		return nil, err
	}
	if p.undecided.ids, err = evenly(d.New); err != nil {
		return nil, err
	}
	p.applications = newMinted().uuid()[:24]
	return p, nil
}

// applicationID returns the id of an application by its number; a UUID ends in twelve digits.
func (p *population) applicationID(i int) string { return fmt.Sprintf("%s%012d", p.applications, i) }

func (p *population) application() string { return p.applicationID(rand.IntN(applications)) }

// undecided hands out the requests that are left to approve, each once.
type undecided struct {
	ids
	mu   sync.Mutex
	next int64
}

// take returns the next, or errDone.
func (u *undecided) take() (int64, error) {
	u.mu.Lock()
	defer u.mu.Unlock()
	if u.next >= u.count {
		return 0, errDone
	}
	u.next++
	return u.at(u.next - 1), nil
}

// scarce reports whether more than half are gone: then reset before the next run.
func (u *undecided) scarce() bool {
	u.mu.Lock()
	defer u.mu.Unlock()
	return u.next > u.count/2
}

// start sets where to begin again.
func (u *undecided) start(at int64) {
	u.mu.Lock()
	defer u.mu.Unlock()
	u.next = at
}
