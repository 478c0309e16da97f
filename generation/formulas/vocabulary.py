"""The words of a text, as evidence: lower case, without endings, without those that every sentence has."""

import re
from functools import lru_cache

_WORD = re.compile(r"[A-Za-z]+(?:'s)?")
_EMPTY = frozenset(
    re.findall(
        r"\w+",
        "a an the of to in on at for from by with and or but if then so that this these those it its he she "
        "they them his her hers their theirs i you we us our your my me is are was were be been being has "
        "have had do does did will would can could should there here which who whom whose what when where how "
        "why as than not no all also only just more much many x times per each every total equals equal make "
        "makes made get gets got because since means now thus therefore altogether first second third next "
        "after before find calculate number amount",
    )
)


@lru_cache(maxsize=65_536)
def stem(word: str) -> str:
    """The word without its commonest endings, so that `boxes` meets `box` and `sold` stays `sold`."""
    word = word.lower().removesuffix("'s")
    for ending, least in (
        ("ies", 4),
        ("sses", 5),
        ("ches", 5),
        ("shes", 5),
        ("xes", 4),
        ("ing", 6),
        ("ed", 5),
        ("s", 4),
    ):
        if word.endswith(ending) and len(word) >= least:
            kept = word[: -len(ending)]
            if ending == "ies":
                return kept + "y"
            return kept + ending[:-2] if ending in ("sses", "ches", "shes", "xes") else kept
    return word


@lru_cache(maxsize=65_536)
def words(text: str) -> frozenset[str]:
    """The stems of the telling words in a text."""
    return frozenset(stem(word) for word in _WORD.findall(text) if word.lower() not in _EMPTY)
