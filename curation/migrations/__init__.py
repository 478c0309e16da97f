"""The store's schema, as ordered steps, one a file."""
