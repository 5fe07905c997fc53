// SPDX-License-Identifier: Apache-2.0

package server_test

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"strings"
	"testing"
	"time"

	"gatehouse/internal/dialect/commvault"
	"gatehouse/internal/dialect/occ"
	"gatehouse/internal/httpkit"
	"gatehouse/internal/secret"
	"gatehouse/internal/server"
	"gatehouse/internal/span"
	"gatehouse/internal/tenancy"
	"gatehouse/internal/tenancytest"
)

// memory is a Store with one row of each kind. It costs nothing, so a benchmark measures
// the doors and the use cases themselves.
type memory struct {
	tenancy.Store
	tx tenancy.Tx
}

func (m memory) View(_ context.Context, fn func(tenancy.Reader) error) error { return fn(m.tx) }
func (m memory) Read(_ context.Context, fn func(tenancy.Reader) error) error { return fn(m.tx) }
func (memory) ChangesElsewhere() (n uint64, known bool)                      { return 0, true }
func (m memory) Update(_ context.Context, fn func(tenancy.Tx) error) error   { return fn(m.tx) }

type memoryTx struct {
	tenancy.Tx
	operator     tenancy.StoredOperator
	organization tenancy.Organization
	session      tenancy.Session
	code         tenancy.StoredAuthCode
	requests     []tenancy.Request
}

func (t memoryTx) Operator(context.Context, string) (tenancy.StoredOperator, error) {
	return t.operator, nil
}

func (t memoryTx) Organization(context.Context, tenancy.OrganizationID) (tenancy.Organization, error) {
	return t.organization, nil
}

func (t memoryTx) LockOrganization(context.Context, tenancy.OrganizationID) (tenancy.Organization, error) {
	return t.organization, nil
}

func (t memoryTx) TokenRevoked(context.Context, string) (bool, error) { return false, nil }

func (t memoryTx) SessionByDigest(context.Context, []byte) (tenancy.Session, error) {
	return t.session, nil
}

func (t memoryTx) PrimaryAuthCode(context.Context, tenancy.OrganizationID) (tenancy.StoredAuthCode, error) {
	return t.code, nil
}

func (t memoryTx) Request(context.Context, tenancy.RequestID) (tenancy.Request, error) {
	return t.requests[0], nil
}

func (t memoryTx) Requests(context.Context, tenancy.ListParams) ([]tenancy.Request, int, error) {
	return t.requests, 1_000_000, nil
}

func (t memoryTx) LockAuditHead(context.Context, tenancy.OrganizationID) (int64, []byte, error) {
	return 1, make([]byte, 32), nil
}

func (t memoryTx) InsertAuditEvent(context.Context, tenancy.AuditEvent) error { return nil }

// lines is the program's log without the writing.
type lines struct{ *slog.JSONHandler }

func (lines) WriteLine([]byte) {}

// benchServer is everything except the listener and the database, with a token for each
// wire.
func benchServer(b *testing.B) (s *server.Server, token, session string) {
	b.Helper()
	return benchServerWith(b, nil)
}

// benchServerWith is benchServer with a tracer, which may be nil.
func benchServerWith(b *testing.B, tracer span.Tracer) (s *server.Server, token, session string) {
	b.Helper()
	keys, err := secret.NewKeyring(secret.NewMasterKey())
	if err != nil {
		b.Fatal(err)
	}
	now := time.Now()
	tx := memoryTx{
		operator: tenancy.StoredOperator{Operator: tenancy.Operator{ID: "6ba7b810-9dad-41d1-80b4-00c04fd430c8",
			Username: "admin",
			Role:     tenancy.Administrator, Active: true}},
		organization: tenancy.Organization{ID: 100001, Name: "Birch Tools & Sons", Alias: "birch-tools-sons",
			State: tenancy.OrganizationActive},
		session: tenancy.Session{ID: "s", OperatorID: "o", IdleTimeout: time.Hour, CreatedAt: now,
			LastUsedAt: now.Add(time.Hour)},
	}
	tx.code = tenancy.StoredAuthCode{AuthCode: tenancy.AuthCode{ID: "c", OrganizationID: 100001},
		Sealed: keys.Seal(secret.ForAuthCode, secret.NewAuthCode(), "or-100001/c")}
	for i := range 50 {
		tx.requests = append(tx.requests, tenancy.Request{ID: tenancy.RequestID(200000 + i),
			Name:   "Quality Birch Tools",
			Status: tenancy.RequestNew, OrganizationID: 100001, ContactID: 300000, RequesterComments: "please",
			CreatedAt: now})
	}
	claims := secret.AccessClaims{ID: secret.NewID(), SubjectKind: string(tenancy.OperatorCaller),
		SubjectID: tx.operator.ID,
		Audience:  "/ccadmin/v1", LoggedInAt: now, IssuedAt: now, ExpiresAt: now.Add(time.Hour)}
	signed, err := keys.SignAccess(claims)
	if err != nil {
		b.Fatal(err)
	}
	service := tenancytest.Over(memory{tx: tx}, keys, nil, tenancytest.Options{NoLimits: true})
	s = server.New(server.Options{Doors: []*httpkit.Door{occ.Door(service.Service, service.Identity),
		commvault.Door(service.Service, service.Identity)},
		Log: slog.New(lines{slog.NewJSONHandler(io.Discard, nil)}), Version: "bench", Tracer: tracer})
	return s, signed.Reveal(), secret.NewSessionToken().Reveal()
}

