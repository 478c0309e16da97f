"""Exact, bounded proof: expressions, solving, equivalence and the checks."""
