"""Releases become models, and what the models can do is measured."""
