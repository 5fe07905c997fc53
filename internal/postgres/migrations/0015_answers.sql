-- SPDX-License-Identifier: Apache-2.0
-- +goose Up

-- The results of requests that may be repeated, sealed. Without a result, a row is a lock.
CREATE TABLE answers (
    digest     bytea PRIMARY KEY,
    request    bytea NOT NULL,
    sealed     bytea NOT NULL,
    created_at timestamptz NOT NULL
);

CREATE INDEX answers_created_at_idx ON answers (created_at, digest);
