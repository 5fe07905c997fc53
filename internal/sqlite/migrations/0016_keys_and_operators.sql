-- SPDX-License-Identifier: Apache-2.0
-- +goose Up

-- An application may have two living keys: its current one, and the former one until its
-- overlap ends. When a key was last used is written at most once an hour.
ALTER TABLE applications ADD COLUMN updated_at INTEGER NOT NULL DEFAULT 0;
ALTER TABLE applications ADD COLUMN key_used_at INTEGER;
ALTER TABLE applications ADD COLUMN former_key_id TEXT NOT NULL DEFAULT '';
ALTER TABLE applications ADD COLUMN former_key_issued_at INTEGER;
ALTER TABLE applications ADD COLUMN former_key_expires_at INTEGER;
ALTER TABLE applications ADD COLUMN former_key_digest BLOB NOT NULL DEFAULT x'';
ALTER TABLE applications ADD COLUMN former_key_used_at INTEGER;
ALTER TABLE applications ADD COLUMN overlap_until INTEGER;
ALTER TABLE applications ADD COLUMN former_tokens_until INTEGER;
UPDATE applications SET updated_at = created_at;

-- A second factor counts when its first code was shown; until then it is pending. Access
-- tokens carry the generation of the log-ins of their operator; those of a former one have
-- ended. A deleted operator keeps its row, so that its number is not given again.
ALTER TABLE operators ADD COLUMN display_name TEXT NOT NULL DEFAULT '';
ALTER TABLE operators ADD COLUMN updated_at INTEGER NOT NULL DEFAULT 0;
ALTER TABLE operators ADD COLUMN deleted_at INTEGER;
ALTER TABLE operators ADD COLUMN totp_pending BLOB NOT NULL DEFAULT x'';
ALTER TABLE operators ADD COLUMN login_generation INTEGER NOT NULL DEFAULT 0;
UPDATE operators SET updated_at = created_at;
