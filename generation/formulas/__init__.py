"""The answer as an exact function of the conditions."""
