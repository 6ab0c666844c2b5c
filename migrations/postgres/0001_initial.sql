-- Identifiers are the 16 bytes of a UUID, times are microseconds since 1970-01-01 UTC.

-- The accounts: people who can sign in.
CREATE TABLE accounts (
    id BYTEA NOT NULL PRIMARY KEY,
    -- Prepared by RFC 8265 UsernameCaseMapped.
    username TEXT COLLATE "C" NOT NULL UNIQUE,
    display_name TEXT COLLATE "C" NOT NULL,
    -- PHC string format; NULL if the account has no password.
    password_hash TEXT COLLATE "C",
    -- The request_id of the registration, if the client sent one.
    request_id BYTEA,
    created_at BIGINT NOT NULL
);

-- The sessions: active until they are ended or expire. Without a foreign key to accounts, so that
-- opening a session never waits for a lock on its account; deleting an account deletes its sessions.
CREATE TABLE sessions (
    id BYTEA NOT NULL PRIMARY KEY,
    account_id BYTEA NOT NULL,
    method TEXT COLLATE "C" NOT NULL,
    -- The passkey that opened the session; its removal ends the session.
    passkey_id BYTEA,
    -- SHA-256 of the secret that all refresh tokens of the session share.
    refresh_family BYTEA NOT NULL UNIQUE,
    -- The current generation of the refresh token.
    refresh_generation BIGINT NOT NULL,
    -- The previous generation; NULL before the first refresh.
    refresh_previous BIGINT,
    -- When the session was last refreshed, or else opened.
    refreshed_at BIGINT NOT NULL,
    address TEXT COLLATE "C" NOT NULL,
    user_agent TEXT COLLATE "C" NOT NULL,
    auth_time BIGINT NOT NULL,
    auth_method TEXT COLLATE "C" NOT NULL,
    created_at BIGINT NOT NULL,
    -- Never later than expires_at.
    idle_expires_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    -- NULL unless the session was ended.
    ended_at BIGINT,
    end_reason TEXT COLLATE "C"
);

CREATE INDEX sessions_by_account ON sessions (account_id, created_at, id);
CREATE INDEX sessions_by_end ON sessions (ended_at) WHERE ended_at IS NOT NULL;
CREATE INDEX sessions_by_expiry ON sessions (idle_expires_at) WHERE ended_at IS NULL;

-- The passkeys: WebAuthn credentials.
CREATE TABLE passkeys (
    id BYTEA NOT NULL PRIMARY KEY,
    account_id BYTEA NOT NULL,
    -- Unique among all accounts, so that an authenticator's response identifies one account.
    credential_id BYTEA NOT NULL UNIQUE,
    name TEXT COLLATE "C" NOT NULL,
    -- COSE_Key CBOR.
    public_key BYTEA NOT NULL,
    counter BIGINT NOT NULL,
    backup_eligible BOOLEAN NOT NULL,
    backed_up BOOLEAN NOT NULL,
    user_verified BOOLEAN NOT NULL,
    -- A JSON array of strings.
    transports TEXT COLLATE "C" NOT NULL,
    aaguid BYTEA NOT NULL,
    -- NULL if the browser did not report it.
    discoverable BOOLEAN,
    attestation_object BYTEA NOT NULL,
    created_at BIGINT NOT NULL,
    last_used_at BIGINT,
    clone_suspected_at BIGINT
);

CREATE INDEX passkeys_by_account ON passkeys (account_id, created_at, id);

-- Open ceremonies. A row is deleted when the response arrives, whether or not it is accepted.
CREATE TABLE ceremonies (
    id BYTEA NOT NULL PRIMARY KEY,
    kind TEXT COLLATE "C" NOT NULL,
    -- Whether an authentication was started with a username.
    named BOOLEAN NOT NULL,
    account_id BYTEA,
    session_id BYTEA,
    -- The account or address prefix, as a keyed hash, whose quota of open ceremonies counts this one.
    payer BYTEA NOT NULL,
    -- The state that verifying the response needs.
    state BYTEA NOT NULL,
    expires_at BIGINT NOT NULL
);

CREATE INDEX ceremonies_by_payer ON ceremonies (payer, expires_at);
CREATE INDEX ceremonies_by_account ON ceremonies (account_id) WHERE account_id IS NOT NULL;
CREATE INDEX ceremonies_by_expiry ON ceremonies (expires_at);

-- Ended sessions whose access tokens may not have expired yet.
CREATE TABLE revocations (
    session_id BYTEA NOT NULL PRIMARY KEY,
    -- When all these tokens have expired.
    expires_at BIGINT NOT NULL
);

CREATE INDEX revocations_by_expiry ON revocations (expires_at);

-- Key pairs that sign access tokens.
CREATE TABLE signing_keys (
    key_id TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    algorithm TEXT COLLATE "C" NOT NULL,
    -- PKCS #8 DER, encrypted with a key derived from the key-encryption key.
    sealed_private_key BYTEA NOT NULL,
    -- DER SubjectPublicKeyInfo.
    public_key BYTEA NOT NULL,
    created_at BIGINT NOT NULL,
    activates_at BIGINT NOT NULL,
    -- NULL for the newest key only.
    retires_at BIGINT
);

CREATE INDEX signing_keys_by_retirement ON signing_keys (retires_at, created_at);

-- Failed sign-ins in a row, under keyed hashes of names and address prefixes.
CREATE TABLE sign_in_failures (
    failure_key BYTEA NOT NULL PRIMARY KEY,
    failures BIGINT NOT NULL,
    last_failed_at BIGINT NOT NULL,
    -- When the count can be deleted.
    keep_until BIGINT NOT NULL
);

CREATE INDEX sign_in_failures_by_time ON sign_in_failures (keep_until);
