-- SPDX-License-Identifier: Apache-2.0
-- +goose Up

-- What an authorization code may be limited to. Codes that were made before have no
-- limits. An absent expiry is none, and so is an absent number of uses.
ALTER TABLE auth_codes ADD COLUMN name TEXT NOT NULL DEFAULT '';
ALTER TABLE auth_codes ADD COLUMN note TEXT NOT NULL DEFAULT '';
ALTER TABLE auth_codes ADD COLUMN canary INTEGER NOT NULL DEFAULT 0;
ALTER TABLE auth_codes ADD COLUMN expires_at INTEGER;
ALTER TABLE auth_codes ADD COLUMN max_uses INTEGER;
ALTER TABLE auth_codes ADD COLUMN sources TEXT NOT NULL DEFAULT '[]';
ALTER TABLE auth_codes ADD COLUMN tags TEXT NOT NULL DEFAULT '[]';
ALTER TABLE auth_codes ADD COLUMN updated_at INTEGER NOT NULL DEFAULT 0;
ALTER TABLE auth_codes ADD COLUMN disabled_at INTEGER;
ALTER TABLE auth_codes ADD COLUMN overlap_until INTEGER;
ALTER TABLE auth_codes ADD COLUMN replaced_by TEXT NOT NULL DEFAULT '';
ALTER TABLE auth_codes ADD COLUMN uses INTEGER NOT NULL DEFAULT 0;
ALTER TABLE auth_codes ADD COLUMN last_used_at INTEGER;
UPDATE auth_codes SET updated_at = coalesce(ended_at, created_at);

-- Codes are listed by their ids, which begin with the time.
CREATE INDEX auth_codes_organization_list_idx ON auth_codes (organization_id, id);

-- What an organization says of its codes and clients, as JSON.
ALTER TABLE organizations ADD COLUMN policy TEXT NOT NULL DEFAULT '{}';

CREATE TABLE clients (
    id              TEXT PRIMARY KEY,
    organization_id INTEGER NOT NULL,
    auth_code_id    TEXT NOT NULL,
    name            TEXT NOT NULL,
    instance_id     TEXT NOT NULL,
    thumbprint      TEXT NOT NULL,
    public_key      TEXT NOT NULL,
    key_digest      BLOB NOT NULL,
    tags            TEXT NOT NULL,
    state           TEXT NOT NULL,
    address         TEXT NOT NULL,
    created_at      INTEGER NOT NULL,
    updated_at      INTEGER NOT NULL,
    last_seen_at    INTEGER,
    decided_by      TEXT NOT NULL,
    CONSTRAINT clients_state_check CHECK (state IN ('pending', 'active', 'refused', 'revoked')),
    CONSTRAINT clients_organization_id_fkey FOREIGN KEY (organization_id) REFERENCES organizations (id),
    CONSTRAINT clients_auth_code_id_fkey FOREIGN KEY (auth_code_id) REFERENCES auth_codes (id)
) STRICT;

CREATE INDEX clients_organization_id_idx ON clients (organization_id, id);
CREATE INDEX clients_instance_id_idx ON clients (auth_code_id, instance_id, id);

-- The ledger of the codes. The day is the number of days since 1970.
CREATE TABLE auth_code_uses (
    id           INTEGER PRIMARY KEY AUTOINCREMENT,
    auth_code_id TEXT NOT NULL,
    at           INTEGER NOT NULL,
    day          INTEGER NOT NULL,
    outcome      TEXT NOT NULL,
    refusal      TEXT NOT NULL,
    address      TEXT NOT NULL,
    instance_id  TEXT NOT NULL,
    client_id    TEXT NOT NULL,
    CONSTRAINT auth_code_uses_outcome_check CHECK (outcome IN ('accepted', 'repeated', 'refused')),
    CONSTRAINT auth_code_uses_auth_code_id_fkey FOREIGN KEY (auth_code_id) REFERENCES auth_codes (id)
) STRICT;

CREATE INDEX auth_code_uses_auth_code_id_idx ON auth_code_uses (auth_code_id, id);

CREATE TABLE auth_code_days (
    auth_code_id TEXT NOT NULL,
    day          INTEGER NOT NULL,
    outcome      TEXT NOT NULL,
    refusal      TEXT NOT NULL,
    uses         INTEGER NOT NULL,
    PRIMARY KEY (auth_code_id, day, outcome, refusal),
    CONSTRAINT auth_code_days_auth_code_id_fkey FOREIGN KEY (auth_code_id) REFERENCES auth_codes (id)
) STRICT;
