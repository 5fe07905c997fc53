-- SPDX-License-Identifier: Apache-2.0
-- +goose Up

-- The list of the audit, by time.
CREATE INDEX audit_events_at_idx ON audit_events (at, organization_id, seq);

-- A keyed hash of the end of a chain, so that an end that was moved back is seen. It is empty
-- in rows of earlier versions until the server fills it.
ALTER TABLE audit_heads ADD COLUMN seal bytea NOT NULL DEFAULT '';
-- Whether an event of the root's chain names this chain.
ALTER TABLE audit_heads ADD COLUMN listed boolean NOT NULL DEFAULT false;
CREATE INDEX audit_heads_unlisted_idx ON audit_heads (organization_id) WHERE NOT listed;
