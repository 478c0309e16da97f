"""What runs inside the Argilla server's own environment: its search and its jobs, in the server's process.

The folder above is on the path of the server and of nothing else: this package imports argilla_server and what comes
with it, and nothing of ours.
"""
