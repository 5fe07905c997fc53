-- SPDX-License-Identifier: Apache-2.0
-- +goose Up

-- The master keys of a database that has had more than one. Each is here only sealed under
-- another one. See docs/key-rotation.md.
CREATE TABLE master_keys (
    id         text COLLATE "C" PRIMARY KEY,
    state      text COLLATE "C" NOT NULL,
    created_at timestamptz NOT NULL,
    sealed     bytea NOT NULL,
    sealed_by  text COLLATE "C" NOT NULL,
    CONSTRAINT master_keys_state_check CHECK (state IN ('next', 'active', 'retired'))
);
CREATE UNIQUE INDEX master_keys_active_idx ON master_keys (state) WHERE state <> 'retired';
