"""Problems that no formula of their conditions answers, told by their words before anything is spent on them."""

import re

_REASONS = (
    (
        "a proof is asked for",
        r"(?:^|[.?!]\s+)\W*(?:prove|show)\b|\bprove that\b|\bdisprove\b",
    ),
    (
        "counting under side conditions",
        r"\bhow many (?:\S+ ){0,6}?(?:ways|arrangements|combinations|permutations|subsets|orders|orderings|choices)\b"
        r"|\bhow many (?:\S+ ){0,6}?(?:outcomes|integers?|numbers?|primes?|divisors|factors|multiples|values|pairs)\b"
        r"|\bhow many (?:\S+ ){0,6}?(?:triples|tuples|solutions|digits|zeroe?s|squares|cubes|palindromes)\b"
        r"|\blattice points?\b"
        r"|\bnumber of (?:\S+ ){0,4}?(?:ways|integers|divisors|factors|primes|solutions|multiples|subsets)\b",
    ),
    ("a probability over cases", r"\bprobability\b|\bexpected (?:value|number)\b"),
    (
        "properties of whole numbers: no arithmetic inverts them",
        r"\b(?:greatest|largest|least|smallest|lowest) common\b|\b(?:gcd|lcm|gcf|remainder|modulo|factorial)\b|\\pmod\b"
        r"|\b(?:units|tens|ones) digit\b|\bsum of (?:the |its )?digits\b|\bprime (?:factor|number)|\bdivisible by\b"
        r"|\b(?:in|to|as) base\b",
    ),
    (
        "the largest or smallest of many is asked for",
        r"\b(?:what|find|compute|determine)\b[^.?]{0,60}\b(?:largest|greatest|smallest|least|maximum|minimum)\b[^.?]{0,40}"
        r"\b(?:integer|number|value|possible|prime|multiple|factor|divisor)\b",
    ),
    ("a choice among given options", r"\bwhich of the following\b|\btrue or false\b|\bmultiple choice\b"),
    ("a drawing states the quantities", r"\[asy\]"),
)
_PATTERNS = [(reason, re.compile(pattern, re.I | re.S)) for reason, pattern in _REASONS]


def why_not_invertible(question: str) -> str:
    """Why no condition of the question can be asked for from its answer, as far as its words tell; else empty."""
    return next((reason for reason, pattern in _PATTERNS if pattern.search(question)), "")
