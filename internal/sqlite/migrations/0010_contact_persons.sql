-- SPDX-License-Identifier: Apache-2.0
-- +goose Up

-- JSON: an array of people with a full name and an address.
ALTER TABLE organizations ADD COLUMN contact_persons TEXT NOT NULL DEFAULT '[]';

-- Lists of texts as they are found and sorted by: folded, each between two line
-- ends. The next version, which is written in Go, fills them.
ALTER TABLE organizations ADD COLUMN email_domains_folded TEXT NOT NULL DEFAULT '';
ALTER TABLE organizations ADD COLUMN contact_names_folded TEXT NOT NULL DEFAULT '';
ALTER TABLE organizations ADD COLUMN contact_emails_folded TEXT NOT NULL DEFAULT '';

-- See version 7.
CREATE INDEX organizations_email_domains_idx ON organizations (iif(email_domains_folded = '', x'ff', email_domains_folded), id, listed) WHERE listed = 1;
CREATE INDEX organizations_contact_names_idx ON organizations (iif(contact_names_folded = '', x'ff', contact_names_folded), id, listed) WHERE listed = 1;
CREATE INDEX organizations_contact_emails_idx ON organizations (iif(contact_emails_folded = '', x'ff', contact_emails_folded), id, listed) WHERE listed = 1;
