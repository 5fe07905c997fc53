-- SPDX-License-Identifier: Apache-2.0
-- +goose Up

-- Codes whose text another system made, and which of them are easily guessed. All older ones are ours.
ALTER TABLE auth_codes ADD COLUMN imported boolean NOT NULL DEFAULT false;
ALTER TABLE auth_codes ADD COLUMN weak boolean NOT NULL DEFAULT false;
-- Whether there are any is asked before a text in another form is looked up.
CREATE INDEX auth_codes_imported_idx ON auth_codes (imported) WHERE imported;
