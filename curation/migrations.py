"""The store's schema, as ordered steps: each is applied once, in one transaction, and its name kept in `migrations`."""

from collections.abc import Callable
from datetime import UTC, datetime

from duckdb import CatalogException, DuckDBPyConnection

from curation.errors import StoreNewerError

Migration = Callable[[DuckDBPyConnection], None]


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


def m002_views(connection: DuckDBPyConnection) -> None:
    """Create the views, the store's public face, and the two that they stand on.

    Rows are only ever added, so a higher rowid is a later row.
    """
    connection.execute("""
        CREATE VIEW latest_derivations AS
            SELECT * FROM derivations
            QUALIFY row_number() OVER (PARTITION BY problem_id, formula, wording ORDER BY rowid DESC) = 1;
        COMMENT ON VIEW latest_derivations IS 'The last derivation of each problem, kind of formula and wording';

        CREATE VIEW latest_decisions AS
            SELECT * FROM decisions
            QUALIFY row_number() OVER (
                PARTITION BY candidate_id
                ORDER BY CASE decided_by WHEN 'adjudicator' THEN 2 WHEN 'reviewer' THEN 1 ELSE 0 END DESC, rowid DESC
            ) = 1;
        COMMENT ON VIEW latest_decisions IS
            'The decision that holds for each candidate: an adjudicator''s before a reviewer''s before the policy''s';

        CREATE VIEW candidate_overview AS
            SELECT
                candidates.candidate_id,
                candidates.problem_id,
                problems.source,
                problems.split,
                problems.question AS original_question,
                problems.answer AS original_answer,
                candidates.condition."start" AS condition_start,
                candidates.condition."end" AS condition_end,
                candidates.condition."text" AS condition_text,
                candidates.condition."value" AS condition_value,
                candidates.formula,
                candidates.relation.expression || ' = ' || candidates.relation.answer AS equation,
                candidates.wording,
                candidates.question AS backward_question,
                candidates.answer AS backward_answer,
                array_to_string(list_transform(candidates.solution, lambda step: step."text"), chr(10))
                    AS backward_solution,
                latest_decisions.verdict AS decision,
                latest_decisions.reasons,
                latest_decisions.decided_by
            FROM (SELECT unnest(candidate_ids) AS candidate_id FROM latest_derivations) AS latest
            JOIN candidates ON candidates.candidate_id = latest.candidate_id
            JOIN problems ON problems.problem_id = candidates.problem_id
            LEFT JOIN latest_decisions ON latest_decisions.candidate_id = candidates.candidate_id;
        COMMENT ON VIEW candidate_overview IS
            'One row a candidate with the decision that holds. Candidates that a later run derived anew are left out';
        COMMENT ON COLUMN candidate_overview.source IS 'Where the problem is from: gsm8k, math, ...';
        COMMENT ON COLUMN candidate_overview.split IS 'The split of the source that the problem is from';
        COMMENT ON COLUMN candidate_overview.original_answer IS 'Exact, as text: 72, 1/3';
        COMMENT ON COLUMN candidate_overview.condition_start IS 'Offset in original_question, in characters, from 0';
        COMMENT ON COLUMN candidate_overview.condition_end IS 'Offset behind the last character of the condition';
        COMMENT ON COLUMN candidate_overview.condition_text IS 'The condition as the question writes it: $1,000';
        COMMENT ON COLUMN candidate_overview.condition_value IS 'Exact, as text: 1000';
        COMMENT ON COLUMN candidate_overview.formula IS 'trace: read off the solution; formalize: written by a model';
        COMMENT ON COLUMN candidate_overview.equation IS
            'f(x) = original answer, never rearranged; NULL where there is none';
        COMMENT ON COLUMN candidate_overview.wording IS 'fobar, declarative or rewrite';
        COMMENT ON COLUMN candidate_overview.backward_solution IS 'The steps, one a line';
        COMMENT ON COLUMN candidate_overview.decision IS 'accept, review or reject';
        COMMENT ON COLUMN candidate_overview.reasons IS 'Each as "check: reason"; the first one decided';
        COMMENT ON COLUMN candidate_overview.decided_by IS 'policy, reviewer or adjudicator';

        CREATE VIEW check_overview AS
            SELECT candidate_id, check_name, outcome, reason, elapsed_ms
            FROM checks
            QUALIFY row_number() OVER (PARTITION BY candidate_id, check_name ORDER BY rowid DESC) = 1;
        COMMENT ON VIEW check_overview IS 'One row a candidate and check: its last outcome';
        COMMENT ON COLUMN check_overview.outcome IS 'pass, fail or undecided';
        COMMENT ON COLUMN check_overview.elapsed_ms IS 'How long the check took, in milliseconds';

        CREATE VIEW funnel AS
            WITH worked AS (
                SELECT problems.source, derivation.formula, derivation.problem_id, derivation.conditions
                FROM (
                    SELECT problem_id, formula, max(len(conditions)) AS conditions
                    FROM latest_derivations GROUP BY ALL
                ) AS derivation
                JOIN problems ON problems.problem_id = derivation.problem_id
            ),
            totals AS (
                SELECT source, formula, count(*) AS problems, sum(conditions)::BIGINT AS conditions
                FROM worked GROUP BY ALL
            ),
            outcomes AS (
                SELECT
                    source,
                    formula,
                    count(*) AS candidates,
                    count(*) FILTER (decision = 'accept') AS accepted,
                    count(*) FILTER (decision = 'review') AS review,
                    count(*) FILTER (decision = 'reject') AS rejected
                FROM candidate_overview GROUP BY ALL
            ),
            causes AS (
                SELECT source, formula, decision, split_part(reasons[1], ':', 1) AS check_name, count(*) AS candidates
                FROM candidate_overview WHERE decision IN ('review', 'reject') GROUP BY ALL
            ),
            listed AS (
                SELECT
                    source,
                    formula,
                    list({'decision': decision, 'check_name': check_name, 'candidates': candidates}
                         ORDER BY candidates DESC, decision, check_name) AS why
                FROM causes GROUP BY ALL
            )
            SELECT
                totals.source,
                totals.formula,
                totals.problems,
                totals.conditions,
                coalesce(outcomes.candidates, 0) AS candidates,
                coalesce(outcomes.accepted, 0) AS accepted,
                coalesce(outcomes.review, 0) AS review,
                coalesce(outcomes.rejected, 0) AS rejected,
                coalesce(listed.why, []) AS why
            FROM totals
            LEFT JOIN outcomes USING (source, formula)
            LEFT JOIN listed USING (source, formula);
        COMMENT ON VIEW funnel IS 'From problems to decisions, one row a source and kind of formula';
        COMMENT ON COLUMN funnel.problems IS 'Problems that this kind of formula was tried on';
        COMMENT ON COLUMN funnel.conditions IS 'Conditions found in the questions of these problems';
        COMMENT ON COLUMN funnel.review IS 'Candidates that wait for people';
        COMMENT ON COLUMN funnel.why IS
            'What held candidates back: a list of (decision, check_name, candidates), each counted under its first '
            'reason, so that they add up to review and rejected. SELECT unnest(why, recursive := true) gives rows';

        CREATE VIEW cost AS
            SELECT
                model,
                run_id,
                count(*) AS calls,
                sum(input_tokens)::BIGINT AS input_tokens,
                sum(output_tokens)::BIGINT AS output_tokens,
                sum(usd) AS usd,
                sum(elapsed_ms) / 1000 AS elapsed_s
            FROM llm_calls GROUP BY ALL;
        COMMENT ON VIEW cost IS 'Tokens, money and time, one row a model and run';
        COMMENT ON COLUMN cost.usd IS 'US dollars, calls of unknown price left out';
        COMMENT ON COLUMN cost.elapsed_s IS 'Seconds, summed over calls that may have run side by side';
    """)


MIGRATIONS: tuple[Migration, ...] = (m001_tables, m002_views)


def pending(connection: DuckDBPyConnection) -> list[Migration]:
    """The migrations that the store still lacks; raises StoreNewerError where it has some that we do not know."""
    try:
        rows = connection.execute("SELECT name FROM migrations").fetchall()
    except CatalogException:
        return list(MIGRATIONS)
    applied = {name for (name,) in rows}
    unknown = sorted(applied - {migration.__name__ for migration in MIGRATIONS})
    if unknown:
        raise StoreNewerError(
            f"the store has the migration {unknown[-1]}, which this version of backmath does not know; "
            "nothing was changed: update backmath, or use another --workspace"
        )
    return [migration for migration in MIGRATIONS if migration.__name__ not in applied]


def migrate(connection: DuckDBPyConnection) -> None:
    """Apply what is pending, inside the caller's transaction."""
    connection.execute("CREATE TABLE IF NOT EXISTS migrations (name VARCHAR NOT NULL, applied_at TIMESTAMP NOT NULL)")
    for migration in pending(connection):
        migration(connection)
        applied_at = datetime.now(UTC).replace(tzinfo=None)
        connection.execute("INSERT INTO migrations VALUES (?, ?)", [migration.__name__, applied_at])
