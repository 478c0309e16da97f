"""The known quantities of a question."""
