"""Step 7 of the schema: what the candidates that a release leaves out are like."""

from duckdb import DuckDBPyConnection


def m007_release_matches(connection: DuckDBPyConnection) -> None:
    """Create the table of matches."""
    connection.execute("""
        CREATE TABLE release_matches (
            version VARCHAR NOT NULL,
            candidate_id VARCHAR NOT NULL,
            compared VARCHAR NOT NULL,
            other VARCHAR NOT NULL,
            text VARCHAR,
            share DOUBLE
        );
        COMMENT ON TABLE release_matches IS
            'What a version leaves out as duplicate or contaminated, beside what it is like';
        COMMENT ON COLUMN release_matches.compared IS 'question (of the problem) or backward question';
        COMMENT ON COLUMN release_matches.other IS
            'The problem or candidate that is kept, or a row of an evaluation set';
        COMMENT ON COLUMN release_matches.text IS 'The question in the evaluation set; NULL for a duplicate';
        COMMENT ON COLUMN release_matches.share IS 'Of the runs of words, in both; NULL where something else is alike';
    """)
