"""The editions of the journal's tables, each as what makes it of the one before. Knows nothing but SQL."""

from __future__ import annotations

# Numbered by their place: a journal that has seen the first n of them is at version n. Never edit one that has shipped.
MIGRATIONS = (
    """
    CREATE TABLE generations (
        id TEXT PRIMARY KEY, owner TEXT NOT NULL, created_at REAL NOT NULL, endpoint TEXT NOT NULL,
        server TEXT NOT NULL, request TEXT NOT NULL, state TEXT NOT NULL, status TEXT NOT NULL, seed TEXT,
        prompt TEXT, task_id TEXT NOT NULL, polling_url TEXT NOT NULL, error TEXT, image TEXT,
        sha256 TEXT NOT NULL, format TEXT NOT NULL, width INTEGER, height INTEGER, size INTEGER,
        seconds REAL, waited REAL, cost REAL, started_at REAL, finished_at REAL, sweep TEXT NOT NULL,
        document TEXT NOT NULL, fingerprint TEXT NOT NULL, origin TEXT NOT NULL
    ) STRICT;
    CREATE INDEX generations_by_owner ON generations (owner, created_at);
    CREATE INDEX generations_by_state ON generations (state);
    CREATE INDEX generations_by_endpoint ON generations (server, endpoint, finished_at);
    CREATE INDEX generations_by_sha256 ON generations (sha256) WHERE sha256 != '';
    CREATE INDEX generations_by_fingerprint ON generations (owner, fingerprint, created_at);
    """,
    """
    ALTER TABLE generations ADD COLUMN spender TEXT NOT NULL DEFAULT '';
    CREATE INDEX generations_by_spender ON generations (created_at, spender) WHERE spender != '';
    """,
    """
    ALTER TABLE generations ADD COLUMN secret TEXT NOT NULL DEFAULT '';
    UPDATE generations SET secret = lower(hex(randomblob(16)));
    """,
    "ALTER TABLE generations ADD COLUMN cleared_at REAL;",
    "ALTER TABLE generations ADD COLUMN account TEXT NOT NULL DEFAULT '';",
)
