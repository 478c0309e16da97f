"""Step 6 of the schema: roll-outs."""

from duckdb import DuckDBPyConnection


def m006_rollouts(connection: DuckDBPyConnection) -> None:
    """Create the table of roll-outs."""
    connection.execute("""
        CREATE TABLE rollouts (
            solution_id VARCHAR NOT NULL,
            problem_id VARCHAR NOT NULL,
            candidate_id VARCHAR,
            question VARCHAR NOT NULL,
            steps VARCHAR[] NOT NULL,
            step BIGINT NOT NULL,
            sample BIGINT NOT NULL,
            model VARCHAR NOT NULL,
            key VARCHAR NOT NULL,
            given VARCHAR NOT NULL,
            outcome VARCHAR NOT NULL,
            run_id VARCHAR NOT NULL
        );
        COMMENT ON TABLE rollouts IS 'Completions of solutions from one of their steps, by a model';
        COMMENT ON COLUMN rollouts.candidate_id IS 'Whose backward question it answers; NULL for the problem''s own';
        COMMENT ON COLUMN rollouts.step IS 'The step behind which the model went on, from 0';
        COMMENT ON COLUMN rollouts.sample IS 'The completions of one step, from 1';
        COMMENT ON COLUMN rollouts.given IS 'The answer that the model came to';
        COMMENT ON COLUMN rollouts.outcome IS 'reached: it is the right answer; missed; undecided';
    """)
