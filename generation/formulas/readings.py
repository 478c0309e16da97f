"""Readings of a solution: for every calculation a form, and for each of its numbers what it stands for."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise

from flint import fmpq

from generation.formulas.calculations import Calculation
from generation.formulas.links import Evidence, Link, Quantity, Site, find_sites, regrouped
from generation.formulas.steps import bits, without_reciprocal
from generation.verification.expression import Expression, replace
from generation.verification.rational_function import UNKNOWN, Value, bounded, compute

MAX_READINGS = 32
"""Readings of a whole solution that are weighed at a time."""
MARGIN = 1.25
"""How much less support than the best a reading may have and still count as possible."""
SAME_TWICE = 1.0
"""What a reading loses for one condition or result that stands twice in a calculation."""
NEIGHBOURS = 0.5
"""What a reading gains for a calculation over conditions that stand next to one another in the question."""
UNUSED_RESULT = 2.0
"""What a reading loses for a result that nothing uses: people compute what they need."""
UNUSED_CONDITION = 1.0
"""What a reading loses for a quantity of the question that nothing uses."""
UNUSED_NUMBER_WORD = 0.6
"""The same for a number word, which more often only counts things: "the two friends"."""


@dataclass(slots=True, eq=False)
class Choice:
    """One way to read one calculation."""

    score: float
    form: Expression
    sites: list[Site]
    links: tuple[Link, ...]
    conditions: int
    results: int
    _linked: Expression | None = None

    @property
    def linked(self) -> Expression:
        """The form over `c0` and `r0`."""
        if self._linked is None:
            put = {id(site.node): link.expression for site, link in zip(self.sites, self.links, strict=True)}
            self._linked = replace(replace(self.form, lambda node: put.get(id(node))), without_reciprocal)
        return self._linked


@dataclass(eq=False)
class Reading:
    """One way to read a whole solution: a choice for each calculation, and which calculation gives the answer.

    `shared` holds the functions that the readings of one solution have in common: what a choice makes of a condition,
    given functions of it, each by its `id`.
    """

    score: float
    choices: tuple[Choice, ...]
    answer: int
    shared: dict[tuple[int, ...], Value]

    def __post_init__(self) -> None:
        self._functions: dict[int, dict[str, Value]] = {}

    @cached_property
    def steps(self) -> list[Expression]:
        """Each calculation over `c0` and `r0`."""
        return [choice.linked for choice in self.choices]

    @cached_property
    def cone(self) -> list[int]:
        """The calculations that the answer is made of, in order."""
        needed = 1 << self.answer
        for index in range(self.answer, -1, -1):
            if needed >> index & 1:
                needed |= self.choices[index].results
        return [index for index in range(self.answer + 1) if needed >> index & 1]

    @cached_property
    def depends(self) -> list[int]:
        """For each calculation the conditions that it depends on, as a bit mask."""
        masks: list[int] = []
        for choice in self.choices:
            mask = choice.conditions
            for index in bits(choice.results):
                mask |= masks[index]
            masks.append(mask)
        return masks

    @cached_property
    def links(self) -> list[tuple[int, Site, Link]]:
        """What every number of the answer's calculations stands for, with the index of its calculation."""
        return [
            (index, site, link)
            for index in self.cone
            for site, link in zip(self.choices[index].sites, self.choices[index].links, strict=True)
        ]

    def constants(self, condition: int, conditions: Sequence[fmpq], results: Sequence[fmpq]) -> dict[str, Value]:
        """Every `c0` and `r0` that does not depend on one condition, at its value."""
        values: dict[str, Value] = {f"c{index}": value for index, value in enumerate(conditions) if index != condition}
        return values | {f"r{index}": results[index] for index in self.cone if not self.depends[index] >> condition & 1}

    def functions(self, condition: int, conditions: Sequence[fmpq], results: Sequence[fmpq]) -> dict[str, Value]:
        """Every `c0` and `r0` that the answer is made of, as a function of one condition, the others at their values.

        Raises ExpressionError where a calculation is no rational function of the condition or has no value.
        """
        if condition in self._functions:
            return self._functions[condition]
        values: dict[str, Value] = {f"c{index}": value for index, value in enumerate(conditions)}
        values[f"c{condition}"] = UNKNOWN
        for index in self.cone:
            if not self.depends[index] >> condition & 1:
                values[f"r{index}"] = results[index]
                continue
            choice = self.choices[index]
            key = (condition, id(choice), *[id(values[f"r{used}"]) for used in bits(choice.results)])
            value = self.shared.get(key)
            if value is None:
                value = self.shared[key] = bounded(compute(choice.linked, values))
            values[f"r{index}"] = value
        self._functions[condition] = values
        return values


