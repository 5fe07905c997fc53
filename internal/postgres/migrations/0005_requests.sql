-- SPDX-License-Identifier: Apache-2.0
-- +goose Up

-- JSON: an object of what requesters send with their contact.
ALTER TABLE contacts ADD COLUMN properties text NOT NULL DEFAULT '{}';
