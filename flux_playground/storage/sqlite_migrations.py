"""The versions of the tables of SQLite."""

from __future__ import annotations

from .migration import Migration

# `PRAGMA user_version` counts the migrations that a database has seen. Never edit one that was released.
MIGRATIONS = (
    Migration(
        "create_generations",
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
    ),
    Migration(
        "add_spender",
        """
        ALTER TABLE generations ADD COLUMN spender TEXT NOT NULL DEFAULT '';
        CREATE INDEX generations_by_spender ON generations (created_at, spender) WHERE spender != '';
        """,
    ),
    Migration(
        "add_secret",
        """
        ALTER TABLE generations ADD COLUMN secret TEXT NOT NULL DEFAULT '';
        UPDATE generations SET secret = lower(hex(randomblob(16)));
        """,
    ),
    Migration("add_cleared_at", "ALTER TABLE generations ADD COLUMN cleared_at REAL;"),
    Migration("add_account", "ALTER TABLE generations ADD COLUMN account TEXT NOT NULL DEFAULT '';"),
    Migration(
        "rename_columns",
        """
        ALTER TABLE generations RENAME COLUMN seconds TO total_seconds;
        ALTER TABLE generations RENAME COLUMN waited TO api_seconds;
        ALTER TABLE generations RENAME COLUMN origin TO reproduces;
        ALTER TABLE generations RENAME COLUMN cleared_at TO image_deleted_at;
        """,
    ),
    Migration(
        "add_image_facts",
        """
        ALTER TABLE generations ADD COLUMN signed INTEGER;
        ALTER TABLE generations ADD COLUMN embed_error TEXT;
        """,
    ),
    Migration(
        "split_spender",
        """
        ALTER TABLE generations ADD COLUMN spender_address TEXT;
        ALTER TABLE generations ADD COLUMN spender_browser TEXT;
        UPDATE generations SET spender = 'unknown.unknown' WHERE spender = 'nobody.';
        UPDATE generations SET
            spender_address = substr(spender, 1, instr(spender || '.', '.') - 1),
            spender_browser = substr(spender, instr(spender || '.', '.') + 1)
        WHERE spender != '';
        DROP INDEX generations_by_spender;
        ALTER TABLE generations DROP COLUMN spender;
        CREATE INDEX generations_by_spender ON generations (created_at) WHERE spender_address IS NOT NULL;
        """,
    ),
    Migration(
        "add_billing",
        """
        ALTER TABLE generations ADD COLUMN submit_cost REAL;
        ALTER TABLE generations ADD COLUMN input_mp REAL;
        ALTER TABLE generations ADD COLUMN output_mp REAL;
        ALTER TABLE generations ADD COLUMN reported_seconds REAL;
        ALTER TABLE generations ADD COLUMN link_expires_at REAL;
        """,
    ),
    Migration(
        "add_gallery",
        """
        ALTER TABLE generations ADD COLUMN imported TEXT NOT NULL DEFAULT '';
        ALTER TABLE generations ADD COLUMN file_name TEXT NOT NULL DEFAULT '';
        CREATE TABLE annotations (
            id TEXT PRIMARY KEY, owner TEXT NOT NULL, starred INTEGER NOT NULL DEFAULT 0,
            rating INTEGER NOT NULL DEFAULT 0, tags TEXT NOT NULL DEFAULT '[]', note TEXT NOT NULL DEFAULT '',
            deleted_at REAL
        ) STRICT, WITHOUT ROWID;
        CREATE INDEX annotations_with_tags ON annotations (owner) WHERE tags != '[]' AND deleted_at IS NULL;
        CREATE INDEX annotations_starred ON annotations (id) WHERE starred;
        CREATE INDEX annotations_deleted ON annotations (owner, deleted_at) WHERE deleted_at IS NOT NULL;
        CREATE TABLE entries (
            number INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, owner TEXT NOT NULL, prompt INTEGER,
            rank INTEGER NOT NULL
        ) STRICT;
        CREATE INDEX entries_by_prompt ON entries (prompt, rank, number) WHERE prompt IS NOT NULL;
        CREATE VIRTUAL TABLE entry_words USING fts5 (words, detail = none, prefix = '1 2 3', tokenize = 'ascii');
        CREATE TABLE prompts (
            number INTEGER PRIMARY KEY, owner TEXT NOT NULL, digest BLOB NOT NULL, latest INTEGER,
            UNIQUE (owner, digest)
        ) STRICT;
        CREATE INDEX prompts_by_use ON prompts (owner, latest);
        CREATE VIRTUAL TABLE prompt_words USING fts5 (words, detail = none, prefix = '1 2 3', tokenize = 'ascii');
        CREATE TABLE fields (
            number INTEGER PRIMARY KEY, owner TEXT NOT NULL, name TEXT NOT NULL, UNIQUE (owner, name)
        ) STRICT;
        CREATE TABLE entry_fields (
            field INTEGER NOT NULL, number INTEGER NOT NULL, value ANY NOT NULL, PRIMARY KEY (field, number)
        ) STRICT, WITHOUT ROWID;
        CREATE INDEX entry_fields_by_value ON entry_fields (field, value, number);
        CREATE TABLE unindexed (id TEXT NOT NULL UNIQUE) STRICT;
        INSERT INTO unindexed SELECT id FROM generations ORDER BY created_at;
        CREATE TRIGGER generations_written AFTER INSERT ON generations BEGIN
            INSERT OR IGNORE INTO unindexed VALUES (new.id);
        END;
        """,
    ),
    Migration(
        "add_sweeps",
        """
        CREATE TABLE sweeps (
            id TEXT PRIMARY KEY, owner TEXT NOT NULL, created_at REAL NOT NULL, name TEXT NOT NULL,
            endpoint TEXT NOT NULL, plan TEXT NOT NULL, state TEXT NOT NULL, problem TEXT
        ) STRICT;
        CREATE INDEX sweeps_by_owner ON sweeps (owner, created_at);
        CREATE TABLE sweep_votes (
            number INTEGER PRIMARY KEY, sweep TEXT NOT NULL, first TEXT NOT NULL, second TEXT NOT NULL,
            winner TEXT NOT NULL
        ) STRICT;
        CREATE INDEX sweep_votes_by_sweep ON sweep_votes (sweep, number);
        CREATE INDEX generations_by_sweep ON generations (owner, sweep, created_at) WHERE sweep != '';
        """,
    ),
    Migration(
        "add_sweep_scores",
        """
        CREATE TABLE sweep_scores (
            sweep TEXT NOT NULL, generation TEXT NOT NULL, command TEXT NOT NULL, score REAL NOT NULL,
            PRIMARY KEY (sweep, generation)
        ) STRICT, WITHOUT ROWID;
        """,
    ),
    Migration(
        "add_unfinished_move",
        "CREATE TABLE unfinished_move (source TEXT NOT NULL, is_copied INTEGER NOT NULL) STRICT;",
    ),
    Migration(
        "add_saved_plans",
        """
        CREATE TABLE saved_plans (
            owner TEXT NOT NULL, kind TEXT NOT NULL, name TEXT NOT NULL, saved_at REAL NOT NULL,
            endpoint TEXT NOT NULL, fields TEXT NOT NULL, size INTEGER NOT NULL, text TEXT NOT NULL,
            keeps_images INTEGER NOT NULL, PRIMARY KEY (owner, kind, name)
        ) STRICT;
        """,
    ),
)
