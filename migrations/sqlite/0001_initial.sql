-- Identifiers are the 16 bytes of a UUID, times are microseconds since 1970-01-01 UTC.

-- The accounts: people who can sign in.
CREATE TABLE accounts (
    id BLOB NOT NULL PRIMARY KEY,
    -- Prepared by RFC 8265 UsernameCaseMapped.
    username TEXT NOT NULL UNIQUE,
    display_name TEXT NOT NULL,
    -- PHC string format; NULL if the account has no password.
    password_hash TEXT,
    -- The request_id of the registration, if the client sent one.
    request_id BLOB,
    created_at INTEGER NOT NULL
) STRICT;

-- The sessions: active until they are ended or expire. Without a foreign key to accounts, so that
-- opening a session never waits for a lock on its account; deleting an account deletes its sessions.
CREATE TABLE sessions (
    id BLOB NOT NULL PRIMARY KEY,
    account_id BLOB NOT NULL,
    method TEXT NOT NULL,
    -- The passkey that opened the session; its removal ends the session.
    passkey_id BLOB,
    -- SHA-256 of the secret that all refresh tokens of the session share.
    refresh_family BLOB NOT NULL UNIQUE,
    -- The current generation of the refresh token.
    refresh_generation INTEGER NOT NULL,
    -- The previous generation; NULL before the first refresh.
    refresh_previous INTEGER,
    -- When the session was last refreshed, or else opened.
    refreshed_at INTEGER NOT NULL,
    address TEXT NOT NULL,
    user_agent TEXT NOT NULL,
    auth_time INTEGER NOT NULL,
    auth_method TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    -- Never later than expires_at.
    idle_expires_at INTEGER NOT NULL,
    expires_at INTEGER NOT NULL,
    -- NULL unless the session was ended.
    ended_at INTEGER,
    end_reason TEXT
) STRICT;

CREATE INDEX sessions_by_account ON sessions (account_id, created_at, id);
CREATE INDEX sessions_by_end ON sessions (ended_at) WHERE ended_at IS NOT NULL;
CREATE INDEX sessions_by_expiry ON sessions (idle_expires_at) WHERE ended_at IS NULL;

-- The passkeys: WebAuthn credentials.
CREATE TABLE passkeys (
    id BLOB NOT NULL PRIMARY KEY,
    account_id BLOB NOT NULL,
    -- Unique among all accounts, so that an authenticator's response identifies one account.
    credential_id BLOB NOT NULL UNIQUE,
    name TEXT NOT NULL,
    -- COSE_Key CBOR.
    public_key BLOB NOT NULL,
    counter INTEGER NOT NULL,
    backup_eligible INTEGER NOT NULL,
    backed_up INTEGER NOT NULL,
    user_verified INTEGER NOT NULL,
    -- A JSON array of strings.
    transports TEXT NOT NULL,
    aaguid BLOB NOT NULL,
    -- NULL if the browser did not report it.
    discoverable INTEGER,
    attestation_object BLOB NOT NULL,
    created_at INTEGER NOT NULL,
    last_used_at INTEGER,
    clone_suspected_at INTEGER
) STRICT;

CREATE INDEX passkeys_by_account ON passkeys (account_id, created_at, id);

-- Open ceremonies. A row is deleted when the response arrives, whether or not it is accepted.
CREATE TABLE ceremonies (
    id BLOB NOT NULL PRIMARY KEY,
    kind TEXT NOT NULL,
    -- Whether an authentication was started with a username.
    named INTEGER NOT NULL,
    account_id BLOB,
    session_id BLOB,
    -- The account or address prefix, as a keyed hash, whose quota of open ceremonies counts this one.
    payer BLOB NOT NULL,
    -- The state that verifying the response needs.
    state BLOB NOT NULL,
    expires_at INTEGER NOT NULL
) STRICT;

CREATE INDEX ceremonies_by_payer ON ceremonies (payer, expires_at);
CREATE INDEX ceremonies_by_account ON ceremonies (account_id) WHERE account_id IS NOT NULL;
CREATE INDEX ceremonies_by_expiry ON ceremonies (expires_at);

-- Ended sessions whose access tokens may not have expired yet.
CREATE TABLE revocations (
    session_id BLOB NOT NULL PRIMARY KEY,
    -- When all these tokens have expired.
    expires_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE INDEX revocations_by_expiry ON revocations (expires_at);

-- Key pairs that sign access tokens.
CREATE TABLE signing_keys (
    key_id TEXT NOT NULL PRIMARY KEY,
    algorithm TEXT NOT NULL,
    -- PKCS #8 DER, encrypted with a key derived from the key-encryption key.
    sealed_private_key BLOB NOT NULL,
    -- DER SubjectPublicKeyInfo.
    public_key BLOB NOT NULL,
    created_at INTEGER NOT NULL,
    activates_at INTEGER NOT NULL,
    -- NULL for the newest key only.
    retires_at INTEGER
) STRICT;

CREATE INDEX signing_keys_by_retirement ON signing_keys (retires_at, created_at);

-- Failed sign-ins in a row, under keyed hashes of names and address prefixes.
CREATE TABLE sign_in_failures (
    failure_key BLOB NOT NULL PRIMARY KEY,
    failures INTEGER NOT NULL,
    last_failed_at INTEGER NOT NULL,
    -- When the count can be deleted.
    keep_until INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE INDEX sign_in_failures_by_time ON sign_in_failures (keep_until);
