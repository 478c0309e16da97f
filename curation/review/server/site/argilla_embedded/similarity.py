"""Which records' vectors are most like a vector: exact, by comparing it with every one."""

import json
from collections.abc import Sequence
from typing import Any

import numpy as np
from argilla_server.errors.future import UnprocessableEntityError
from sqlalchemy import Row


def similarities(rows: Sequence[Row[tuple[object, str]]], wanted: Sequence[float]) -> Any:
    """(1 + cosine) / 2 of the wanted vector and each row's, as Elasticsearch scores it; rows end in a vector as JSON.

    The vector of nothing but zeros is like no other: 0.5. Raises UnprocessableEntityError for another length.
    """
    matrix = np.array([json.loads(row[-1]) for row in rows], dtype=np.float32)
    vector = np.asarray(wanted, dtype=np.float32)
    if vector.shape != matrix.shape[1:]:
        raise UnprocessableEntityError(
            f"The vector has {vector.size} numbers, and those to compare it with {matrix.shape[1]}"
        )
    lengths = np.linalg.norm(matrix, axis=1) * np.linalg.norm(vector)
    cosines = np.divide(matrix @ vector, lengths, out=np.zeros_like(lengths), where=lengths > 0)
    return (1 + cosines) / 2
