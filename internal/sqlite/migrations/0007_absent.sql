-- SPDX-License-Identifier: Apache-2.0
-- +goose Up

-- Rows without an optional column come last in ascending order (RFC 7644, section
-- 3.4.2.3). SQLite has a blob after every text, so the index has a blob for
-- what is absent. The expressions are, word for word, those of the lists, or SQLite
-- would not use the index. With listed in it, which costs a byte, deep pages read
-- nothing but the index.
DROP INDEX organizations_alias_idx;
DROP INDEX organizations_description_idx;
DROP INDEX organizations_external_id_idx;
DROP INDEX requests_email_idx;

CREATE INDEX organizations_alias_idx ON organizations (iif(alias_folded = '', x'ff', alias_folded), id, listed) WHERE listed = 1;
CREATE INDEX organizations_description_idx ON organizations (iif(description_folded = '', x'ff', description_folded), id, listed) WHERE listed = 1;
CREATE INDEX organizations_external_id_idx ON organizations (iif(external_id_folded = '', x'ff', external_id_folded), id, listed) WHERE listed = 1;
CREATE INDEX requests_email_idx ON requests (iif(email_folded = '', x'ff', email_folded), id);
