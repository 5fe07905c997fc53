-- SPDX-License-Identifier: Apache-2.0
-- +goose Up

-- The master keys of a database that has had more than one. Each is here only sealed under
-- another one. See docs/key-rotation.md.
CREATE TABLE master_keys (
    id         TEXT PRIMARY KEY,
    state      TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    sealed     BLOB NOT NULL,
    sealed_by  TEXT NOT NULL,
    CONSTRAINT master_keys_state_check CHECK (state IN ('next', 'active', 'retired'))
) STRICT;
CREATE UNIQUE INDEX master_keys_active_idx ON master_keys (state) WHERE state <> 'retired';
