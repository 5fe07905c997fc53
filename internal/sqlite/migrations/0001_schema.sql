-- SPDX-License-Identifier: Apache-2.0
-- +goose Up

-- "GTHS", so that tools and we ourselves recognise the file.
PRAGMA application_id = 1196705875;

-- A migration that two processes run at once fails in the second one and takes
-- its changes back with it.
CREATE UNIQUE INDEX goose_db_version_version_id_key ON goose_db_version (version_id);

CREATE TABLE organizations (
    id                 INTEGER PRIMARY KEY AUTOINCREMENT,
    name               TEXT NOT NULL,
    name_folded        TEXT NOT NULL,
    alias              TEXT NOT NULL,
    alias_folded       TEXT NOT NULL,
    description        TEXT NOT NULL,
    description_folded TEXT NOT NULL,
    external_id        TEXT NOT NULL,
    external_id_folded TEXT NOT NULL,
    state              TEXT NOT NULL,
    created_at         INTEGER NOT NULL,
    updated_at         INTEGER NOT NULL,
    listed             INTEGER NOT NULL,
    CONSTRAINT organizations_state_check CHECK (state IN ('active', 'inactive', 'applicant', 'rejected')),
    CONSTRAINT organizations_listed_check CHECK (listed = (state IN ('active', 'inactive') AND id > 0))
) STRICT;

-- Members are the active and inactive ones. Lists show them, without the root:
-- those are listed. A column says so because a condition on the state would tempt
-- the planner to search by state and sort by hand.
CREATE UNIQUE INDEX organizations_name_folded_key ON organizations (name_folded) WHERE state IN ('active', 'inactive');
CREATE INDEX organizations_id_idx ON organizations (id) WHERE listed = 1;
CREATE INDEX organizations_name_idx ON organizations (name_folded, id) WHERE listed = 1;
CREATE INDEX organizations_alias_idx ON organizations (alias_folded, id) WHERE listed = 1;
CREATE INDEX organizations_description_idx ON organizations (description_folded, id) WHERE listed = 1;
CREATE INDEX organizations_external_id_idx ON organizations (external_id_folded, id) WHERE listed = 1;
CREATE INDEX organizations_state_idx ON organizations (state, id) WHERE listed = 1;
CREATE INDEX organizations_state_created_at_idx ON organizations (state, created_at, id) WHERE listed = 1;
CREATE INDEX organizations_created_at_idx ON organizations (created_at, id) WHERE listed = 1;

CREATE TABLE contacts (
    id              INTEGER PRIMARY KEY AUTOINCREMENT,
    organization_id INTEGER NOT NULL,
    first_name      TEXT NOT NULL,
    last_name       TEXT NOT NULL,
    email           TEXT NOT NULL,
    active          INTEGER NOT NULL,
    created_at      INTEGER NOT NULL,
    CONSTRAINT contacts_organization_id_fkey FOREIGN KEY (organization_id) REFERENCES organizations (id)
) STRICT;

CREATE INDEX contacts_organization_id_idx ON contacts (organization_id, id);

CREATE TABLE requests (
    id                   INTEGER PRIMARY KEY AUTOINCREMENT,
    name                 TEXT NOT NULL,
    name_folded          TEXT NOT NULL,
    status               TEXT NOT NULL,
    status_folded        TEXT NOT NULL,
    requester_comments   TEXT NOT NULL,
    approver_comments    TEXT NOT NULL,
    related_organization TEXT NOT NULL,
    organization_id      INTEGER NOT NULL,
    contact_id           INTEGER NOT NULL,
    email                TEXT NOT NULL,
    email_folded         TEXT NOT NULL,
    created_at           INTEGER NOT NULL,
    updated_at           INTEGER NOT NULL,
    decided_at           INTEGER,
    decided_by           TEXT NOT NULL,
    CONSTRAINT requests_status_check CHECK (status IN ('new', 'review', 'moreInfoNeeded', 'approved', 'rejected')),
    CONSTRAINT requests_status_folded_check CHECK (status_folded = lower(status)),
    CONSTRAINT requests_organization_id_fkey FOREIGN KEY (organization_id) REFERENCES organizations (id),
    CONSTRAINT requests_contact_id_fkey FOREIGN KEY (contact_id) REFERENCES contacts (id)
) STRICT;

CREATE INDEX requests_name_idx ON requests (name_folded, id);
CREATE INDEX requests_status_idx ON requests (status_folded, id);
CREATE INDEX requests_status_created_at_idx ON requests (status_folded, created_at, id);
CREATE INDEX requests_organization_id_idx ON requests (organization_id, id);
CREATE INDEX requests_contact_id_idx ON requests (contact_id, id);
CREATE INDEX requests_email_idx ON requests (email_folded, id);
CREATE INDEX requests_created_at_idx ON requests (created_at, id);

CREATE TABLE auth_codes (
    id              TEXT PRIMARY KEY,
    organization_id INTEGER NOT NULL,
    is_primary      INTEGER NOT NULL,
    digest          BLOB NOT NULL,
    sealed          BLOB NOT NULL,
    created_at      INTEGER NOT NULL,
    created_by      TEXT NOT NULL,
    ended_at        INTEGER,
    end_reason      TEXT NOT NULL,
    CONSTRAINT auth_codes_digest_key UNIQUE (digest),
    CONSTRAINT auth_codes_end_reason_check CHECK (end_reason IN ('', 'superseded', 'disabled')),
    CONSTRAINT auth_codes_organization_id_fkey FOREIGN KEY (organization_id) REFERENCES organizations (id)
) STRICT;

