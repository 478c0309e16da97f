"""Answer equivalence against plain math-verify, on answer pairs from public test suites.

    python -m benchmarks.equivalence           one line of figures
    python -m benchmarks.equivalence --list    and each pair where the outcome is not the expected one

Plain math-verify parses each side as it stands, and between dollar signs where that gives nothing.
"""

import argparse
import json
import logging
import time
from collections.abc import Callable
from itertools import compress
from statistics import median

from math_verify import parse, verify

from generation.verification.equivalence import SECONDS, equivalent
from tests.data import DATA

FILE = DATA / "equivalence" / "answer_pairs.jsonl"
FOUND = 150
"""Equal pairs that have to be found, and more."""
WRONG = 1
"""Unequal pairs that may be called equal at most."""

DISPUTED = {
    ("$9$", "Answer $ \n 9 \n $"): "expected unequal, for its line breaks inside the dollar signs; the answer is 9",
    ("1/3", "0.333"): "expected equal; 0.333 is not 1/3, and nothing says that it is rounded",
    ("0.333", "1/3"): "expected equal; 0.333 is not 1/3, and nothing says that it is rounded",
    (
        r"$(\begin{pmatrix}\frac{1}{3}\\ \frac{1}{5} \end{pmatrix})$",
        r"$\begin{pmatrix}0.33\\0.2 \end{pmatrix}$",
    ): "expected equal, to two digits; 0.33 is not 1/3, and the texts do not say that they are rounded",
}
"""Pairs whose expectation does not hold for exact answers, and why not."""

Pair = dict[str, str]


def main() -> None:
    """Compare every pair with both, and print the figures."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--list", action="store_true", help="list the pairs with another outcome than expected")
    options = parser.parse_args()
    if not FILE.exists():
        print(f"equivalence: skipped, needs {FILE.name} in {FILE.parent} (set BACKMATH_DATA)")
        return
    logging.disable(logging.CRITICAL)  # math-verify logs each of its timeouts
    with FILE.open() as file:
        pairs: list[Pair] = [json.loads(line) for line in file]
    equivalent(r"\sqrt{4}", "2")  # starts the worker
    ours, seconds = measured(lambda pair: equivalent(pair["gold"], pair["pred"]).outcome == "equal", pairs)
    plain, plain_seconds = measured(plain_math_verify, pairs)
    found, wrong = counted(pairs, ours)
    plain_found, plain_wrong = counted(pairs, plain)
    kept = [not disputed(pair) for pair in pairs]
    agreed = list(compress(pairs, kept))
    agreed_found, agreed_wrong = counted(agreed, list(compress(ours, kept)))
    expected = sum(map(is_expected, pairs))
    met = found > FOUND and wrong <= WRONG and max(seconds) < SECONDS
    print(
        f"equivalence: {found} of {expected} equal pairs found (math-verify alone {plain_found}), "
        f"{wrong} of {len(pairs) - expected} unequal pairs called equal ({plain_wrong}); "
        f"without {len(pairs) - len(agreed)} disputed pairs {agreed_found} of {sum(map(is_expected, agreed))} and "
        f"{agreed_wrong}; median {median(seconds) * 1e6:.0f} µs ({median(plain_seconds) * 1e6:.0f}), "
        f"slowest {max(seconds):.2f} s ({max(plain_seconds):.2f}), limit {SECONDS:g} s; "
        f"target {'met' if met else 'missed'}"
    )
    if options.list:
        for pair, equal in zip(pairs, ours, strict=True):
            if equal != is_expected(pair):
                result = equivalent(pair["gold"], pair["pred"])
                dispute = disputed(pair)
                print(f"  gold {pair['gold']!r}\n  pred {pair['pred']!r}\n    {result.outcome}: {result.reason}")
                print(f"    disputed: {dispute}" if dispute else "    missed")


def plain_math_verify(pair: Pair) -> bool:
    """math-verify's own verdict, with its own time limits."""
    gold, answer = (parse(pair[side]) or parse(f"${pair[side]}$") for side in ("gold", "pred"))
    return bool(verify(gold, answer))


def measured(compare: Callable[[Pair], bool], pairs: list[Pair]) -> tuple[list[bool], list[float]]:
    """The verdict on each pair, and the seconds that it took."""
    verdicts, seconds = [], []
    for pair in pairs:
        start = time.perf_counter()
        verdicts.append(compare(pair))
        seconds.append(time.perf_counter() - start)
    return verdicts, seconds


def counted(pairs: list[Pair], verdicts: list[bool]) -> tuple[int, int]:
    """How many equal pairs were found, and how many unequal ones called equal."""
    equal = [is_expected(pair) for pair, verdict in zip(pairs, verdicts, strict=True) if verdict]
    return sum(equal), len(equal) - sum(equal)


def is_expected(pair: Pair) -> bool:
    """Whether the file expects the pair to be equal."""
    return bool(pair["expected"])


def disputed(pair: Pair) -> str | None:
    """Why the expectation of the pair does not hold, where it does not."""
    return DISPUTED.get((pair["gold"], pair["pred"]))


if __name__ == "__main__":
    main()
