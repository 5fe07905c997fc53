-- SPDX-License-Identifier: Apache-2.0
-- +goose Up

-- What an authorization code may be limited to. Codes that were made before have no
-- limits. An absent expiry is none, and so is an absent number of uses.
ALTER TABLE auth_codes ADD COLUMN name text NOT NULL DEFAULT '';
ALTER TABLE auth_codes ADD COLUMN note text NOT NULL DEFAULT '';
ALTER TABLE auth_codes ADD COLUMN canary boolean NOT NULL DEFAULT false;
ALTER TABLE auth_codes ADD COLUMN expires_at timestamptz;
ALTER TABLE auth_codes ADD COLUMN max_uses bigint;
ALTER TABLE auth_codes ADD COLUMN sources text NOT NULL DEFAULT '[]';
ALTER TABLE auth_codes ADD COLUMN tags text NOT NULL DEFAULT '[]';
ALTER TABLE auth_codes ADD COLUMN updated_at timestamptz NOT NULL DEFAULT to_timestamp(0);
ALTER TABLE auth_codes ADD COLUMN disabled_at timestamptz;
ALTER TABLE auth_codes ADD COLUMN overlap_until timestamptz;
ALTER TABLE auth_codes ADD COLUMN replaced_by text NOT NULL DEFAULT '';
ALTER TABLE auth_codes ADD COLUMN uses bigint NOT NULL DEFAULT 0;
ALTER TABLE auth_codes ADD COLUMN last_used_at timestamptz;
UPDATE auth_codes SET updated_at = coalesce(ended_at, created_at);

-- Codes are listed by their ids, which begin with the time.
CREATE INDEX auth_codes_organization_list_idx ON auth_codes (organization_id, id);

-- What an organization says of its codes and clients, as JSON.
ALTER TABLE organizations ADD COLUMN policy text NOT NULL DEFAULT '{}';

CREATE TABLE clients (
    id              text COLLATE "C" PRIMARY KEY,
    organization_id bigint NOT NULL,
    auth_code_id    text COLLATE "C" NOT NULL,
    name            text NOT NULL,
    instance_id     text NOT NULL,
    thumbprint      text NOT NULL,
    public_key      text NOT NULL,
    key_digest      bytea NOT NULL,
    tags            text NOT NULL,
    state           text NOT NULL,
    address         text NOT NULL,
    created_at      timestamptz NOT NULL,
    updated_at      timestamptz NOT NULL,
    last_seen_at    timestamptz,
    decided_by      text NOT NULL,
    CONSTRAINT clients_state_check CHECK (state IN ('pending', 'active', 'refused', 'revoked')),
    CONSTRAINT clients_organization_id_fkey FOREIGN KEY (organization_id) REFERENCES organizations (id),
    CONSTRAINT clients_auth_code_id_fkey FOREIGN KEY (auth_code_id) REFERENCES auth_codes (id)
);

CREATE INDEX clients_organization_id_idx ON clients (organization_id, id);
CREATE INDEX clients_instance_id_idx ON clients (auth_code_id, instance_id, id);

-- The ledger of the codes. The day is the number of days since 1970.
CREATE TABLE auth_code_uses (
    id           bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    auth_code_id text COLLATE "C" NOT NULL,
    at           timestamptz NOT NULL,
    day          bigint NOT NULL,
    outcome      text NOT NULL,
    refusal      text NOT NULL,
    address      text NOT NULL,
    instance_id  text NOT NULL,
    client_id    text NOT NULL,
    CONSTRAINT auth_code_uses_outcome_check CHECK (outcome IN ('accepted', 'repeated', 'refused')),
    CONSTRAINT auth_code_uses_auth_code_id_fkey FOREIGN KEY (auth_code_id) REFERENCES auth_codes (id)
);

CREATE INDEX auth_code_uses_auth_code_id_idx ON auth_code_uses (auth_code_id, id);

CREATE TABLE auth_code_days (
    auth_code_id text COLLATE "C" NOT NULL,
    day          bigint NOT NULL,
    outcome      text NOT NULL,
    refusal      text NOT NULL,
    uses         bigint NOT NULL,
    PRIMARY KEY (auth_code_id, day, outcome, refusal),
    CONSTRAINT auth_code_days_auth_code_id_fkey FOREIGN KEY (auth_code_id) REFERENCES auth_codes (id)
);
