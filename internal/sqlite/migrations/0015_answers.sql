-- SPDX-License-Identifier: Apache-2.0
-- +goose Up

-- The results of requests that may be repeated, sealed. Without a result, a row is a lock.
CREATE TABLE answers (
    digest     BLOB PRIMARY KEY,
    request    BLOB NOT NULL,
    sealed     BLOB NOT NULL,
    created_at INTEGER NOT NULL
) STRICT;

CREATE INDEX answers_created_at_idx ON answers (created_at, digest);
