// SPDX-License-Identifier: Apache-2.0

package tenancy_test

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"testing"

	"gatehouse/internal/problem"
	"gatehouse/internal/tenancy"
	"gatehouse/internal/tenancytest"
)

// useCase is a public method of a service, called by somebody who may.
type useCase struct {
	call   func(tenancy.Caller) error
	caller tenancy.Caller // who may; the zero Caller is the server itself
	events []string       // what the call adds to the audit: the chain and the action; nil if it only reads
	open   string         // why a caller without a permission is not refused; "" if it is
}

// useCases returns every public method that takes a caller.
func useCases(t *testing.T, k *tenancytest.Kit) map[string]useCase {
	all := organizationUseCases(t, k)
	for _, more := range []map[string]useCase{
		requestUseCases(t, k), applicationUseCases(t, k), operatorUseCases(t, k), loginUseCases(t, k),
		managedOperatorUseCases(t, k),
		codeUseCases(t, k), clientUseCases(t, k), clientLoginUseCases(t, k), registrationUseCases(t, k),
	} {
		for name, u := range more {
			all[name] = u
		}
	}
	return all
}

type caller = tenancy.Caller

// does returns the use case of a method that the server itself may call.
func does(call func(caller) error, events ...string) useCase {
	return useCase{call: call, events: events}
}

func errOf2[T, U any](_ T, _ U, err error) error { return err }

// withCode makes an organization that has a code, and returns its id.
func withCode(t *testing.T, k *tenancytest.Kit, name string) tenancy.OrganizationID {
	t.Helper()
	o := k.Organization(t, name)
	wish := tenancy.UpdateOrganizationParams{Code: tenancy.EnsureCode}
	must(k.UpdateOrganization(context.Background(), k.Root(), o.ID, wish))(t)
	return o.ID
}

func organizationUseCases(t *testing.T, k *tenancytest.Kit) map[string]useCase {
	ctx := context.Background()
	o, ending, off, name := withCode(t, k, "one"), withCode(t, k, "ending"), withCode(t, k, "off"), "new name"
	must(k.UpdateOrganization(ctx, k.Root(), off, tenancy.UpdateOrganizationParams{Active: pointer(false)}))(t)
	in := func(id tenancy.OrganizationID, action string) string { return id.String() + " " + action }
	return map[string]useCase{
		"ActFor":          does(func(c caller) error { return errOf(k.ActFor(ctx, c, o)) }),
		"GetOrganization": does(func(c caller) error { return errOf(k.GetOrganization(ctx, c, o)) }),
		"ListOrganizations": does(func(c caller) error {
			return errOf2(k.ListOrganizations(ctx, c, tenancy.ListParams{}))
		}),
		"ListAudit": does(func(c caller) error {
			return errOf(k.ListAudit(ctx, c,
				tenancy.AuditList{Limit: 9}))
		}),
		"AuditChains": does(func(c caller) error { return errOf(k.AuditChains(ctx, c, tenancy.RootID, 9)) }),
		"AuditChain":  does(func(c caller) error { return errOf(k.AuditChain(ctx, c, o, 0, 9)) }),
		"ListOrganizationsAfter": does(func(c caller) error {
			return errOf(k.ListOrganizationsAfter(ctx, c, tenancy.PageParams{}))
		}),
		"GetPrimaryAuthCode":         does(func(c caller) error { return errOf2(k.GetPrimaryAuthCode(ctx, c, o)) }),
		"CheckRevealPrimaryAuthCode": does(func(c caller) error { return k.CheckRevealPrimaryAuthCode(ctx, c, o) }),
		"RevealPrimaryAuthCode": does(func(c caller) error {
			return errOf2(k.RevealPrimaryAuthCode(ctx, c, o))
		}, in(o, "auth_code.reveal")),
		"IssuePrimaryAuthCode": does(func(c caller) error {
			return errOf2(k.IssuePrimaryAuthCode(ctx, c, o))
		}, in(o, "auth_code.issue")),
		"DisablePrimaryAuthCode": does(func(c caller) error {
			return k.DisablePrimaryAuthCode(ctx, c, ending)
		}, in(ending, "auth_code.disable")),
		"CreateOrganization": does(func(c caller) error {
			return errOf(k.CreateOrganization(ctx, c, tenancy.CreateOrganizationParams{ID: 200000, Name: "created"}))
		}, "or-200000 organization.create"),
		"UpdateOrganization": does(func(c caller) error {
			return errOf(k.UpdateOrganization(ctx, c, o, tenancy.UpdateOrganizationParams{Name: &name}))
		}, in(o, "organization.update")),
		"DeleteOrganization": does(func(c caller) error {
			return k.DeleteOrganization(ctx, c, off)
		}, in(off, "organization.delete")),
	}
}

