-- SPDX-License-Identifier: Apache-2.0
-- +goose Up

-- Numbers of operators, from 100001. Those that are there get theirs in the order
-- in which they were made.
ALTER TABLE operators ADD COLUMN number INTEGER NOT NULL DEFAULT 0;

UPDATE operators SET number = numbered.n
FROM (SELECT id, 100000 + row_number() OVER (ORDER BY created_at, id) AS n FROM operators) AS numbered
WHERE numbered.id = operators.id;

CREATE UNIQUE INDEX operators_number_key ON operators (number);