-- At most one living primary code per organization, whatever the program does.
CREATE UNIQUE INDEX auth_codes_organization_id_key ON auth_codes (organization_id) WHERE is_primary = 1 AND ended_at IS NULL;
CREATE INDEX auth_codes_organization_id_idx ON auth_codes (organization_id, created_at, id);

CREATE TABLE applications (
    id              TEXT PRIMARY KEY,
    organization_id INTEGER NOT NULL,
    name            TEXT NOT NULL,
    type            TEXT NOT NULL,
    lifetime_days   INTEGER NOT NULL,
    created_at      INTEGER NOT NULL,
    created_by      TEXT NOT NULL,
    key_id          TEXT NOT NULL,
    key_issued_at   INTEGER,
    key_expires_at  INTEGER,
    key_digest      BLOB NOT NULL,
    CONSTRAINT applications_type_check CHECK (type IN ('application', 'extension')),
    CONSTRAINT applications_organization_id_fkey FOREIGN KEY (organization_id) REFERENCES organizations (id)
) STRICT;

CREATE INDEX applications_created_at_idx ON applications (created_at, id);
CREATE INDEX applications_organization_id_idx ON applications (organization_id, created_at, id);

CREATE TABLE operators (
    id              TEXT PRIMARY KEY,
    username        TEXT NOT NULL,
    username_folded TEXT NOT NULL,
    role            TEXT NOT NULL,
    organization_id INTEGER NOT NULL,
    active          INTEGER NOT NULL,
    password_hash   TEXT NOT NULL,
    totp_sealed     BLOB NOT NULL,
    totp_step       INTEGER NOT NULL,
    created_at      INTEGER NOT NULL,
    CONSTRAINT operators_username_folded_key UNIQUE (username_folded),
    CONSTRAINT operators_organization_id_fkey FOREIGN KEY (organization_id) REFERENCES organizations (id)
) STRICT;

CREATE INDEX operators_organization_id_idx ON operators (organization_id, id);

CREATE TABLE sessions (
    id              TEXT PRIMARY KEY,
    operator_id     TEXT NOT NULL,
    digest          BLOB NOT NULL,
    device_id       TEXT NOT NULL,
    idle_timeout_ms INTEGER NOT NULL,
    created_at      INTEGER NOT NULL,
    last_used_at    INTEGER NOT NULL,
    ended_at        INTEGER,
    CONSTRAINT sessions_digest_key UNIQUE (digest),
    CONSTRAINT sessions_operator_id_fkey FOREIGN KEY (operator_id) REFERENCES operators (id)
) STRICT;

CREATE INDEX sessions_operator_id_idx ON sessions (operator_id, id);
CREATE INDEX sessions_last_used_at_idx ON sessions (last_used_at, id);

CREATE TABLE revoked_tokens (
    token_id   TEXT PRIMARY KEY,
    expires_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE INDEX revoked_tokens_expires_at_idx ON revoked_tokens (expires_at, token_id);

CREATE TABLE attempts (
    subject      TEXT PRIMARY KEY,
    failures     INTEGER NOT NULL,
    locked_until INTEGER,
    updated_at   INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE INDEX attempts_updated_at_idx ON attempts (updated_at, subject);

CREATE TABLE audit_heads (
    organization_id INTEGER PRIMARY KEY,
    seq             INTEGER NOT NULL,
    hash            BLOB NOT NULL,
    CONSTRAINT audit_heads_organization_id_fkey FOREIGN KEY (organization_id) REFERENCES organizations (id)
) STRICT;

CREATE TABLE audit_events (
    organization_id INTEGER NOT NULL,
    seq             INTEGER NOT NULL,
    at              INTEGER NOT NULL,
    actor_kind      TEXT NOT NULL,
    actor_id        TEXT NOT NULL,
    actor_name      TEXT NOT NULL,
    address         TEXT NOT NULL,
    request_id      TEXT NOT NULL,
    action          TEXT NOT NULL,
    target          TEXT NOT NULL,
    detail          TEXT NOT NULL,
    prev_hash       BLOB NOT NULL,
    hash            BLOB NOT NULL,
    PRIMARY KEY (organization_id, seq),
    CONSTRAINT audit_events_organization_id_fkey FOREIGN KEY (organization_id) REFERENCES organizations (id)
) STRICT;

CREATE TABLE settings (
    name  TEXT PRIMARY KEY,
    value BLOB NOT NULL
) STRICT, WITHOUT ROWID;

-- The root: the server's own organization. Its name is taken like any member's.
INSERT INTO organizations (id, name, name_folded, alias, alias_folded, description, description_folded,
                           external_id, external_id_folded, state, created_at, updated_at, listed)
VALUES (0, 'Gatehouse', 'gatehouse', 'gatehouse', 'gatehouse', '', '', '', '', 'active',
        CAST(unixepoch('subsec') * 1000 AS INTEGER), CAST(unixepoch('subsec') * 1000 AS INTEGER), 0);

-- Numbers start at 100001.
UPDATE sqlite_sequence SET seq = 100000 WHERE name = 'organizations';
INSERT INTO sqlite_sequence (name, seq) VALUES ('contacts', 100000), ('requests', 100000);
