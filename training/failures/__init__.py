"""Failures: where models are wrong, where one does better than another, and how wrong answers go wrong."""
