-- SPDX-License-Identifier: Apache-2.0
-- +goose Up

-- What filters of clients and of codes compare. Version 23 fills it.
ALTER TABLE clients ADD COLUMN name_folded text COLLATE "C" NOT NULL DEFAULT '';
ALTER TABLE clients ADD COLUMN instance_id_folded text COLLATE "C" NOT NULL DEFAULT '';
ALTER TABLE clients ADD COLUMN tags_folded text COLLATE "C" NOT NULL DEFAULT '';
ALTER TABLE auth_codes ADD COLUMN name_folded text COLLATE "C" NOT NULL DEFAULT '';
ALTER TABLE auth_codes ADD COLUMN tags_folded text COLLATE "C" NOT NULL DEFAULT '';

-- Both engines compare it in the same order.
ALTER TABLE clients ALTER COLUMN state TYPE text COLLATE "C";
-- Lists of the clients of a code, and of those that are not active. Most clients are
-- active, and enrol without a cost for the other two.
CREATE INDEX clients_auth_code_id_idx ON clients (organization_id, auth_code_id, id);
CREATE INDEX clients_not_active_idx ON clients (state, id) WHERE state <> 'active';
CREATE INDEX clients_organization_not_active_idx ON clients (organization_id, state, id) WHERE state <> 'active';
