-- SPDX-License-Identifier: Apache-2.0
-- +goose Up

-- Codes whose text another system made, and which of them are easily guessed. All older ones are ours.
ALTER TABLE auth_codes ADD COLUMN imported INTEGER NOT NULL DEFAULT 0;
ALTER TABLE auth_codes ADD COLUMN weak INTEGER NOT NULL DEFAULT 0;
-- Whether there are any is asked before a text in another form is looked up.
CREATE INDEX auth_codes_imported_idx ON auth_codes (imported) WHERE imported = 1;
