-- SPDX-License-Identifier: Apache-2.0
-- +goose Up

-- What lists need to be quick however long they are: totals that are kept, not
-- counted; an index of what names contain; and a version by which it is known
-- that nothing has changed. Triggers keep all three, in the transaction of the change.

CREATE TABLE list_versions (
    list    TEXT PRIMARY KEY,
    version INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

INSERT INTO list_versions (list, version) VALUES ('organizations', 0), ('requests', 0);

-- How many requests have a status.
CREATE TABLE request_counts (
    status_folded TEXT PRIMARY KEY,
    n             INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

INSERT INTO request_counts (status_folded, n)
VALUES ('new', 0), ('review', 0), ('moreinfoneeded', 0), ('approved', 0), ('rejected', 0);
UPDATE request_counts SET n = (SELECT count(*) FROM requests WHERE requests.status_folded = request_counts.status_folded);

-- How many listed organizations have a state.
CREATE TABLE organization_counts (
    state TEXT PRIMARY KEY,
    n     INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

INSERT INTO organization_counts (state, n) VALUES ('active', 0), ('inactive', 0);
UPDATE organization_counts SET n = (SELECT count(*) FROM organizations WHERE listed = 1 AND organizations.state = organization_counts.state);

-- With the name, so that what it contains is looked for among the requests of a
-- status without a look at their rows.
DROP INDEX requests_status_idx;
CREATE INDEX requests_status_idx ON requests (status_folded, id, name_folded);

-- Every three characters in a row of the folded names, by the id of their row.
-- The texts themselves stay in the tables. Folded already, so case is not looked at.
CREATE VIRTUAL TABLE request_search USING fts5 (text, content = '', contentless_delete = 1, tokenize = 'trigram case_sensitive 1');
INSERT INTO request_search (rowid, text) SELECT id, name_folded FROM requests;

CREATE VIRTUAL TABLE organization_search USING fts5 (text, content = '', contentless_delete = 1, tokenize = 'trigram case_sensitive 1');
INSERT INTO organization_search (rowid, text) SELECT id, name_folded FROM organizations WHERE listed = 1;

-- +goose StatementBegin
CREATE TRIGGER requests_insert AFTER INSERT ON requests BEGIN
    UPDATE list_versions SET version = version + 1 WHERE list = 'requests';
    UPDATE request_counts SET n = n + 1 WHERE status_folded = new.status_folded;
    INSERT INTO request_search (rowid, text) VALUES (new.id, new.name_folded);
END;
-- +goose StatementEnd

-- +goose StatementBegin
CREATE TRIGGER requests_delete AFTER DELETE ON requests BEGIN
    UPDATE list_versions SET version = version + 1 WHERE list = 'requests';
    UPDATE request_counts SET n = n - 1 WHERE status_folded = old.status_folded;
    DELETE FROM request_search WHERE rowid = old.id;
END;
-- +goose StatementEnd

-- +goose StatementBegin
CREATE TRIGGER requests_update AFTER UPDATE ON requests BEGIN
    UPDATE list_versions SET version = version + 1 WHERE list = 'requests';
END;
-- +goose StatementEnd

-- +goose StatementBegin
CREATE TRIGGER requests_update_status AFTER UPDATE ON requests WHEN old.status_folded <> new.status_folded BEGIN
    UPDATE request_counts SET n = n - 1 WHERE status_folded = old.status_folded;
    UPDATE request_counts SET n = n + 1 WHERE status_folded = new.status_folded;
END;
-- +goose StatementEnd

-- +goose StatementBegin
CREATE TRIGGER requests_update_name AFTER UPDATE ON requests WHEN old.name_folded <> new.name_folded BEGIN
    DELETE FROM request_search WHERE rowid = old.id;
    INSERT INTO request_search (rowid, text) VALUES (new.id, new.name_folded);
END;
-- +goose StatementEnd

-- +goose StatementBegin
CREATE TRIGGER organizations_insert AFTER INSERT ON organizations WHEN new.listed = 1 BEGIN
    UPDATE list_versions SET version = version + 1 WHERE list = 'organizations';
    UPDATE organization_counts SET n = n + 1 WHERE state = new.state;
    INSERT INTO organization_search (rowid, text) VALUES (new.id, new.name_folded);
END;
-- +goose StatementEnd

-- +goose StatementBegin
CREATE TRIGGER organizations_delete AFTER DELETE ON organizations WHEN old.listed = 1 BEGIN
    UPDATE list_versions SET version = version + 1 WHERE list = 'organizations';
    UPDATE organization_counts SET n = n - 1 WHERE state = old.state;
    DELETE FROM organization_search WHERE rowid = old.id;
END;
-- +goose StatementEnd

-- +goose StatementBegin
CREATE TRIGGER organizations_update AFTER UPDATE ON organizations WHEN old.listed = 1 OR new.listed = 1 BEGIN
    UPDATE list_versions SET version = version + 1 WHERE list = 'organizations';
END;
-- +goose StatementEnd

-- +goose StatementBegin
CREATE TRIGGER organizations_update_state AFTER UPDATE ON organizations WHEN old.state <> new.state BEGIN
    UPDATE organization_counts SET n = n - 1 WHERE state = old.state AND old.listed = 1;
    UPDATE organization_counts SET n = n + 1 WHERE state = new.state AND new.listed = 1;
END;
-- +goose StatementEnd

-- In one trigger, because the order of several is not defined.
-- +goose StatementBegin
CREATE TRIGGER organizations_update_name AFTER UPDATE ON organizations
WHEN old.listed <> new.listed OR old.name_folded <> new.name_folded BEGIN
    DELETE FROM organization_search WHERE rowid = old.id AND old.listed = 1;
    INSERT INTO organization_search (rowid, text) SELECT new.id, new.name_folded WHERE new.listed = 1;
END;
-- +goose StatementEnd
