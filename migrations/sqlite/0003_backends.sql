-- Accounts whose access tokens issued before a time are revoked, whatever their session.
CREATE TABLE account_revocations (
    account_id BLOB NOT NULL PRIMARY KEY,
    -- Tokens whose iat is before this time are revoked.
    issued_before INTEGER NOT NULL,
    -- When all these tokens have expired.
    expires_at INTEGER NOT NULL,
    recorded_at INTEGER NOT NULL DEFAULT (CAST(unixepoch('subsec') * 1000000 AS INTEGER))
) STRICT, WITHOUT ROWID;

CREATE INDEX account_revocations_by_expiry ON account_revocations (expires_at);
CREATE INDEX account_revocations_by_record ON account_revocations (recorded_at);

-- Single access tokens that are revoked.
CREATE TABLE token_revocations (
    -- The token's jti.
    token_id TEXT NOT NULL PRIMARY KEY,
    -- When the token has expired.
    expires_at INTEGER NOT NULL,
    recorded_at INTEGER NOT NULL DEFAULT (CAST(unixepoch('subsec') * 1000000 AS INTEGER))
) STRICT, WITHOUT ROWID;

CREATE INDEX token_revocations_by_expiry ON token_revocations (expires_at);
CREATE INDEX token_revocations_by_record ON token_revocations (recorded_at);

-- When a key was revoked as compromised. The previous version does not know the column, so retires_at
-- is set together with it.
ALTER TABLE signing_keys ADD COLUMN revoked_at INTEGER;
CREATE INDEX signing_keys_by_revocation ON signing_keys (revoked_at);

-- The service accounts: backends that may ask about tokens.
CREATE TABLE service_accounts (
    id BLOB NOT NULL PRIMARY KEY,
    name TEXT NOT NULL UNIQUE,
    -- The audiences whose tokens it may ask about, separated by spaces; empty means all audiences of
    -- the server's tokens.
    audiences TEXT NOT NULL,
    is_operator INTEGER NOT NULL,
    created_at INTEGER NOT NULL
) STRICT;

-- The keys of service accounts.
CREATE TABLE service_account_keys (
    -- SHA-256 of the key.
    key_hash BLOB NOT NULL PRIMARY KEY,
    service_account_id BLOB NOT NULL,
    -- The first characters of the key, to tell keys apart.
    prefix TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    -- When the key expires; NULL for the newest key.
    expires_at INTEGER
) STRICT, WITHOUT ROWID;

CREATE INDEX service_account_keys_by_account ON service_account_keys (service_account_id);
CREATE INDEX service_account_keys_by_expiry ON service_account_keys (expires_at);

-- The names in client certificates that identify service accounts.
CREATE TABLE service_account_certificates (
    -- A SPIFFE URI or a DNS name.
    name TEXT NOT NULL PRIMARY KEY,
    service_account_id BLOB NOT NULL
) STRICT, WITHOUT ROWID;

CREATE INDEX service_account_certificates_by_account
    ON service_account_certificates (service_account_id);
