"""Licences: which of them let a dataset be published with what was made of it."""

import re

_OPEN = re.compile(
    r"(MIT|Apache-2\.0|BSD-[23]-Clause|CC0-1\.0|CC-BY-[234]\.0|CC-BY-SA-[34]\.0|Unlicense|ODC-BY-1\.0|PDDL-1\.0)", re.I
)
_CLOSED = re.compile(r"\b(NC|ND|NonCommercial|NoDerivatives|proprietary|all rights reserved)\b", re.I)


def forbidden(licence: str) -> str:
    """Why a licence does not let its problems be published, changed and used for everything; empty where it does.

    An expression such as `MIT OR Apache-2.0` is open where one of its parts is; a licence that is not known is not.
    """
    text = licence.strip().replace(" ", "-") if " OR " not in licence else licence
    if _CLOSED.search(licence):
        return f"{licence} does not allow every use"
    if any(_OPEN.fullmatch(part.strip()) for part in re.split(r" OR ", text)):
        return ""
    return f"the licence {licence!r} is not known to be open" if licence.strip() else "no licence is stated"
