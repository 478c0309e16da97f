"""Step 2 of the schema: the views."""

from duckdb import DuckDBPyConnection


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
