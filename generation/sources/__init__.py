"""Ingest: rows of public or own problem sets become problems, or a reason why not."""
