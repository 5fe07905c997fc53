-- SPDX-License-Identifier: Apache-2.0
-- +goose Up

CREATE TABLE operator_tokens (
    id              INTEGER PRIMARY KEY AUTOINCREMENT,
    operator_id     TEXT NOT NULL,
    name            TEXT NOT NULL,
    name_folded     TEXT NOT NULL,
    scope           TEXT NOT NULL,
    endpoints       TEXT NOT NULL, -- one on a line
    access_digest   BLOB NOT NULL,
    refresh_digest  BLOB NOT NULL,
    life_ms         INTEGER NOT NULL,
    created_at      INTEGER NOT NULL,
    expires_at      INTEGER NOT NULL,
    renewable_until INTEGER NOT NULL,
    ended_at        INTEGER,
    end_reason      TEXT NOT NULL,
    CONSTRAINT operator_tokens_access_digest_key UNIQUE (access_digest),
    CONSTRAINT operator_tokens_refresh_digest_key UNIQUE (refresh_digest),
    CONSTRAINT operator_tokens_scope_check CHECK (scope IN ('all', 'custom') AND (scope = 'custom') = (endpoints <> '')),
    CONSTRAINT operator_tokens_end_reason_check CHECK (end_reason IN ('', 'revoked', 'reused') AND (end_reason = '') = (ended_at IS NULL)),
    CONSTRAINT operator_tokens_operator_id_fkey FOREIGN KEY (operator_id) REFERENCES operators (id)
) STRICT;

CREATE UNIQUE INDEX operator_tokens_operator_id_name_folded_key ON operator_tokens (operator_id, name_folded) WHERE ended_at IS NULL;
CREATE INDEX operator_tokens_operator_id_idx ON operator_tokens (operator_id, id) WHERE ended_at IS NULL;
CREATE INDEX operator_tokens_ended_at_idx ON operator_tokens (ended_at, id) WHERE ended_at IS NOT NULL;
CREATE INDEX operator_tokens_renewable_until_idx ON operator_tokens (renewable_until, id);

-- Texts that renewed once: who shows one again has a copy.
CREATE TABLE spent_refresh_tokens (
    digest   BLOB PRIMARY KEY,
    token_id INTEGER NOT NULL,
    spent_at INTEGER NOT NULL,
    CONSTRAINT spent_refresh_tokens_token_id_fkey FOREIGN KEY (token_id) REFERENCES operator_tokens (id) ON DELETE CASCADE
) STRICT, WITHOUT ROWID;

CREATE INDEX spent_refresh_tokens_token_id_idx ON spent_refresh_tokens (token_id);

-- Numbers start at 100001.
INSERT INTO sqlite_sequence (name, seq) VALUES ('operator_tokens', 100000);
