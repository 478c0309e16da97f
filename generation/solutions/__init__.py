"""Backward solutions, step by step, every calculating step with its equation."""
