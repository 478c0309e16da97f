"""Corruptions: solutions with one error made on purpose, proved to be one, and carried on as a solver would."""
