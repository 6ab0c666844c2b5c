-- Accounts whose tokens issued before a time are dead, whatever session they are of.
CREATE TABLE account_revocations (
    account_id BYTEA NOT NULL PRIMARY KEY,
    -- Tokens whose iat is before it are dead.
    issued_before BIGINT NOT NULL,
    -- From when on no such token can be alive.
    expires_at BIGINT NOT NULL,
    recorded_at BIGINT NOT NULL
        DEFAULT CAST(extract(epoch FROM clock_timestamp()) * 1000000 AS BIGINT)
);

CREATE INDEX account_revocations_by_expiry ON account_revocations (expires_at);
CREATE INDEX account_revocations_by_record ON account_revocations (recorded_at);

-- Single tokens that are dead.
CREATE TABLE token_revocations (
    -- The token's jti.
    token_id TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    -- From when on it cannot be alive.
    expires_at BIGINT NOT NULL,
    recorded_at BIGINT NOT NULL
        DEFAULT CAST(extract(epoch FROM clock_timestamp()) * 1000000 AS BIGINT)
);

CREATE INDEX token_revocations_by_expiry ON token_revocations (expires_at);
CREATE INDEX token_revocations_by_record ON token_revocations (recorded_at);

-- When somebody said that a key is compromised. The program before this one does not know the column,
-- so retires_at is set with it.
ALTER TABLE signing_keys ADD COLUMN revoked_at BIGINT;
CREATE INDEX signing_keys_by_revocation ON signing_keys (revoked_at);

-- Backends that may ask about tokens.
CREATE TABLE service_accounts (
    id BYTEA NOT NULL PRIMARY KEY,
    name TEXT COLLATE "C" NOT NULL UNIQUE,
    -- The audiences whose tokens it may ask about, with spaces between them; empty means all that the
    -- server's tokens have.
    audiences TEXT COLLATE "C" NOT NULL,
    is_operator BOOLEAN NOT NULL,
    created_at BIGINT NOT NULL
);

-- Their keys.
CREATE TABLE service_account_keys (
    -- SHA-256 of the key.
    key_hash BYTEA NOT NULL PRIMARY KEY,
    service_account_id BYTEA NOT NULL,
    -- The key's first characters, for people.
    prefix TEXT COLLATE "C" NOT NULL,
    created_at BIGINT NOT NULL,
    -- From when on it is refused; NULL for the newest.
    expires_at BIGINT
);

CREATE INDEX service_account_keys_by_account ON service_account_keys (service_account_id);
CREATE INDEX service_account_keys_by_expiry ON service_account_keys (expires_at);

-- The names in client certificates that show them.
CREATE TABLE service_account_certificates (
    -- A SPIFFE URI or a DNS name.
    name TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    service_account_id BYTEA NOT NULL
);

CREATE INDEX service_account_certificates_by_account
    ON service_account_certificates (service_account_id);
