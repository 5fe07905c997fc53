-- SPDX-License-Identifier: Apache-2.0
-- +goose Up

-- JSON: an array of names of domains.
ALTER TABLE organizations ADD COLUMN email_domains TEXT NOT NULL DEFAULT '[]';

-- What a deactivation says it switches off: 1 backup, 2 restore, 4 log-in, added up.
ALTER TABLE organizations ADD COLUMN deactivation INTEGER NOT NULL DEFAULT 0;

-- JSON: an object of what callers keep with it.
ALTER TABLE organizations ADD COLUMN properties TEXT NOT NULL DEFAULT '{}';

-- Of a tombstone, which is in the state rejected. Nobody sees it again; its
-- audit, its codes and its requests go on referring to it.
ALTER TABLE organizations ADD COLUMN deleted_at INTEGER;
