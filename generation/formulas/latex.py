"""LaTeX solutions as plain lines, so that their calculations are read like any other text."""

import re

_FRACTION = re.compile(r"\\[dt]?frac\s*(?:\{([^{}]*)\}|(\d))\s*(?:\{([^{}]*)\}|(\d))")
_ROOT = re.compile(r"\\sqrt\s*\{([^{}]*)\}")
_WRAPPER = re.compile(r"\\(?:text|textbf|textit|mathrm|mbox|boxed|fbox|mathbf|emph)\s*\{([^{}]*)\}")
_POWER = re.compile(r"\^\s*\{([^{}]*)\}")
_SIGNS = {
    r"\cdot": "*",
    r"\times": "*",
    r"\div": "/",
    r"\left": "",
    r"\right": "",
    r"\$": "$",
    r"\%": "%",
    "{,}": ",",
    r"\!": "",
    r"\,": " ",
    r"\;": " ",
    r"\ ": " ",
    "~": " ",
    "&": "",
    r"\dollar": "$",
    r"\Rightarrow": "\n",
    r"\implies": "\n",
    r"\qquad": "\n",
    r"\quad": "\n",
}
_SIGN = re.compile("|".join(re.escape(sign) for sign in sorted(_SIGNS, key=len, reverse=True)))
_SENTENCE = re.compile(r"(?<=[^\d\s])\.\s+|(?<=\d)\.\s+(?=[A-Z])")
_DELIMITER = re.compile(r"\\\[|\\\]|\\\(|\\\)|(?<!\\)\$\$?")
_ROUNDS = 4
"""How deep fractions, roots and wrappers may stand inside one another."""


def plain_text(latex: str) -> str:
    """The text with fractions, roots, powers and signs in plain infix, each sentence and display on its own line."""
    text = _DELIMITER.sub(" ", latex.replace("\n", " ")).replace(r"\\", "\n")
    text = _SIGN.sub(lambda match: _SIGNS[match[0]], text)
    for _ in range(_ROUNDS):
        text = _POWER.sub(r"^(\1)", text)
        text = _FRACTION.sub(lambda m: f"(({m[1] or m[2]})/({m[3] or m[4]}))", text)
        text = _ROOT.sub(r"sqrt(\1)", text)
        text = _WRAPPER.sub(r" \1 ", text)
    return _SENTENCE.sub(".\n", text)
