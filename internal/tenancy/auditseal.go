// SPDX-License-Identifier: Apache-2.0

package tenancy

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"gatehouse/internal/problem"
)

// actionListed is the action of the events in the root's chain that list other chains. Their
// detail has each chain with the number of its last event: "or-100001:3 or-100002:1".
const (
	actionListed = "audit.list_chains"
	detailChains = "chains"
)

// chainsPerEvent keeps an event short, and few rows locked at a time.
const chainsPerEvent = 100

// SealAudits lists the chains that have begun since the last call in the root's chain, and
// seals their ends. VerifyAudits then knows that they must be there. The server calls it by
// itself; several replicas may at once.
func (s *Service) SealAudits(ctx context.Context) error {
	for {
		done := 0
		now := s.core.Now()
		err := s.core.Update(ctx, func(tx Tx) error {
			heads, err := tx.UnlistedAuditHeads(ctx, chainsPerEvent)
			if err != nil {
				return err
			}
			done = len(heads)
			var list []string
			for _, h := range heads {
				h.Seal = s.core.auditSeal(h)
				sealed, err := tx.SealAuditHead(ctx, h)
				if err != nil {
					return err
				}
				if sealed {
					list = append(list, h.OrganizationID.String()+":"+strconv.FormatInt(h.Seq, 10))
				}
			}
			if len(list) == 0 {
				return nil
			}
			return s.core.Record(ctx, tx, System("audit"), now, Change{Organization: RootID, Action: actionListed,
				Detail: map[string]string{detailChains: strings.Join(list, " ")}})
		})
		if err != nil || done < chainsPerEvent {
			return err
		}
	}
}

// readList remembers the chains that an event of the root's chain lists. Internal if it cannot
// be read: its hash is right, so this program or another version of it wrote it, and what it
// lists would not be missed.
func (v *auditVerifier) readList(e AuditEvent) error {
	if e.Action != actionListed {
		return nil
	}
	unreadable := func(err error) error {
		return problem.Fault(fmt.Errorf("read the chains that the root's event %d lists: %w", e.Seq, err))
	}
	var detail map[string]string
	if err := json.Unmarshal([]byte(e.Detail), &detail); err != nil {
		return unreadable(err)
	}
	entries := strings.Fields(detail[detailChains])
	if len(entries) == 0 {
		return unreadable(errors.New("there is none"))
	}
	for _, entry := range entries {
		name, text, _ := strings.Cut(entry, ":")
		id, err := ParseOrganizationID(name)
		seq, err2 := strconv.ParseInt(text, 10, 64)
		if err := errors.Join(err, err2); err != nil {
			return unreadable(fmt.Errorf("%q: %w", entry, err))
		}
		if _, again := v.listed[id]; again {
			v.twice[id] = true
		}
		v.listed[id] = max(v.listed[id], seq)
	}
	return nil
}
