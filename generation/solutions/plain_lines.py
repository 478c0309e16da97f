"""The lines of a written step in plain notation: no layout, no LaTeX, words that calculate as signs."""

import re

from generation.formulas.latex import plain_text

HIDDEN = "¤"
"""What stands for a character that is not seen."""

_UNESCAPED = {"\times": r"\times", "\text": r"\text", "\frac": r"\frac", "\boxed": r"\boxed"}
"""What JSON makes of LaTeX that was not escaped in it: a tab and `imes`."""
_FRACTIONS = str.maketrans({"½": "1/2", "¼": "1/4", "¾": "3/4", "⅓": "1/3", "⅔": "2/3", "⅕": "1/5", "⅛": "1/8"})
_DISPLAY = re.compile(r"\\\[|\\\]|\$\$|\n")
_LEADS_TO = (
    "is|are|was|were|be|as|to|into|by|gets?|have|has|had|of|pays?|paid|gives?|makes?|costs?|earns?|with|for|a|so|then"
)
_NUMBER_BEHIND = r"(?=[\s$(]*(?:\.?[0-9]|[A-Za-z](?![A-Za-z])))"
_REWRITES = [
    (re.compile(pattern, re.I), replacement)
    for pattern, replacement in (
        (r"\\approx(?![A-Za-z])", "≈"),
        (r"\\(?:leq?|geq?|neq?)(?![A-Za-z])", " < "),
        (r"\s+", " "),
        (r"^ ?(?:(?:[-*•–]|\(?[0-9]{1,2}[.)]|(?:step|line) ?[0-9]{1,2} ?[:.)-]) )+", ""),  # the mark of a list's item
        (r"\*\*(?! ?[0-9(.])|(?<![0-9)% ])\*\*|(?<![0-9)%]) \*\*|^\*\*", " "),  # bold letters
        (r"=+>|⇒|→|->", ";"),
        (r"[<>!]=|≤|≥|≠", "<"),
        (r"==+", "="),
        (r"\b(?:is equal to|equals|equal to)\b", "="),
        (r"(?<=[0-9]) ?(?:percent|per cent)\b", "%"),
        (r"(?<=[0-9A-Za-z%]) \([^()0-9=]*[A-Za-z]{2}[^()0-9=]*\)", " "),  # a remark: 8 (this week)
        (r"\(((?:[^()=]|\([^()=]*\))*=(?:[^()]|\([^()]*\))*)\)", r", \1,"),  # an equality in brackets
        (r"(?<![0-9./])([0-9]+) ([0-9]+)/([0-9]+)(?![0-9./])", r"(\1+\2/\3)"),  # 2 1/2
        (r"(?<![0-9./])([0-9]+)\(\(([0-9]+)\)/\(([0-9]+)\)\)", r"(\1+\2/\3)"),  # the same in LaTeX
        (rf"\b(?:(?:one|a)[ -])?half of{_NUMBER_BEHIND}", "1/2 *"),
        (rf"\b(?:one|a)[ -]third of{_NUMBER_BEHIND}", "1/3 *"),
        (rf"\b(?:one|a)[ -](?:quarter|fourth) of{_NUMBER_BEHIND}", "1/4 *"),
        (rf"\btwice{_NUMBER_BEHIND}", "2 *"),
        (rf"(?<=%) of{_NUMBER_BEHIND}", " *"),
        (rf"(?<![0-9./])([0-9]+/[0-9]+\)?|0?\.[0-9]+\)?) of{_NUMBER_BEHIND}", r"\1 *"),
        (rf"(?<=[0-9)%]) (?:times|multiplied by|x){_NUMBER_BEHIND}", " *"),
        (r"(?<=[A-Za-z]{2}) x(?= ?[$(]? ?\.?[0-9])", " *"),
        (rf"(?<=[0-9)%]) divided by{_NUMBER_BEHIND}", " /"),
        (rf"(?<=[0-9)%]) plus{_NUMBER_BEHIND}", " +"),
        (rf"(?<=[0-9)%]) minus{_NUMBER_BEHIND}", " -"),
        (rf"\b({_LEADS_TO}) \((?=[ (]*[0-9])", r"\1: ("),  # which is (2 + 3)*4
        (r"(?<=[A-Za-z])/(?= ?[0-9(])", " / "),
        (r"(?<![0-9]) per [A-Za-z]+", " "),
        (r" ?/ ?(?!sqrt\(|abs\()[A-Za-z]{2,}", " "),  # $5/hour
    )
]


def plain_lines(step: str) -> list[str]:
    """The step's sentences, displays and list items with every sign that is read written out."""
    for broken, whole in _UNESCAPED.items():
        step = step.replace(broken, whole)
    step = step.translate(_FRACTIONS)
    latex = "\\" in step
    lines: list[str] = []
    for part in _DISPLAY.split(step):
        for line in plain_text(part).split("\n") if latex else [part]:
            line = "".join(map(_visible, line))
            for pattern, replacement in _REWRITES:
                line = pattern.sub(replacement, line)
            line = line.strip()
            if line.startswith("=") and lines:
                lines[-1] += " " + line  # a display that goes on
            elif line:
                lines.append(line)
    return lines


def _visible(letter: str) -> str:
    """The letter, or a sign that has no place in arithmetic where it would hide or reorder what it stands in."""
    return letter if letter.isprintable() else " " if letter.isspace() else HIDDEN
