-- SPDX-License-Identifier: Apache-2.0
-- +goose Up

-- What is there is counted as it is once the tables are locked, not as it was
-- when the migration began.
SET TRANSACTION ISOLATION LEVEL READ COMMITTED;

-- How many rows a list has, kept so that nobody counts a million rows to show
-- fifty. Each row is one share of the sum. A transaction adds to a share that no
-- other is at, from that of its server process on, so that nobody waits here and
-- nobody can wait in a circle.
CREATE TABLE list_counts (
    share                  bigint PRIMARY KEY,
    requests_new           bigint NOT NULL DEFAULT 0,
    requests_review        bigint NOT NULL DEFAULT 0,
    requests_more_info     bigint NOT NULL DEFAULT 0,
    requests_approved      bigint NOT NULL DEFAULT 0,
    requests_rejected      bigint NOT NULL DEFAULT 0,
    organizations_active   bigint NOT NULL DEFAULT 0,
    organizations_inactive bigint NOT NULL DEFAULT 0
) WITH (fillfactor = 20); -- room beside a row for its next versions

INSERT INTO list_counts (share) SELECT generate_series(0, 127);

-- +goose StatementBegin
CREATE FUNCTION list_counts_share() RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE
    own   bigint := pg_backend_pid() % 128;
    free  bigint;
BEGIN
    SELECT share INTO free FROM list_counts WHERE share >= own ORDER BY share LIMIT 1 FOR NO KEY UPDATE SKIP LOCKED;
    IF free IS NULL THEN
        SELECT share INTO free FROM list_counts ORDER BY share LIMIT 1 FOR NO KEY UPDATE SKIP LOCKED;
    END IF;
    RETURN coalesce(free, own); -- all are taken: wait
END $$;
-- +goose StatementEnd

-- +goose StatementBegin
CREATE FUNCTION count_requests() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    d record;
    s bigint;
BEGIN
    IF TG_OP = 'TRUNCATE' THEN
        UPDATE list_counts SET requests_new = 0, requests_review = 0, requests_more_info = 0, requests_approved = 0, requests_rejected = 0;
        RETURN NULL;
    ELSIF TG_OP = 'INSERT' THEN
        SELECT coalesce(sum(n) FILTER (WHERE status = 'new'), 0) AS new,
            coalesce(sum(n) FILTER (WHERE status = 'review'), 0) AS review,
            coalesce(sum(n) FILTER (WHERE status = 'moreInfoNeeded'), 0) AS more_info,
            coalesce(sum(n) FILTER (WHERE status = 'approved'), 0) AS approved,
            coalesce(sum(n) FILTER (WHERE status = 'rejected'), 0) AS rejected INTO d
        FROM (SELECT status, 1 AS n FROM after_rows) AS x;
    ELSIF TG_OP = 'DELETE' THEN
        SELECT coalesce(sum(n) FILTER (WHERE status = 'new'), 0) AS new,
            coalesce(sum(n) FILTER (WHERE status = 'review'), 0) AS review,
            coalesce(sum(n) FILTER (WHERE status = 'moreInfoNeeded'), 0) AS more_info,
            coalesce(sum(n) FILTER (WHERE status = 'approved'), 0) AS approved,
            coalesce(sum(n) FILTER (WHERE status = 'rejected'), 0) AS rejected INTO d
        FROM (SELECT status, -1 AS n FROM before_rows) AS x;
    ELSE
        SELECT coalesce(sum(n) FILTER (WHERE status = 'new'), 0) AS new,
            coalesce(sum(n) FILTER (WHERE status = 'review'), 0) AS review,
            coalesce(sum(n) FILTER (WHERE status = 'moreInfoNeeded'), 0) AS more_info,
            coalesce(sum(n) FILTER (WHERE status = 'approved'), 0) AS approved,
            coalesce(sum(n) FILTER (WHERE status = 'rejected'), 0) AS rejected INTO d
        FROM (SELECT status, 1 AS n FROM after_rows UNION ALL SELECT status, -1 FROM before_rows) AS x;
    END IF;
    IF d.new <> 0 OR d.review <> 0 OR d.more_info <> 0 OR d.approved <> 0 OR d.rejected <> 0 THEN
        s := list_counts_share();
        UPDATE list_counts SET requests_new = requests_new + d.new, requests_review = requests_review + d.review,
            requests_more_info = requests_more_info + d.more_info, requests_approved = requests_approved + d.approved,
            requests_rejected = requests_rejected + d.rejected
        WHERE share = s;
    END IF;
    RETURN NULL;
END $$;
-- +goose StatementEnd

-- +goose StatementBegin
CREATE FUNCTION count_organizations() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    d record;
    s bigint;
