-- SPDX-License-Identifier: Apache-2.0
-- +goose Up

-- An index less for each enrolment: that of an organization's clients has their codes, too, and
-- serves the list of one code's clients.
DROP INDEX clients_auth_code_id_idx;
DROP INDEX clients_organization_id_idx;
CREATE INDEX clients_organization_id_idx ON clients (organization_id, id, auth_code_id);
