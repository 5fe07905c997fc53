-- SPDX-License-Identifier: Apache-2.0
-- +goose Up

-- The operator token that an operator token was made with; 0 for those made after a
-- log-in. It is no foreign key: the maker's row may be pruned before.
ALTER TABLE operator_tokens ADD COLUMN maker_id bigint NOT NULL DEFAULT 0;
