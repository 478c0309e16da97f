"""From candidates to decisions: the DuckDB store, the policy, triage, and the queries behind the listings."""
