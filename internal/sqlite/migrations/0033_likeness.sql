-- SPDX-License-Identifier: Apache-2.0
-- +goose Up

-- The number that names have in common which look alike. Version 34 fills it. People compare
-- the names of members and of undecided requests.
ALTER TABLE organizations ADD COLUMN name_likeness INTEGER NOT NULL DEFAULT 0;
ALTER TABLE requests ADD COLUMN name_likeness INTEGER NOT NULL DEFAULT 0;
CREATE INDEX organizations_name_likeness_idx ON organizations (name_likeness, id) WHERE state IN ('active', 'inactive');
CREATE INDEX requests_name_likeness_idx ON requests (name_likeness, id) WHERE status NOT IN ('approved', 'rejected');