// sink is an answer that is discarded.
type sink struct {
	header http.Header
	status int
	size   int
}

func (w *sink) Header() http.Header { return w.header }
func (w *sink) WriteHeader(code int) {
	if w.status == 0 {
		w.status = code
	}
}
func (w *sink) Write(b []byte) (int, error) {
	w.size += len(b)
	return len(b), nil
}

// run sends the request to the handler as a connection of net/http does.
func run(b *testing.B, h http.Handler, method, path string, headers ...string) {
	b.Helper()
	ctx, cancel := context.WithCancel(context.WithValue(context.Background(), http.ServerContextKey,
		&http.Server{}))
	defer cancel()
	template, err := http.NewRequestWithContext(ctx, method, "http://127.0.0.1:8080"+path, http.NoBody)
	if err != nil {
		b.Fatal(err)
	}
	template.URL.Scheme, template.URL.Host = "", ""
	template.RemoteAddr = "127.0.0.1:51234"
	for i := 0; i < len(headers); i += 2 {
		template.Header.Set(headers[i], headers[i+1])
	}
	w := &sink{header: http.Header{}}
	b.ReportAllocs()
	for b.Loop() {
		r, u := *template, *template.URL // as new: handlers may set path values
		r.URL = &u
		clear(w.header)
		w.status, w.size = 0, 0
		reqCtx, done := context.WithCancel(ctx)
		h.ServeHTTP(w, r.WithContext(reqCtx))
		done()
	}
	if w.status != 0 && w.status != http.StatusOK || w.size == 0 {
		b.Fatalf("%s %s: %d with %d bytes", method, path, w.status, w.size)
	}
}

// BenchmarkHandler is the whole handler chain without connection and database.
// Compare with bare, which is a handler that only writes.
func BenchmarkHandler(b *testing.B) {
	s, token, session := benchServer(b)
	bearer, json, xml := "Bearer "+token, "application/json", "application/xml"
	for _, c := range []struct {
		name, method, path string
		headers            []string
	}{
		{"verify", "POST", "/ccadmin/v1/verify", []string{"Authorization", bearer}},
		{"verify_accept", "POST", "/ccadmin/v1/verify", []string{"Authorization", bearer, "Accept",
			"application/json, text/plain, */*"}},
		{"refresh", "POST", "/ccadmin/v1/refresh", []string{"Authorization", bearer}},
		{"organization", "GET", "/ccadmin/v1/organizations/or-100001", []string{"Authorization", bearer, "Accept",
			json}},
		{"request", "GET", "/ccadmin/v1/organizationRequests/200000", []string{"Authorization", bearer}},
		{"list50", "GET",
			"/ccadmin/v1/organizationRequests?limit=50&q=status%20eq%20%22new%22&sort=creationTime:desc",
			[]string{"Authorization", bearer}},
		{"reveal_json", "GET", "/commandcenter/api/Organization/100001/AuthToken", []string{"Authtoken", session,
			"Accept", json}},
		{"reveal_xml", "GET", "/webconsole/api/Organization/100001/AuthToken", []string{"Authtoken", session,
			"Accept", xml}},
		{"livez", "GET", "/livez", nil},
	} {
		b.Run(c.name, func(b *testing.B) { run(b, s.Handler(), c.method, c.path, c.headers...) })
	}
	body := []byte(strings.Repeat("x", 200))
	b.Run("bare", func(b *testing.B) {
		run(b, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Length", fmt.Sprint(len(body)))
			_, _ = w.Write(body)
		}), "GET", "/")
	})
}
