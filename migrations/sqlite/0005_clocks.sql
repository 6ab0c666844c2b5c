-- The latest time at which an access token of the session was issued, while none of its other times shows
-- it: the clock was set back since, and an earlier one took its place. NULL for almost every session.
ALTER TABLE sessions ADD COLUMN latest_issued_at INTEGER;
