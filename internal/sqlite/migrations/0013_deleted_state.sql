-- SPDX-License-Identifier: Apache-2.0
-- +goose Up

-- Deleted organizations have a state of their own. Until now they were rejected ones with
-- a time of deletion. Those that were rejected and are still there stay as they are.
ALTER TABLE organizations DROP CONSTRAINT organizations_state_check;
ALTER TABLE organizations ADD CONSTRAINT organizations_state_check
    CHECK (state IN ('active', 'inactive', 'applicant', 'rejected', 'deleted'));

UPDATE organizations SET state = 'deleted' WHERE deleted_at IS NOT NULL;
