-- SPDX-License-Identifier: Apache-2.0
-- +goose Up

-- JSON: an array of people with a full name and an address.
ALTER TABLE organizations ADD COLUMN contact_persons text NOT NULL DEFAULT '[]';

-- Lists of texts as they are found and sorted by: folded, each between two line
-- ends. The next version, which is written in Go, fills them.
ALTER TABLE organizations ADD COLUMN email_domains_folded text COLLATE "C" NOT NULL DEFAULT '';
ALTER TABLE organizations ADD COLUMN contact_names_folded text COLLATE "C" NOT NULL DEFAULT '';
ALTER TABLE organizations ADD COLUMN contact_emails_folded text COLLATE "C" NOT NULL DEFAULT '';

-- See version 7. They are too long for an index, which has their beginning.
CREATE INDEX organizations_email_domains_idx ON organizations ((email_domains_folded = ''), left(email_domains_folded, 400), id) WHERE listed;
CREATE INDEX organizations_contact_names_idx ON organizations ((contact_names_folded = ''), left(contact_names_folded, 400), id) WHERE listed;
CREATE INDEX organizations_contact_emails_idx ON organizations ((contact_emails_folded = ''), left(contact_emails_folded, 400), id) WHERE listed;
