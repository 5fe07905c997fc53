-- SPDX-License-Identifier: Apache-2.0
-- +goose Up

-- Nothing to change here: both databases have the same numbers of migrations,
-- and this one is about SQLite's index of trigrams.
SELECT 1;
