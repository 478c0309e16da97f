"""Releases: what goes into a version, and how it is built, described and published."""
