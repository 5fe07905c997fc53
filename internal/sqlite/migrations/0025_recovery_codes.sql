-- SPDX-License-Identifier: Apache-2.0
-- +goose Up

-- The keyed digests of an operator's recovery codes, 32 bytes each. One that is used goes.
ALTER TABLE operators ADD COLUMN recovery_digests BLOB NOT NULL DEFAULT x'';
