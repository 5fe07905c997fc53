-- SPDX-License-Identifier: Apache-2.0
-- +goose Up

-- A session ends some hours after its log-in, whatever renewals it has had. Of sessions that
-- exist, only the last renewal is known.
ALTER TABLE sessions ADD COLUMN logged_in_at INTEGER NOT NULL DEFAULT 0;
UPDATE sessions SET logged_in_at = created_at;
