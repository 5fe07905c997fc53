-- SPDX-License-Identifier: Apache-2.0
-- +goose Up

-- Rows without an optional column come last in ascending order (RFC 7644, section
-- 3.4.2.3), so its index begins with whether it is absent. Of a description it has
-- the beginning only, as before.
DROP INDEX organizations_alias_idx;
DROP INDEX organizations_description_idx;
DROP INDEX organizations_external_id_idx;
DROP INDEX requests_email_idx;

CREATE INDEX organizations_alias_idx ON organizations ((alias_folded = ''), alias_folded, id) WHERE listed;
CREATE INDEX organizations_description_idx ON organizations ((description_folded = ''), left(description_folded, 400), id) WHERE listed;
CREATE INDEX organizations_external_id_idx ON organizations ((external_id_folded = ''), external_id_folded, id) WHERE listed;
CREATE INDEX requests_email_idx ON requests ((email_folded = ''), email_folded, id);