func requestUseCases(t *testing.T, k *tenancytest.Kit) map[string]useCase {
	ctx := context.Background()
	r, approved := k.Submit(t, "r"), k.Submit(t, "approved")
	rejected, deleted, many, name := k.Submit(t, "rejected"), k.Submit(t, "deleted"), k.Submit(t, "many"),
		"new name"
	contact := tenancy.ContactParams{FirstName: "Ada", LastName: "Birch", Email: "ada@example.test"}
	in := func(r tenancy.Request, verb string) string {
		return r.OrganizationID.String() + " organization_request." + verb
	}
	submit := does(func(c caller) error {
		return errOf(k.SubmitRequest(ctx, c, tenancy.SubmitRequestParams{Name: "asked", Contact: contact}))
	}, "new organization_request.submit")
	submit.open = "anyone may ask to be let in"
	p := tenancy.SubmitRequestParams{Name: "linked"}
	linked := does(func(c caller) error { return errOf2(k.SubmitLinkedRequest(ctx, c, p)) },
		"new organization_request.submit")
	linked.open = submit.open
	asked, link, err := k.SubmitLinkedRequest(ctx, k.Anyone(), p)
	if err != nil {
		t.Fatal(err)
	}
	more := tenancy.RequestMoreInfoNeeded
	must(k.UpdateRequest(ctx, k.Root(), asked.ID, tenancy.UpdateRequestParams{Status: &more}))(t)
	read := does(func(c caller) error { return errOf(k.GetLinkedRequest(ctx, c, link.Reveal())) })
	read.open = "whoever has the link may see the request"
	answer := does(func(c caller) error {
		return errOf(k.AnswerLinkedRequest(ctx, c, link.Reveal(), "an answer"))
	}, in(asked, "update"))
	answer.open = "whoever has the link may answer"
	similar := does(func(c caller) error {
		return errOf(k.FindSimilarNames(ctx, c, nil, []tenancy.RequestID{r.ID}))
	})
	similar.open = "a caller that may read no name gets none"
	return map[string]useCase{
		"SubmitRequest": submit, "SubmitLinkedRequest": linked, "GetLinkedRequest": read,
		"AnswerLinkedRequest": answer,
		"FindSimilarNames":    similar,
		"GetRequest":          does(func(c caller) error { return errOf(k.GetRequest(ctx, c, r.ID)) }),
		"GetRequestDetail":    does(func(c caller) error { return errOf(k.GetRequestDetail(ctx, c, r.ID)) }),
		"ListRequests": does(func(c caller) error {
			return errOf2(k.ListRequests(ctx, c, tenancy.ListParams{}))
		}),
		"ListRequestsAfter": does(func(c caller) error {
			return errOf(k.ListRequestsAfter(ctx, c, tenancy.PageParams{}))
		}),
		"DecideRequests": does(func(c caller) error {
			return errOf(k.DecideRequests(ctx, c, []tenancy.Decision{{ID: many.ID, To: tenancy.RequestApproved}}))
		}, in(many, "approve")),
		"ApproveRequest": does(func(c caller) error {
			return errOf(k.ApproveRequest(ctx, c, approved.ID, ""))
		}, in(approved, "approve")),
		"RejectRequest": does(func(c caller) error {
			return errOf(k.RejectRequest(ctx, c, rejected.ID, ""))
		}, in(rejected, "reject")),
		"UpdateRequest": does(func(c caller) error {
			return errOf(k.UpdateRequest(ctx, c, r.ID, tenancy.UpdateRequestParams{Name: &name}))
		}, in(r, "update")),
		"DeleteRequest": does(func(c caller) error {
			return k.DeleteRequest(ctx, c, deleted.ID, tenancy.DeleteRequestParams{})
		}, in(deleted, "delete")),
	}
}

// heads returns the last event of each chain.
func heads(t *testing.T, k *tenancytest.Kit) map[tenancy.OrganizationID]int64 {
	t.Helper()
	last := map[tenancy.OrganizationID]int64{}
	err := k.Store.View(context.Background(), func(tx tenancy.Reader) error {
		list, err := tx.AuditHeads(context.Background(), tenancy.RootID-1, 1000)
		for _, h := range list {
			last[h.OrganizationID] = h.Seq
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return last
}

// eventsSince returns the events after those heads: the chain, "new" for one whose
// organization nobody chose the number of, and the action.
func eventsSince(t *testing.T, k *tenancytest.Kit, before map[tenancy.OrganizationID]int64) []string {
	var events []string
	t.Helper()
	for id, seq := range heads(t, k) {
		had, known := before[id]
		chain := id.String()
		if !known && id < 200000 || id > 200000 {
			chain = "new"
		}
		for _, action := range k.Events(t, id)[had:seq] {
			events = append(events, chain+" "+action)
		}
	}
	slices.Sort(events)
	return events
}

// Every use case refuses a caller that is logged in and may do nothing, and every one that
// changes something has its event in the right chain. A method that is not listed fails.
func TestEveryUseCaseIsPermittedAndAudited(t *testing.T) {
	t.Parallel()
	k := tenancytest.New(t)
	all, without := useCases(t, k), withoutCaller()
	powerless := k.OperatorCaller(t, "powerless", k.Operator(t, "powerless", tenancy.Auditor,
		tenancy.RootID)).Grant()
	for _, service := range []reflect.Type{reflect.TypeOf(k.Service), reflect.TypeOf(k.Identity)} {
		for i := range service.NumMethod() {
			name := service.Method(i).Name
			u, listed := all[name]
			if !listed {
				if without[name] == "" {
					t.Errorf("%s is not listed: who may call it, and what does it record?", name)
				}
				continue
			}
			delete(all, name)
			before := heads(t, k)
			if u.open == "" {
				if err := u.call(powerless); !errors.Is(err, problem.Denied) && !errors.Is(err, problem.NotFound) {
					t.Errorf("%s by a caller without any permission: got %v, want Denied or NotFound", name, err)
				}
				if events := eventsSince(t, k, before); len(events) > 0 {
					t.Errorf("%s was refused and recorded %v", name, events)
				}
			}
			caller := u.caller
			if caller.Kind == "" {
				caller = k.Root()
			}
			if err := u.call(caller); err != nil {
				t.Errorf("%s: %v", name, err)
			}
			if events := eventsSince(t, k, before); fmt.Sprint(events) != fmt.Sprint(u.events) {
				t.Errorf("%s recorded %v, want %v", name, events, u.events)
			}
		}
	}
	for name := range all {
		t.Errorf("%s is listed and is no method", name)
	}
}
