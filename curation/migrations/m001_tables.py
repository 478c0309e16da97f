"""Step 1 of the schema: the tables."""

from duckdb import DuckDBPyConnection


def m001_tables(connection: DuckDBPyConnection) -> None:
    """Create the tables.

    They have no primary keys: one process writes at a time, and each writer leaves out what is there already, which
    costs less than an index over hashes and stays so while the table grows.
    """
    connection.execute("""
        CREATE TABLE problems (
            problem_id VARCHAR NOT NULL,
            question VARCHAR NOT NULL,
            solution VARCHAR NOT NULL,
            answer VARCHAR NOT NULL,
            notation VARCHAR NOT NULL,
            source VARCHAR NOT NULL,
            split VARCHAR NOT NULL,
            licence VARCHAR NOT NULL,
            origin VARCHAR NOT NULL,
            run_id VARCHAR NOT NULL
        );
        COMMENT ON TABLE problems IS 'Forward problems as their sources give them; problem_id is a hash of the content';
        COMMENT ON COLUMN problems.origin IS 'Where in the source the row stands';
        COMMENT ON COLUMN problems.run_id IS 'The run that added it';

        CREATE TABLE ingest_errors (
            error_id VARCHAR NOT NULL,
            file VARCHAR NOT NULL,
            line BIGINT NOT NULL,
            reason VARCHAR NOT NULL,
            raw VARCHAR NOT NULL,
            run_id VARCHAR NOT NULL
        );
        COMMENT ON TABLE ingest_errors IS 'Rows of sources that could not become a problem, as they were read';

        CREATE TABLE runs (
            run_id VARCHAR NOT NULL,
            command VARCHAR NOT NULL,
            command_line VARCHAR NOT NULL,
            configuration JSON NOT NULL,
            fingerprint VARCHAR NOT NULL,
            code_version VARCHAR NOT NULL,
            started_at TIMESTAMP NOT NULL,
            finished_at TIMESTAMP,
            status VARCHAR NOT NULL,
            counts JSON NOT NULL
        );
        COMMENT ON TABLE runs IS 'One row a run; a run that was cut short is continued in its own row';
        COMMENT ON COLUMN runs.command_line IS 'What to type to do the same again, or to go on with it';
        COMMENT ON COLUMN runs.fingerprint IS 'Versioned hash of all that decides what the run makes';
        COMMENT ON COLUMN runs.started_at IS 'UTC';
        COMMENT ON COLUMN runs.finished_at IS 'UTC';
        COMMENT ON COLUMN runs.status IS 'running, done, interrupted or failed; running stays behind after a kill';
        COMMENT ON COLUMN runs.counts IS 'What the run added, counted in the store when it finished';

        CREATE TABLE llm_calls (
            call_id VARCHAR NOT NULL,
            run_id VARCHAR NOT NULL,
            model VARCHAR NOT NULL,
            input_tokens BIGINT NOT NULL,
            output_tokens BIGINT NOT NULL,
            usd DOUBLE,
            elapsed_ms DOUBLE NOT NULL,
            called_at TIMESTAMP NOT NULL
        );
        COMMENT ON TABLE llm_calls IS 'One row a call of a language model';
        COMMENT ON COLUMN llm_calls.usd IS 'NULL where the price is not known';

        CREATE TABLE derivations (
            derivation_id VARCHAR NOT NULL,
            problem_id VARCHAR NOT NULL,
            formula VARCHAR NOT NULL,
            wording VARCHAR NOT NULL,
            fingerprint VARCHAR NOT NULL,
            conditions STRUCT("start" INTEGER, "end" INTEGER, "text" VARCHAR, "value" VARCHAR, kind VARCHAR,
                              unit VARCHAR)[] NOT NULL,
            expression VARCHAR,
            numbers STRUCT(number VARCHAR, origin VARCHAR, reason VARCHAR, certain BOOLEAN)[] NOT NULL,
            outcome VARCHAR NOT NULL,
            reason VARCHAR NOT NULL,
            candidate_ids VARCHAR[] NOT NULL,
            run_id VARCHAR NOT NULL
        );
        COMMENT ON TABLE derivations IS
            'What one problem gave: a row for each problem, kind of formula, wording and fingerprint marks it as done';
        COMMENT ON COLUMN derivations.expression IS
            'The formula, in which ci is the i-th condition, from 0; NULL where there is none';
        COMMENT ON COLUMN derivations.numbers IS 'Where each number of the solution comes from';

        CREATE TABLE candidates (
            candidate_id VARCHAR NOT NULL,
            problem_id VARCHAR NOT NULL,
            condition STRUCT("start" INTEGER, "end" INTEGER, "text" VARCHAR, "value" VARCHAR, kind VARCHAR,
                             unit VARCHAR) NOT NULL,
            formula VARCHAR NOT NULL,
            wording VARCHAR NOT NULL,
            relation STRUCT(unknown VARCHAR, expression VARCHAR, answer VARCHAR),
            question VARCHAR NOT NULL,
            answer VARCHAR NOT NULL,
            solution STRUCT("text" VARCHAR, equation VARCHAR)[] NOT NULL,
            run_id VARCHAR NOT NULL
        );
        COMMENT ON TABLE candidates IS 'Backward problems; candidate_id is a hash of the content';
        COMMENT ON COLUMN candidates.relation IS 'NULL where no equation in the condition could be had';

        CREATE TABLE checks (
            candidate_id VARCHAR NOT NULL,
            check_name VARCHAR NOT NULL,
            outcome VARCHAR NOT NULL,
            reason VARCHAR NOT NULL,
            elapsed_ms DOUBLE NOT NULL,
            run_id VARCHAR NOT NULL
        );
        COMMENT ON TABLE checks IS
            'All outcomes of all checks; the last one of a candidate and a name is the one that holds';

        CREATE TABLE decisions (
            candidate_id VARCHAR NOT NULL,
            verdict VARCHAR NOT NULL,
            reasons VARCHAR[] NOT NULL,
            policy VARCHAR NOT NULL,
            decided_by VARCHAR NOT NULL,
            decided_at TIMESTAMP NOT NULL
        );
        COMMENT ON TABLE decisions IS
            'All decisions; of the highest instance (adjudicator, reviewer, policy) the last holds';
        COMMENT ON COLUMN decisions.policy IS 'The version of the policy that was in force';
        COMMENT ON COLUMN decisions.decided_at IS 'UTC';
    """)