def choices_of(
    index: int, calculations: Sequence[Calculation], known: Sequence[Quantity], evidence: Evidence
) -> list[Choice]:
    """The possible readings of one calculation, the best supported first."""
    calculation = calculations[index]
    found: list[Choice] = []
    for form in (regrouped(form, known) for form in calculation.forms):
        sites = find_sites(form, calculation, calculations[:index], known, evidence)
        partial: list[tuple[float, tuple[Link, ...]]] = [(0.0, ())]
        for site in sites:
            links = [link for link in site.links if link.origin != "unexplained"] or site.links
            partial = [(score + link.score, (*chosen, link)) for score, chosen in partial for link in links]
            partial.sort(key=lambda item: -item[0])
            partial = partial[:MAX_READINGS]
        for score, chosen in partial:
            found.append(_choice(score, form, sites, chosen))
    least = min(sum(link.origin == "unexplained" for link in choice.links) for choice in found)
    found = [choice for choice in found if sum(link.origin == "unexplained" for link in choice.links) == least]
    found.sort(key=lambda choice: -choice.score)
    return found[:MAX_READINGS]


def _choice(score: float, form: Expression, sites: list[Site], links: tuple[Link, ...]) -> Choice:
    """A reading of one form; its score is a mean, so that a longer form is not worth more for its length."""
    conditions = results = 0
    for link in links:
        if link.origin == "condition":
            conditions |= 1 << link.index
        elif link.origin == "result":
            results |= 1 << link.index
    used = [(link.origin, link.index) for link in links if link.origin in ("result", "condition")]
    score -= SAME_TWICE * (len(used) - len(set(used)))
    mean = score / max(1, len(sites)) * 2
    together = sorted({index for origin, index in used if origin == "condition"})
    if len(together) > 1:
        mean += NEIGHBOURS * sum(1 / (b - a) for a, b in pairwise(together)) / (len(together) - 1)
    return Choice(mean, form, sites, links, conditions, results)


def best_readings(options: Sequence[list[Choice]], endings: Sequence[int], known: Sequence[Quantity]) -> list[Reading]:
    """The best readings of the whole solution, those within MARGIN of the best, the best first."""
    partial: list[tuple[float, int, int, tuple[Choice, ...]]] = [(0.0, 0, 0, ())]
    for choices in options:
        partial = [
            (score + choice.score, conditions | choice.conditions, results | choice.results, (*chosen, choice))
            for score, conditions, results, chosen in partial
            for choice in choices
        ]
        if len(partial) > 1:
            partial.sort(key=lambda item: -item[0] - 1.0 * item[2].bit_count() - 0.5 * item[1].bit_count())
            partial = partial[:MAX_READINGS]
    readings = []
    shared: dict[tuple[int, ...], Value] = {}
    for score, conditions, results, chosen in partial:
        for ending in endings:
            unused = len(options) - (results | 1 << ending).bit_count()
            loss = UNUSED_RESULT * unused
            for index, quantity in enumerate(known):
                if not conditions >> index & 1:
                    loss += UNUSED_NUMBER_WORD if quantity.condition.kind == "number_word" else UNUSED_CONDITION
            readings.append(Reading(score - loss, chosen, ending, shared))
    readings.sort(key=lambda reading: -reading.score)
    return [reading for reading in readings if reading.score >= readings[0].score - MARGIN]
