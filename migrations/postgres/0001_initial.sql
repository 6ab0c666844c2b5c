-- Identifiers are the 16 bytes of a UUID, times are microseconds since 1970-01-01 UTC.

-- The people who can sign in.
CREATE TABLE accounts (
    id BYTEA NOT NULL PRIMARY KEY,
    -- In its prepared form.
    username TEXT COLLATE "C" NOT NULL UNIQUE,
    display_name TEXT COLLATE "C" NOT NULL,
    -- PHC string; NULL when the account signs in with passkeys alone.
    password_hash TEXT COLLATE "C",
    -- The request that created the account, if its client named it.
    request_id BYTEA,
    created_at BIGINT NOT NULL
);

-- Sign-ins, alive until they end or expire. Without a foreign key to accounts, so that opening a
-- session never waits for a lock on its account; deleting an account deletes its sessions.
CREATE TABLE sessions (
    id BYTEA NOT NULL PRIMARY KEY,
    account_id BYTEA NOT NULL,
    method TEXT COLLATE "C" NOT NULL,
    -- The passkey that opened it, whose removal ends it.
    passkey_id BYTEA,
    -- SHA-256 of the secret all its refresh tokens share.
    refresh_family BYTEA NOT NULL UNIQUE,
    -- The generation of the refresh token that is live.
    refresh_generation BIGINT NOT NULL,
    -- The generation that was spent last; NULL at first.
    refresh_previous BIGINT,
    -- When it was last refreshed, or opened.
    refreshed_at BIGINT NOT NULL,
    address TEXT COLLATE "C" NOT NULL,
    user_agent TEXT COLLATE "C" NOT NULL,
    auth_time BIGINT NOT NULL,
    auth_method TEXT COLLATE "C" NOT NULL,
    created_at BIGINT NOT NULL,
    -- Never later than expires_at.
    idle_expires_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    -- NULL while nobody ended it.
    ended_at BIGINT,
    end_reason TEXT COLLATE "C"
);

CREATE INDEX sessions_by_account ON sessions (account_id, created_at, id);
CREATE INDEX sessions_by_end ON sessions (ended_at) WHERE ended_at IS NOT NULL;
CREATE INDEX sessions_by_expiry ON sessions (idle_expires_at) WHERE ended_at IS NULL;

-- Public-key credentials.
CREATE TABLE passkeys (
    id BYTEA NOT NULL PRIMARY KEY,
    account_id BYTEA NOT NULL,
    -- Unique among all accounts: an authenticator's answer names nobody else.
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
    -- NULL when the browser did not say.
    discoverable BOOLEAN,
    attestation_object BYTEA NOT NULL,
    created_at BIGINT NOT NULL,
    last_used_at BIGINT,
    clone_suspected_at BIGINT
);

CREATE INDEX passkeys_by_account ON passkeys (account_id, created_at, id);

-- Challenges that wait for their answer. A row is deleted when its answer comes, right or wrong.
CREATE TABLE ceremonies (
    id BYTEA NOT NULL PRIMARY KEY,
    kind TEXT COLLATE "C" NOT NULL,
    -- Whether an authentication began with a username.
    named BOOLEAN NOT NULL,
    account_id BYTEA,
    session_id BYTEA,
    -- Who pays for it: only so many may be open for one payer.
    payer BYTEA NOT NULL,
    -- What checking the answer needs.
    state BYTEA NOT NULL,
    expires_at BIGINT NOT NULL
);

CREATE INDEX ceremonies_by_payer ON ceremonies (payer, expires_at);
CREATE INDEX ceremonies_by_account ON ceremonies (account_id) WHERE account_id IS NOT NULL;
CREATE INDEX ceremonies_by_expiry ON ceremonies (expires_at);

-- Sessions that ended while access tokens of them could still live.
CREATE TABLE revocations (
    session_id BYTEA NOT NULL PRIMARY KEY,
    -- From when on no such token can be alive.
    expires_at BIGINT NOT NULL
);

CREATE INDEX revocations_by_expiry ON revocations (expires_at);

-- Key pairs that sign access tokens.
CREATE TABLE signing_keys (
    key_id TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    algorithm TEXT COLLATE "C" NOT NULL,
    -- PKCS #8 DER, sealed under the key-encryption key.
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
    -- Until when the count matters to anybody.
    keep_until BIGINT NOT NULL
);

CREATE INDEX sign_in_failures_by_time ON sign_in_failures (keep_until);
