// SPDX-License-Identifier: Apache-2.0

package sqlite

import (
	"context"
	"testing"
	"time"

	"gatehouse/internal/tenancy"
)

func BenchmarkRead(b *testing.B) {
	ctx, s := context.Background(), opened(b)
	b.ReportAllocs()
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			err := s.Read(ctx, func(r tenancy.Reader) error {
				_, err := r.Organization(ctx, tenancy.RootID)
				return err
			})
			if err != nil {
				b.Error(err)
			}
		}
	})
}

func BenchmarkView(b *testing.B) {
	ctx, s := context.Background(), opened(b)
	b.ReportAllocs()
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			err := s.View(ctx, func(r tenancy.Reader) error {
				_, err := r.Organization(ctx, tenancy.RootID)
				return err
			})
			if err != nil {
				b.Error(err)
			}
		}
	})
}

// An audit event is the least that an Update writes. 64 callers share commits.
func BenchmarkUpdate(b *testing.B) {
	ctx, s := context.Background(), opened(b)
	b.ReportAllocs()
	b.SetParallelism(32)
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			err := s.Update(ctx, func(tx tenancy.Tx) error {
				seq, hash, err := tx.LockAuditHead(ctx, tenancy.RootID)
				if err != nil {
					return err
				}
				return tx.InsertAuditEvent(ctx, tenancy.AuditEvent{Seq: seq + 1, At: time.Now(), PrevHash: hash,
					Hash:      make([]byte, 32),
					ActorKind: tenancy.OperatorCaller, ActorID: "id", Action: "noun.verb", Target: "target", Detail: "{}"})
			})
			if err != nil {
				b.Error(err)
			}
		}
	})
}

// A page of 50 as a list shows it.
func BenchmarkList(b *testing.B) {
	ctx, s := context.Background(), opened(b)
	err := s.Update(ctx, func(tx tenancy.Tx) error {
		c := tenancy.Contact{Email: "name@example.test", CreatedAt: time.Now()}
		if err := tx.InsertContact(ctx, &c); err != nil {
			return err
		}
		for range 200 {
			r := tenancy.Request{Name: "Amber Trading", Status: tenancy.RequestNew, Email: c.Email, ContactID: c.ID,
				CreatedAt: time.Now(), UpdatedAt: time.Now()}
			if err := tx.InsertRequest(ctx, &r); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	b.ResetTimer()
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			err := s.Read(ctx, func(r tenancy.Reader) error {
				_, _, err := r.Requests(ctx, tenancy.ListParams{Limit: 50})
				return err
			})
			if err != nil {
				b.Error(err)
			}
		}
	})
}
