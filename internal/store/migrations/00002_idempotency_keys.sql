-- +goose Up
CREATE TABLE idempotency_keys (
    workspace_id  TEXT   NOT NULL REFERENCES workspaces (id),
    idempotency_key TEXT NOT NULL,
    fingerprint   TEXT   NOT NULL, -- key id, then an HMAC of the request
    claim         TEXT   NOT NULL, -- who is at work on it
    claimed_until BIGINT NOT NULL, -- when others may take over
    created_at    BIGINT NOT NULL, -- times are milliseconds since 1970
    number_id     TEXT,            -- the answer, once there is one
    number        TEXT,
    type          TEXT,
    PRIMARY KEY (workspace_id, idempotency_key)
);

CREATE INDEX idempotency_keys_by_age ON idempotency_keys (created_at);
