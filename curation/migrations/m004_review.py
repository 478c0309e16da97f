"""Step 4 of the schema: what reviewers were asked, what they answered, and the candidates they corrected."""

from duckdb import DuckDBPyConnection

from curation.migrations.m003_models import candidate_overview


def m004_review(connection: DuckDBPyConnection) -> None:
    """Create the tables of review and their views, and put corrected candidates into `candidate_overview`."""
    connection.execute("""
        CREATE TABLE review_items (
            candidate_id VARCHAR NOT NULL,
            stage VARCHAR NOT NULL,
            kind VARCHAR NOT NULL,
            blind BOOLEAN NOT NULL,
            probability DOUBLE,
            suggested_verdict VARCHAR,
            suggested_category VARCHAR,
            gold_verdict VARCHAR,
            gold_category VARCHAR,
            needed BIGINT,
            chosen_at TIMESTAMP NOT NULL,
            pushed_at TIMESTAMP
        );
        COMMENT ON TABLE review_items IS 'Candidates put before people: one row a candidate and stage';
        COMMENT ON COLUMN review_items.stage IS 'review, or adjudication of reviews that differ';
        COMMENT ON COLUMN review_items.kind IS
            'doubt: decided review; audit: accepted by the policy; gold: its answer is known; disagreement';
        COMMENT ON COLUMN review_items.blind IS 'Shown without doubt and suggestion, so that audits do not show';
        COMMENT ON COLUMN review_items.probability IS 'P(correct) when it was chosen';
        COMMENT ON COLUMN review_items.suggested_verdict IS 'What the record suggests; NULL where it suggests nothing';
        COMMENT ON COLUMN review_items.gold_verdict IS 'The known answer of a gold item';
        COMMENT ON COLUMN review_items.needed IS 'Answers that it needs, as of the last pull; NULL: one';
        COMMENT ON COLUMN review_items.chosen_at IS 'UTC';
        COMMENT ON COLUMN review_items.pushed_at IS 'UTC; NULL until Argilla has it';

        CREATE TABLE reviews (
            review_id VARCHAR NOT NULL,
            response_id VARCHAR NOT NULL,
            candidate_id VARCHAR NOT NULL,
            stage VARCHAR NOT NULL,
            reviewer VARCHAR NOT NULL,
            event VARCHAR NOT NULL,
            verdict VARCHAR,
            category VARCHAR,
            corrected_question VARCHAR,
            corrected_answer VARCHAR,
            wrong_steps BIGINT[] NOT NULL,
            comment VARCHAR,
            raw JSON NOT NULL,
            unusable VARCHAR NOT NULL,
            answered_at TIMESTAMP NOT NULL,
            pulled_at TIMESTAMP NOT NULL
        );
        COMMENT ON TABLE reviews IS
            'Every answer of a reviewer, and every change of one: of the same response_id the last row holds';
        COMMENT ON COLUMN reviews.response_id IS 'Argilla''s id of the answer';
        COMMENT ON COLUMN reviews.event IS 'submitted, edited or withdrawn';
        COMMENT ON COLUMN reviews.verdict IS 'accept, correct, reject or unsure';
        COMMENT ON COLUMN reviews.wrong_steps IS 'Indices, from 0, of the steps marked as wrong';
        COMMENT ON COLUMN reviews.raw IS 'The answer as Argilla gave it';
        COMMENT ON COLUMN reviews.unusable IS 'Why the answer cannot count; empty where it can';
        COMMENT ON COLUMN reviews.answered_at IS 'UTC, by the clock of Argilla''s server';
        COMMENT ON COLUMN reviews.pulled_at IS 'UTC';

        CREATE TABLE corrections (
            candidate_id VARCHAR NOT NULL,
            corrects VARCHAR NOT NULL,
            review_id VARCHAR NOT NULL,
            corrected_at TIMESTAMP NOT NULL
        );
        COMMENT ON TABLE corrections IS 'Candidates that came of a reviewer''s correction';
        COMMENT ON COLUMN corrections.candidate_id IS 'The corrected candidate, in candidates like every other';
        COMMENT ON COLUMN corrections.corrects IS 'The candidate that was corrected';
        COMMENT ON COLUMN corrections.corrected_at IS 'UTC';

        CREATE VIEW review_overview AS
            SELECT
                last_reviews.review_id,
                last_reviews.response_id,
                last_reviews.candidate_id,
                last_reviews.stage,
                coalesce(review_items.kind, 'doubt') AS kind,
                coalesce(review_items.blind, false) AS blind,
                problems.source,
                candidates.formula,
                last_reviews.reviewer,
                last_reviews.verdict,
                last_reviews.category,
                last_reviews.corrected_question,
                last_reviews.corrected_answer,
                last_reviews.wrong_steps,
                last_reviews.comment,
                last_reviews.unusable,
                review_items.suggested_verdict,
                review_items.suggested_category,
                review_items.gold_verdict,
                review_items.gold_category,
                review_items.probability,
                last_reviews.answered_at
            FROM (
                SELECT * FROM reviews
                QUALIFY row_number() OVER (PARTITION BY response_id ORDER BY rowid DESC) = 1
            ) AS last_reviews
            JOIN candidates ON candidates.candidate_id = last_reviews.candidate_id
            JOIN problems ON problems.problem_id = candidates.problem_id
            LEFT JOIN review_items
                ON review_items.candidate_id = last_reviews.candidate_id AND review_items.stage = last_reviews.stage
            WHERE last_reviews.event <> 'withdrawn';
        COMMENT ON VIEW review_overview IS 'One row an answer that stands, with what was asked';
        COMMENT ON COLUMN review_overview.kind IS 'doubt, audit, gold or disagreement';
    """)
    connection.execute(
        candidate_overview("""
            SELECT unnest(candidate_ids) AS candidate_id FROM latest_derivations
            UNION SELECT candidate_id FROM corrections
        """)
    )
