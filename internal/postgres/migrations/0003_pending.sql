-- SPDX-License-Identifier: Apache-2.0
-- +goose Up

-- A version of each list: a number that every change of what may be in it moves
-- on, in the transaction of the change, so that what was found out about the list
-- can be used for as long as the number is the same. Like the counts it is a sum
-- of shares. The steps are random, so that another history (of a standby, or of
-- a backup that was put back) does not come by the same numbers; a thousand changes
-- a second can go on for 35 years before the sum is too large for its type.
--
-- The tables are locked first, so that no change is under way that moves nothing.
LOCK TABLE requests, organizations IN SHARE ROW EXCLUSIVE MODE;

ALTER TABLE list_counts
    ADD COLUMN requests_version      bigint NOT NULL DEFAULT 0,
    ADD COLUMN organizations_version bigint NOT NULL DEFAULT 0;

-- +goose StatementBegin
CREATE FUNCTION list_counts_step() RETURNS bigint LANGUAGE sql VOLATILE AS $$ SELECT 1 + floor(random() * 16777216)::bigint $$;
-- +goose StatementEnd

-- +goose StatementBegin
CREATE OR REPLACE FUNCTION count_requests() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    d record;
    s bigint;
BEGIN
    IF TG_OP = 'TRUNCATE' THEN
        UPDATE list_counts SET requests_new = 0, requests_review = 0, requests_more_info = 0, requests_approved = 0, requests_rejected = 0,
            requests_version = requests_version + list_counts_step();
        RETURN NULL;
    ELSIF TG_OP = 'INSERT' THEN
        SELECT count(*) AS changed, count(*) FILTER (WHERE status = 'new') AS new, count(*) FILTER (WHERE status = 'review') AS review,
            count(*) FILTER (WHERE status = 'moreInfoNeeded') AS more_info, count(*) FILTER (WHERE status = 'approved') AS approved,
            count(*) FILTER (WHERE status = 'rejected') AS rejected INTO d
        FROM after_rows;
    ELSIF TG_OP = 'DELETE' THEN
        SELECT count(*) AS changed, -count(*) FILTER (WHERE status = 'new') AS new, -count(*) FILTER (WHERE status = 'review') AS review,
            -count(*) FILTER (WHERE status = 'moreInfoNeeded') AS more_info, -count(*) FILTER (WHERE status = 'approved') AS approved,
            -count(*) FILTER (WHERE status = 'rejected') AS rejected INTO d
        FROM before_rows;
    ELSE
        SELECT count(*) AS changed,
            coalesce(sum(n) FILTER (WHERE status = 'new'), 0) AS new,
            coalesce(sum(n) FILTER (WHERE status = 'review'), 0) AS review,
            coalesce(sum(n) FILTER (WHERE status = 'moreInfoNeeded'), 0) AS more_info,
            coalesce(sum(n) FILTER (WHERE status = 'approved'), 0) AS approved,
            coalesce(sum(n) FILTER (WHERE status = 'rejected'), 0) AS rejected INTO d
        FROM (SELECT status, 1 AS n FROM after_rows UNION ALL SELECT status, -1 FROM before_rows) AS x;
    END IF;
    IF d.changed > 0 THEN
        s := list_counts_share();
        UPDATE list_counts SET requests_new = requests_new + d.new, requests_review = requests_review + d.review,
            requests_more_info = requests_more_info + d.more_info, requests_approved = requests_approved + d.approved,
            requests_rejected = requests_rejected + d.rejected, requests_version = requests_version + list_counts_step()
        WHERE share = s;
    END IF;
    RETURN NULL;
END $$;
-- +goose StatementEnd

-- What is not listed, before and after, is in no list, and moves nothing.
-- +goose StatementBegin
CREATE OR REPLACE FUNCTION count_organizations() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    d record;
    s bigint;
BEGIN
    IF TG_OP = 'TRUNCATE' THEN
        UPDATE list_counts SET organizations_active = 0, organizations_inactive = 0,
            organizations_version = organizations_version + list_counts_step();
        RETURN NULL;
    ELSIF TG_OP = 'INSERT' THEN
        SELECT count(*) AS changed, count(*) FILTER (WHERE state = 'active') AS active,
            count(*) FILTER (WHERE state = 'inactive') AS inactive INTO d
        FROM after_rows WHERE listed;
    ELSIF TG_OP = 'DELETE' THEN
        SELECT count(*) AS changed, -count(*) FILTER (WHERE state = 'active') AS active,
            -count(*) FILTER (WHERE state = 'inactive') AS inactive INTO d
        FROM before_rows WHERE listed;
    ELSE
        SELECT count(*) AS changed, coalesce(sum(n) FILTER (WHERE state = 'active'), 0) AS active,
            coalesce(sum(n) FILTER (WHERE state = 'inactive'), 0) AS inactive INTO d
        FROM (SELECT state, 1 AS n FROM after_rows WHERE listed UNION ALL SELECT state, -1 FROM before_rows WHERE listed) AS x;
    END IF;
    IF d.changed > 0 THEN
        s := list_counts_share();
        UPDATE list_counts SET organizations_active = organizations_active + d.active, organizations_inactive = organizations_inactive + d.inactive,
            organizations_version = organizations_version + list_counts_step()
        WHERE share = s;
    END IF;
    RETURN NULL;
END $$;
-- +goose StatementEnd
