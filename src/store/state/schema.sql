-- The state database, DIR/.forage/state.db, as a new one is made. A change here is a new version: raise user_version, and add
-- the step that brings an older database there to src/store/state/state_schema.c.
--
-- Times are milliseconds since 1970 in UTC, 0 for never. Texts are '' for none. Keys are fingerprints (src/store/state/state_key.h):
-- of two rows with the same one, the second has the next key that is free, so rows are never deleted.

PRAGMA application_id = 0x666f7267; -- "forg"
PRAGMA user_version = 2;

CREATE TABLE page (
    key           INTEGER PRIMARY KEY, -- origin in the upper 24 bits, URL in the lower 40
    url           TEXT NOT NULL,       -- canonical
    file          TEXT NOT NULL,       -- below the output folder
    final_url     TEXT NOT NULL,       -- what answered after redirects; '': the URL itself
    etag          TEXT NOT NULL,       -- of what answered, as the server wrote it
    last_modified TEXT NOT NULL,       -- as etag
    digest        BLOB,                -- SHA-256 of what is kept
    bytes         INTEGER NOT NULL,    -- of what is kept
    status        INTEGER NOT NULL,    -- of the last answer; 0: there was none
    error         TEXT NOT NULL,       -- the log's word for the last failure
    failures      INTEGER NOT NULL,    -- in a row
    failing_since INTEGER NOT NULL,
    gone          INTEGER NOT NULL,    -- runs in a row that were answered 404 or 410
    first_seen    INTEGER NOT NULL,
    last_fetched  INTEGER NOT NULL,    -- answered well
    last_changed  INTEGER NOT NULL,
    next_due      INTEGER NOT NULL,
    file_bytes    INTEGER NOT NULL,    -- the file when it was put in place, to notice that somebody changed it
    file_mtime_ns INTEGER NOT NULL,
    -- since version 2
    depth         INTEGER NOT NULL,    -- links from the nearest seed
    discovered    INTEGER NOT NULL,    -- 1: it was found by following links, not only named by the user
    parent        TEXT NOT NULL,       -- the page it was found on, relative: how many bytes it has in common with url,
    canonical     TEXT NOT NULL,       -- a space, and the rest; so is what the page says that it should be called
    type          TEXT NOT NULL,       -- media type
    converted     INTEGER NOT NULL,    -- 1: links in the file are no longer those that were served
    noindex       INTEGER NOT NULL,
    nofollow      INTEGER NOT NULL,
    interval_ms   INTEGER NOT NULL,    -- src/crawl/due.h: from a visit to the next
    visits        INTEGER NOT NULL,
    changes       INTEGER NOT NULL,
    watched_ms    INTEGER NOT NULL
) STRICT;

CREATE TABLE host (
    key               INTEGER PRIMARY KEY,
    origin            TEXT NOT NULL, -- scheme://host:port
    delay_ms          INTEGER NOT NULL,
    next_ask          INTEGER NOT NULL,
    unreachable_since INTEGER NOT NULL,
    robots_status     INTEGER NOT NULL,
    robots_fetched    INTEGER NOT NULL,
    robots_expires    INTEGER NOT NULL,
    robots            BLOB           -- the text of robots.txt; NULL: never fetched
) STRICT;

CREATE TABLE run (
    number        INTEGER PRIMARY KEY,
    started       INTEGER NOT NULL,
    ended         INTEGER NOT NULL, -- 0: it did not end in order, or has not ended yet
    exit_status   INTEGER NOT NULL,
    new           INTEGER NOT NULL,
    changed       INTEGER NOT NULL,
    unchanged     INTEGER NOT NULL,
    failed        INTEGER NOT NULL,
    gone          INTEGER NOT NULL,
    skipped       INTEGER NOT NULL,
    bytes         INTEGER NOT NULL,
    cycle_started INTEGER NOT NULL, -- of the first run that asked for what this one goes on with
    complete      INTEGER NOT NULL  -- 1: the cycle ended with this run
) STRICT;
