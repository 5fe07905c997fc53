// SPDX-License-Identifier: Apache-2.0

package tenancy_test

import (
	"context"
	"errors"
	"reflect"
	"slices"
	"testing"
	"time"

	"gatehouse/internal/problem"
	"gatehouse/internal/tenancy"
	"gatehouse/internal/tenancytest"
)

// withoutCaller returns the methods that take no caller, with the reason.
func withoutCaller() map[string]string {
	return map[string]string{"Start": "the program", "CheckStarted": "the program", "Ready": "the health check",
		"Now": "a clock", "TakesRequests": "a setting", "Cursor": "a text", "ReadCursor": "a text",
		"VerifyAudit": "the program", "SealAudits": "the server", "LearnMasterKeys": "the server",
		"MasterKeys": "the program", "FirstMasterKeySince": "the program", "OpensWith": "the server",
		"PrepareMasterKey": "the program", "ActivateMasterKey": "the program", "Reseal": "the program",
		"FinishMasterKey": "the program", "DropMasterKey": "the program",
		"SetSwitches": "the program", "SetLoginLife": "the program",
		"MustConfirm":     "says what a page asks for",
		"HoldsAuditEvent": "a check of what the caller has", "WriteRefusals": "the server",
		"VerifyAudits": "the program", "AuthenticateToken": "makes the caller",
		"AuthenticateSession": "makes the caller", "AuthenticateBrowser": "makes the caller",
		"AuthenticateOperatorToken": "makes the caller"}
}

// No caller, no answer: every use case refuses the zero Caller, also those
// that are added later. Methods without one are listed here, with the reason.
func TestNobodyMayDoAnything(t *testing.T) {
	t.Parallel()
	k := tenancytest.New(t)
	caller := reflect.TypeFor[tenancy.Caller]()
	without := withoutCaller()
	for _, service := range []reflect.Value{reflect.ValueOf(k.Service), reflect.ValueOf(k.Identity)} {
		for i := range service.NumMethod() {
			method := service.Type().Method(i)
			if without[method.Name] != "" {
				continue
			}
			if method.Type.NumIn() < 3 || method.Type.In(2) != caller {
				t.Errorf("%s takes no caller", method.Name)
				continue
			}
			args := []reflect.Value{reflect.ValueOf(context.Background())}
			for j := 2; j < method.Type.NumIn(); j++ {
				args = append(args, reflect.Zero(method.Type.In(j)))
			}
			results := service.Method(i).Call(args)
			err, _ := results[len(results)-1].Interface().(error)
			if !errors.Is(err, problem.Unauthenticated) {
				t.Errorf("%s: got %v, want Unauthenticated", method.Name, err)
			}
		}
	}
}

// tampered is a store whose audit somebody changed.
type tampered struct {
	tenancy.Store
	change func([]tenancy.AuditEvent) []tenancy.AuditEvent
}

func (s tampered) View(ctx context.Context, fn func(tenancy.Reader) error) error {
	return s.Store.View(ctx, func(tx tenancy.Reader) error { return fn(tamperedReader{tx, s.change}) })
}

type tamperedReader struct {
	tenancy.Reader
	change func([]tenancy.AuditEvent) []tenancy.AuditEvent
}

func (r tamperedReader) AuditEvents(ctx context.Context, id tenancy.OrganizationID, after int64,
	limit int) ([]tenancy.AuditEvent, error) {
	events, err := r.Reader.AuditEvents(ctx, id, after, limit)
	return r.change(events), err
}

func TestVerifyAuditSeesTampering(t *testing.T) {
	t.Parallel()
	ctx, k := context.Background(), tenancytest.New(t)
	org := k.Organization(t, "company001")
	for range 5 {
		if _, _, err := k.IssuePrimaryAuthCode(ctx, k.Root(), org.ID); err != nil {
			t.Fatal(err)
		}
	}
	verify := func(change func(e []tenancy.AuditEvent) []tenancy.AuditEvent) (int64, error) {
		return tenancytest.Over(tampered{k.Store, change}, k.Keys, nil, tenancytest.Options{}).VerifyAudit(ctx,
			org.ID)
	}
	type list = []tenancy.AuditEvent
	if n, err := verify(func(e list) list { return e }); n != 6 || err != nil {
		t.Fatalf("%d events, %v", n, err)
	}
	for name, change := range map[string]func(list) list{
		"actor changed":   func(e list) list { e[2].ActorName = "eve"; return e },
		"time changed":    func(e list) list { e[2].At = e[2].At.Add(time.Millisecond); return e },
		"address changed": func(e list) list { e[2].Address = "192.0.2.1"; return e },
		"detail changed":  func(e list) list { e[0].Detail = "{}"; return e },
		"first removed":   func(e list) list { return e[1:] },
		"one removed":     func(e list) list { return slices.Delete(e, 2, 3) },
		"one removed, the rest counted anew": func(e list) list {
			e = slices.Delete(e, 2, 3)
			for i := range e {
				e[i].Seq = int64(i + 1)
			}
			return e
		},
		"two swapped":      func(e list) list { e[2], e[3] = e[3], e[2]; return e },
		"one put in":       func(e list) list { f := e[5]; f.Seq, f.PrevHash = 7, e[5].Hash; return append(e, f) },
		"of another chain": func(e list) list { e[2].OrganizationID++; return e },
		"hash cut":         func(e list) list { e[5].Hash = nil; return e },
	} {
		_, err := verify(change)
		wantKind(t, name, err, problem.Conflict, problem.CodeAuditBroken)
	}
	report, err := k.VerifyAudits(ctx)
	if report.Chains != 2 || report.Events != 7 || !report.Newest.Equal(tenancy.Stored(k.Clock.Now())) ||
		err != nil || report.Err() != nil { // the root's has the first operator
		t.Errorf("all: %+v, %v", report, err)
	}
	cut := tenancytest.Over(tampered{k.Store, func(e list) list { return e[:len(e)-min(1, len(e))] }}, k.Keys,
		nil, tenancytest.Options{})
	report, err = cut.VerifyAudits(ctx)
	if err != nil || len(report.Broken) != 2 {
		t.Errorf("the newest of both removed, their heads left: got %+v, %v", report, err)
	}
	wantKind(t, "the newest removed, their head left", report.Err(), problem.Conflict, problem.CodeAuditBroken)
	k.Store.Fail("AuditEvents", errors.New("broken"))
	_, err = k.VerifyAudit(ctx, org.ID)
	wantKind(t, "a chain that cannot be read", err, problem.Internal, "")
}

func TestErrorsKeepTheirCauseForTheLog(t *testing.T) {
	t.Parallel()
	cause := errors.New("the cause")
	e := problem.As(cause)
	if e.Kind != problem.Internal || !errors.Is(e, cause) || !errors.Is(e, problem.Internal) ||
		e.Message == "the cause" {
		t.Errorf("got %+v", e)
	}
	if known := problem.As(errors.Join(cause, problem.New(problem.NotFound, "x",
		"y"))); known.Kind != problem.NotFound {
		t.Errorf("got %+v", known)
	}
}
