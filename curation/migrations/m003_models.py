"""Step 3 of the schema: what models cost, what they wrote, and what could not be had from them."""

from duckdb import DuckDBPyConnection


def m003_models(connection: DuckDBPyConnection) -> None:
    """Make `llm_calls` and `cost` anew, which nothing had filled, add `samples`, and let a derivation have failed."""
    connection.execute("""
        DROP TABLE llm_calls;
        CREATE TABLE llm_calls (
            call_id VARCHAR NOT NULL,
            run_id VARCHAR NOT NULL,
            key VARCHAR NOT NULL,
            purpose VARCHAR NOT NULL,
            prompt VARCHAR NOT NULL,
            model VARCHAR NOT NULL,
            base_url VARCHAR NOT NULL,
            question VARCHAR NOT NULL,
            sample BIGINT NOT NULL,
            max_tokens BIGINT NOT NULL,
            outcome VARCHAR NOT NULL,
            "text" VARCHAR,
            error VARCHAR NOT NULL,
            input_tokens BIGINT,
            output_tokens BIGINT,
            usd DOUBLE,
            elapsed_ms DOUBLE NOT NULL,
            called_at TIMESTAMP NOT NULL
        );
        COMMENT ON TABLE llm_calls IS 'One row a call of a language model: each attempt, whatever came of it';
        COMMENT ON COLUMN llm_calls.key IS 'Names the request: attempts at the same one have the same key';
        COMMENT ON COLUMN llm_calls.prompt IS 'The version of the instructions: their name with a hash of the text';
        COMMENT ON COLUMN llm_calls.sample IS '0 is the greedy answer, the others are drawn';
        COMMENT ON COLUMN llm_calls.outcome IS
            'answered, truncated, empty, refused, rate_limited, server_error, timeout, dropped, malformed, or lost: '
            'sent, and then the run was killed';
        COMMENT ON COLUMN llm_calls."text" IS 'The reply, NULL where there is none';
        COMMENT ON COLUMN llm_calls.usd IS
            'US dollars, NULL where the price is not known; of a lost call, the most that it can have cost';
        COMMENT ON COLUMN llm_calls.called_at IS 'UTC';

        CREATE OR REPLACE VIEW cost AS
            SELECT
                model,
                run_id,
                count(*) AS calls,
                coalesce(sum(input_tokens), 0)::BIGINT AS input_tokens,
                coalesce(sum(output_tokens), 0)::BIGINT AS output_tokens,
                sum(usd) AS usd,
                sum(elapsed_ms) / 1000 AS elapsed_s,
                count(*) FILTER (coalesce("text", '') = '') AS failed,
                count(*) FILTER (usd IS NULL) AS unpriced
            FROM llm_calls GROUP BY ALL;
        COMMENT ON VIEW cost IS 'Tokens, money and time, one row a model and run';
        COMMENT ON COLUMN cost.usd IS
            'US dollars of the calls whose price is known, NULL where none is; the whole only where unpriced is 0';
        COMMENT ON COLUMN cost.elapsed_s IS 'Seconds, summed over calls that may have run side by side';
        COMMENT ON COLUMN cost.failed IS 'Calls that brought no text';
        COMMENT ON COLUMN cost.unpriced IS 'Calls of unknown price';

        CREATE TABLE samples (
            sample_id VARCHAR NOT NULL,
            problem_id VARCHAR NOT NULL,
            candidate_id VARCHAR,
            purpose VARCHAR NOT NULL,
            model VARCHAR NOT NULL,
            key VARCHAR NOT NULL,
            steps STRUCT("text" VARCHAR, equation VARCHAR)[] NOT NULL,
            outcome VARCHAR NOT NULL,
            broken_step BIGINT,
            reason VARCHAR NOT NULL,
            run_id VARCHAR NOT NULL
        );
        COMMENT ON TABLE samples IS 'What models wrote, right or wrong; sample_id is a hash of the content';
        COMMENT ON COLUMN samples.candidate_id IS 'The backward problem it was written for; NULL: the forward problem';
        COMMENT ON COLUMN samples.key IS 'The request that it answers, as in llm_calls';
        COMMENT ON COLUMN samples.outcome IS 'pass: all of it is proved; fail: it is wrong; undecided';
        COMMENT ON COLUMN samples.broken_step IS
            'Index, from 0, of the first step that does not hold; NULL where there is none, or it cannot be told';

        ALTER TABLE derivations ADD COLUMN failed BOOLEAN DEFAULT false;
        ALTER TABLE derivations ALTER COLUMN failed SET NOT NULL;
        COMMENT ON COLUMN derivations.failed IS
            'A model''s answer could not be had: not done, and derived anew by the next run';

        ALTER TABLE checks ADD COLUMN compared_with VARCHAR;
        COMMENT ON COLUMN checks.compared_with IS
            'Agreement of formulas of two kinds: the candidate of the other kind; NULL where a check is of one alone';
    """)
    connection.execute("""
        CREATE OR REPLACE VIEW latest_derivations AS
            SELECT * FROM derivations
            QUALIFY row_number() OVER (PARTITION BY problem_id, formula, wording ORDER BY failed, rowid DESC) = 1;
        COMMENT ON VIEW latest_derivations IS
            'The last derivation of each problem, kind of formula and wording; a failed one only where no other is';
    """)
    # Where a wording falls back to another one, two derivations list the same candidate.
    connection.execute(
        candidate_overview("SELECT DISTINCT unnest(candidate_ids) AS candidate_id FROM latest_derivations")
    )


def candidate_overview(current: str) -> str:
    """SQL that makes the view `candidate_overview` of the candidates whose ids the query `current` gives, each once."""
    return f"""
        CREATE OR REPLACE VIEW candidate_overview AS
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
            FROM ({current}) AS latest
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
    """
