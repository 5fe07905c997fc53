-- SPDX-License-Identifier: Apache-2.0
-- +goose Up

-- Each statement that adds to an index of trigrams writes a piece of its own,
-- and pieces have to be merged. So what is new is kept in a table first, which
-- lists look through besides, and the writer moves many rows at once. A row is
-- in one of the two: changed names leave both and come back here.
CREATE TABLE request_search_pending (
    id   INTEGER PRIMARY KEY,
    text TEXT NOT NULL
) STRICT;

CREATE TABLE organization_search_pending (
    id   INTEGER PRIMARY KEY,
    text TEXT NOT NULL
) STRICT;

-- One piece each, so that nobody's change has to merge what is there by now.
INSERT INTO request_search (request_search) VALUES ('optimize');
INSERT INTO organization_search (organization_search) VALUES ('optimize');

DROP TRIGGER requests_insert;
-- +goose StatementBegin
CREATE TRIGGER requests_insert AFTER INSERT ON requests BEGIN
    UPDATE list_versions SET version = version + 1 WHERE list = 'requests';
    UPDATE request_counts SET n = n + 1 WHERE status_folded = new.status_folded;
    INSERT INTO request_search_pending (id, text) VALUES (new.id, new.name_folded);
END;
-- +goose StatementEnd

DROP TRIGGER requests_delete;
-- +goose StatementBegin
CREATE TRIGGER requests_delete AFTER DELETE ON requests BEGIN
    UPDATE list_versions SET version = version + 1 WHERE list = 'requests';
    UPDATE request_counts SET n = n - 1 WHERE status_folded = old.status_folded;
    DELETE FROM request_search_pending WHERE id = old.id;
    DELETE FROM request_search WHERE rowid = old.id;
END;
-- +goose StatementEnd

-- Of the column alone: other updates do not touch the index then, not even to
-- begin with it.
DROP TRIGGER requests_update_name;
-- +goose StatementBegin
CREATE TRIGGER requests_update_name AFTER UPDATE OF name_folded ON requests WHEN old.name_folded <> new.name_folded BEGIN
    DELETE FROM request_search_pending WHERE id = old.id;
    DELETE FROM request_search WHERE rowid = old.id;
    INSERT INTO request_search_pending (id, text) VALUES (new.id, new.name_folded);
END;
-- +goose StatementEnd

DROP TRIGGER organizations_insert;
-- +goose StatementBegin
CREATE TRIGGER organizations_insert AFTER INSERT ON organizations WHEN new.listed = 1 BEGIN
    UPDATE list_versions SET version = version + 1 WHERE list = 'organizations';
    UPDATE organization_counts SET n = n + 1 WHERE state = new.state;
    INSERT INTO organization_search_pending (id, text) VALUES (new.id, new.name_folded);
END;
-- +goose StatementEnd

DROP TRIGGER organizations_delete;
-- +goose StatementBegin
CREATE TRIGGER organizations_delete AFTER DELETE ON organizations WHEN old.listed = 1 BEGIN
    UPDATE list_versions SET version = version + 1 WHERE list = 'organizations';
    UPDATE organization_counts SET n = n - 1 WHERE state = old.state;
    DELETE FROM organization_search_pending WHERE id = old.id;
    DELETE FROM organization_search WHERE rowid = old.id;
END;
-- +goose StatementEnd

-- In one trigger, because the order of several is not defined.
DROP TRIGGER organizations_update_name;
-- +goose StatementBegin
CREATE TRIGGER organizations_update_name AFTER UPDATE OF name_folded, listed ON organizations
WHEN old.listed <> new.listed OR old.name_folded <> new.name_folded BEGIN
    DELETE FROM organization_search_pending WHERE id = old.id;
    DELETE FROM organization_search WHERE rowid = old.id AND old.listed = 1;
    INSERT INTO organization_search_pending (id, text) SELECT new.id, new.name_folded WHERE new.listed = 1;
END;
-- +goose StatementEnd
