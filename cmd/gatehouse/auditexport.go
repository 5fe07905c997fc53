// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"

	"gatehouse/apitype"
	"gatehouse/internal/api"
	"gatehouse/internal/tenancy"
)

// verifyExport checks a file of audit export: every hash, that no event is missing, and that
// the database still has the last event of each chain.
func verifyExport(ctx context.Context, s *services, path string, stdin io.Reader, out io.Writer) (err error) {
	in := stdin
	if path != "-" {
		f, err := os.Open(path)
		if err != nil {
			return err
		}
		defer func() { err = errors.Join(err, f.Close()) }()
		in = f
	}
	last, lines, err := readExport(s, in)
	if err != nil {
		return err
	}
	if lines == 0 {
		return errors.New("the export has no event: an export of any server has some")
	}
	var lost []error
	for id, e := range last {
		events, err := s.tenancy.AuditChain(ctx, commandLine(), id, e.Seq-1, 1)
		if err != nil {
			return err
		}
		if len(events) == 0 || events[0].Seq != e.Seq || !bytes.Equal(events[0].Hash, e.Hash) {
			lost = append(lost, fmt.Errorf("the database no longer has event %d of %s, which the export has", e.Seq,
				id))
		}
	}
	if len(lost) > 0 {
		return errors.Join(lost...)
	}
	_, err = fmt.Fprintf(out, "The export is unbroken: %d events in %d chains.\n", lines, len(last))
	return err
}

// readExport returns the last event of each chain of an export.
func readExport(s *services, in io.Reader) (last map[tenancy.OrganizationID]tenancy.AuditEvent, lines int,
	err error) {
	last = map[tenancy.OrganizationID]tenancy.AuditEvent{}
	for d := json.NewDecoder(in); ; lines++ {
		var line apitype.AuditEvent
		if err := d.Decode(&line); errors.Is(err, io.EOF) {
			return last, lines, nil
		} else if err != nil {
			return nil, lines, fmt.Errorf("line %d of the export is no event: %w", lines+1, err)
		}
		e, ok := api.ParseAuditEvent(line)
		before := last[e.OrganizationID]
		switch {
		case !ok || !s.tenancy.HoldsAuditEvent(e):
			return nil, lines, fmt.Errorf("line %d of the export was changed, or is of another server", lines+1)
		case e.Seq != before.Seq+1 || !bytes.Equal(e.PrevHash, before.Hash):
			return nil, lines,
				fmt.Errorf("line %d of the export is event %d of %s, and event %d is missing before it: "+
					"a filtered export cannot be checked", lines+1, e.Seq, e.OrganizationID, before.Seq+1)
		}
		last[e.OrganizationID] = e
	}
}