BEGIN
    IF TG_OP = 'TRUNCATE' THEN
        UPDATE list_counts SET organizations_active = 0, organizations_inactive = 0;
        RETURN NULL;
    ELSIF TG_OP = 'INSERT' THEN
        SELECT coalesce(sum(n) FILTER (WHERE state = 'active'), 0) AS active,
            coalesce(sum(n) FILTER (WHERE state = 'inactive'), 0) AS inactive INTO d
        FROM (SELECT state, 1 AS n FROM after_rows WHERE listed) AS x;
    ELSIF TG_OP = 'DELETE' THEN
        SELECT coalesce(sum(n) FILTER (WHERE state = 'active'), 0) AS active,
            coalesce(sum(n) FILTER (WHERE state = 'inactive'), 0) AS inactive INTO d
        FROM (SELECT state, -1 AS n FROM before_rows WHERE listed) AS x;
    ELSE
        SELECT coalesce(sum(n) FILTER (WHERE state = 'active'), 0) AS active,
            coalesce(sum(n) FILTER (WHERE state = 'inactive'), 0) AS inactive INTO d
        FROM (SELECT state, 1 AS n FROM after_rows WHERE listed UNION ALL SELECT state, -1 FROM before_rows WHERE listed) AS x;
    END IF;
    IF d.active <> 0 OR d.inactive <> 0 THEN
        s := list_counts_share();
        UPDATE list_counts SET organizations_active = organizations_active + d.active, organizations_inactive = organizations_inactive + d.inactive
        WHERE share = s;
    END IF;
    RETURN NULL;
END $$;
-- +goose StatementEnd

-- From here on nobody changes the tables until all is in place.
CREATE TRIGGER count_inserted AFTER INSERT ON requests REFERENCING NEW TABLE AS after_rows FOR EACH STATEMENT EXECUTE FUNCTION count_requests();
CREATE TRIGGER count_updated AFTER UPDATE ON requests REFERENCING OLD TABLE AS before_rows NEW TABLE AS after_rows FOR EACH STATEMENT EXECUTE FUNCTION count_requests();
CREATE TRIGGER count_deleted AFTER DELETE ON requests REFERENCING OLD TABLE AS before_rows FOR EACH STATEMENT EXECUTE FUNCTION count_requests();
CREATE TRIGGER count_truncated AFTER TRUNCATE ON requests FOR EACH STATEMENT EXECUTE FUNCTION count_requests();
CREATE TRIGGER count_inserted AFTER INSERT ON organizations REFERENCING NEW TABLE AS after_rows FOR EACH STATEMENT EXECUTE FUNCTION count_organizations();
CREATE TRIGGER count_updated AFTER UPDATE ON organizations REFERENCING OLD TABLE AS before_rows NEW TABLE AS after_rows FOR EACH STATEMENT EXECUTE FUNCTION count_organizations();
CREATE TRIGGER count_deleted AFTER DELETE ON organizations REFERENCING OLD TABLE AS before_rows FOR EACH STATEMENT EXECUTE FUNCTION count_organizations();
CREATE TRIGGER count_truncated AFTER TRUNCATE ON organizations FOR EACH STATEMENT EXECUTE FUNCTION count_organizations();

-- What is there already.
UPDATE list_counts SET
    (requests_new, requests_review, requests_more_info, requests_approved, requests_rejected) = (
        SELECT count(*) FILTER (WHERE status = 'new'), count(*) FILTER (WHERE status = 'review'), count(*) FILTER (WHERE status = 'moreInfoNeeded'),
            count(*) FILTER (WHERE status = 'approved'), count(*) FILTER (WHERE status = 'rejected') FROM requests),
    (organizations_active, organizations_inactive) = (
        SELECT count(*) FILTER (WHERE state = 'active'), count(*) FILTER (WHERE state = 'inactive') FROM organizations WHERE listed)
WHERE share = 0;

-- Parts of names are found by their trigrams, where the database has them: the
-- extension comes with PostgreSQL, and who may create in the database may have it.
-- Without it lists are the same, found by looking at every name.
-- +goose StatementBegin
DO $$
DECLARE
    trigrams text;
BEGIN
    BEGIN
        CREATE EXTENSION IF NOT EXISTS pg_trgm;
    EXCEPTION WHEN OTHERS THEN
        RAISE NOTICE 'no index for parts of names: %', SQLERRM;
    END;
    SELECT quote_ident(nspname) || '.gin_trgm_ops' INTO trigrams
    FROM pg_extension JOIN pg_namespace AS n ON n.oid = extnamespace WHERE extname = 'pg_trgm';
    IF trigrams IS NOT NULL THEN
        EXECUTE 'CREATE INDEX requests_name_trigrams_idx ON requests USING gin (name_folded ' || trigrams || ') WITH (gin_pending_list_limit = 256)';
        EXECUTE 'CREATE INDEX organizations_name_trigrams_idx ON organizations USING gin (name_folded ' || trigrams || ') WITH (gin_pending_list_limit = 256) WHERE listed';
    END IF;
END $$;
-- +goose StatementEnd
