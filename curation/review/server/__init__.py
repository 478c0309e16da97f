"""Argilla on this machine: its environment, its accounts, and its process."""
