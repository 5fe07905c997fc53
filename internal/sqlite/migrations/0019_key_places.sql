-- SPDX-License-Identifier: Apache-2.0
-- +goose Up

-- Where in a request a client has said that it sends its key; '': it has not said.
ALTER TABLE clients ADD COLUMN key_place TEXT NOT NULL DEFAULT ''
    CONSTRAINT clients_key_place_check CHECK (key_place IN ('', 'header', 'body'));
