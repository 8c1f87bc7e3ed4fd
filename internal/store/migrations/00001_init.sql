-- +goose Up
CREATE TABLE workspaces (
    id         TEXT   NOT NULL PRIMARY KEY,
    name       TEXT   NOT NULL UNIQUE,
    created_at BIGINT NOT NULL -- times are milliseconds since 1970
);

CREATE TABLE api_keys (
    id           TEXT   NOT NULL PRIMARY KEY,
    workspace_id TEXT   NOT NULL REFERENCES workspaces (id),
    name         TEXT   NOT NULL,
    hash         TEXT   NOT NULL UNIQUE, -- SHA-256 in hex
    created_at   BIGINT NOT NULL,
    last_used_at BIGINT,
    revoked_at   BIGINT
);

CREATE TABLE phone_numbers (
    workspace_id TEXT NOT NULL REFERENCES workspaces (id),
    id           TEXT NOT NULL,
    number       TEXT NOT NULL,
    number_key   TEXT NOT NULL UNIQUE, -- the number in lower case: one owner on the whole server
    type         TEXT NOT NULL,
    agent_id     TEXT NOT NULL, -- empty: linked to none
    PRIMARY KEY (workspace_id, id)
);

CREATE INDEX phone_numbers_by_agent ON phone_numbers (workspace_id, agent_id, id);
CREATE INDEX phone_numbers_by_type ON phone_numbers (workspace_id, type, id);

CREATE TABLE sip_credentials (
    workspace_id    TEXT NOT NULL,
    number_id       TEXT NOT NULL,
    username        TEXT NOT NULL,
    password        TEXT NOT NULL, -- sealed: key id, then AES-256-GCM
    termination_uri TEXT NOT NULL, -- empty for a SIP address of our own
    PRIMARY KEY (workspace_id, number_id),
    FOREIGN KEY (workspace_id, number_id) REFERENCES phone_numbers (workspace_id, id) ON DELETE CASCADE
);

CREATE TABLE inventory (
    number TEXT NOT NULL PRIMARY KEY
);

CREATE TABLE settings (
    name  TEXT NOT NULL PRIMARY KEY,
    value TEXT NOT NULL
);
