"""Step 8 of the schema: what a BackPRM says of candidates."""

from duckdb import DuckDBPyConnection


def m008_backprm(connection: DuckDBPyConnection) -> None:
    """Create the table of its scores."""
    connection.execute("""
        CREATE TABLE backprm_scores (
            candidate_id VARCHAR NOT NULL,
            model VARCHAR NOT NULL,
            scores DOUBLE[] NOT NULL,
            run_id VARCHAR NOT NULL
        );
        COMMENT ON TABLE backprm_scores IS
            'What a BackPRM says of a candidate; of several rows of one candidate, the last holds';
        COMMENT ON COLUMN backprm_scores.model IS 'The fingerprint of the BackPRM: a hash of its files';
        COMMENT ON COLUMN backprm_scores.scores IS
            'P(correct) of the backward question and of each step; NULL: too far behind for the model to read';
    """)
