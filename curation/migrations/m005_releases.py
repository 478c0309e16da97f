"""Step 5 of the schema: releases, and which candidate is in which."""

from duckdb import DuckDBPyConnection


def m005_releases(connection: DuckDBPyConnection) -> None:
    """Create the tables of releases."""
    connection.execute("""
        CREATE TABLE releases (
            version VARCHAR NOT NULL,
            previous VARCHAR,
            manifest JSON NOT NULL,
            created_at TIMESTAMP NOT NULL
        );
        COMMENT ON TABLE releases IS 'Published versions; their files are in releases/VERSION of the workspace';
        COMMENT ON COLUMN releases.previous IS 'The version that it is compared with; NULL for the first one';
        COMMENT ON COLUMN releases.manifest IS 'Files with SHA-256, counts, sources, precision, what was left out';
        COMMENT ON COLUMN releases.created_at IS 'UTC';

        CREATE TABLE release_items (
            version VARCHAR NOT NULL,
            candidate_id VARCHAR NOT NULL,
            problem_id VARCHAR NOT NULL,
            split VARCHAR,
            reason VARCHAR NOT NULL,
            decided_by VARCHAR NOT NULL
        );
        COMMENT ON TABLE release_items IS 'Every candidate that was accepted when a version was made';
        COMMENT ON COLUMN release_items.split IS 'train, validation or test; NULL where it was left out';
        COMMENT ON COLUMN release_items.reason IS 'Why it was left out; empty where it is in';
        COMMENT ON COLUMN release_items.decided_by IS 'Who had accepted it: policy, reviewer or adjudicator';
    """)
