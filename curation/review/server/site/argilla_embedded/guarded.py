"""Argilla with its own engine and queues behind our guard, as deploy/compose.yaml runs it.

`REVIEW_ORIGIN` is where a proxy shows it to browsers, if there is one.
"""

import os

from argilla_server import app as argilla

from argilla_embedded.security import secured

app = secured(argilla, os.environ.get("REVIEW_ORIGIN") or None)
