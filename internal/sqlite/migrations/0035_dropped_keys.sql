-- SPDX-License-Identifier: Apache-2.0
-- +goose Up

-- A retired key may be dropped: then only the part of it is here that verifies the audit. When a key
-- was retired says which secrets were made under it; for earlier ones that is at most now.
CREATE TABLE master_keys_new (
    id         TEXT PRIMARY KEY,
    state      TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    sealed     BLOB NOT NULL,
    sealed_by  TEXT NOT NULL,
    retired_at INTEGER,
    CONSTRAINT master_keys_state_check CHECK (state IN ('next', 'active', 'retired', 'dropped'))
) STRICT;
INSERT INTO master_keys_new (id, state, created_at, sealed, sealed_by, retired_at)
    SELECT id, state, created_at, sealed, sealed_by,
        CASE WHEN state = 'retired' THEN CAST(unixepoch('subsec') * 1000 AS INTEGER) END
    FROM master_keys;
DROP TABLE master_keys;
ALTER TABLE master_keys_new RENAME TO master_keys;
CREATE UNIQUE INDEX master_keys_active_idx ON master_keys (state) WHERE state IN ('next', 'active');
