-- SPDX-License-Identifier: Apache-2.0
-- +goose Up

-- A retired key may be dropped: then only the part of it is here that verifies the audit. When a key
-- was retired says which secrets were made under it; for earlier ones that is at most now.
ALTER TABLE master_keys DROP CONSTRAINT master_keys_state_check;
ALTER TABLE master_keys ADD CONSTRAINT master_keys_state_check
    CHECK (state IN ('next', 'active', 'retired', 'dropped'));
ALTER TABLE master_keys ADD COLUMN retired_at timestamptz;
UPDATE master_keys SET retired_at = date_trunc('milliseconds', now()) WHERE state = 'retired';
DROP INDEX master_keys_active_idx;
CREATE UNIQUE INDEX master_keys_active_idx ON master_keys (state) WHERE state IN ('next', 'active');
