"""Recipes: one TOML file for each size of model, with a table for each stage."""
