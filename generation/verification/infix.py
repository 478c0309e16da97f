"""Plain infix from LaTeX arithmetic: what the bounded parser reads, with every multiplication written out."""

import re
from dataclasses import dataclass

from generation.verification.notation import AmbiguousError, UnreadableError

MAX_NESTING = 20
"""Groups, brackets and arguments inside one another."""
GREEK = frozenset(
    re.findall(
        "[A-Za-z]+",
        "alpha beta gamma delta epsilon varepsilon zeta eta theta vartheta kappa lambda mu nu xi rho sigma tau phi "
        "varphi chi psi omega Gamma Delta Theta Lambda Xi Sigma Phi Psi Omega pi",
    )
)
"""The commands that are names of quantities; `pi` is the number."""

_TOKEN = re.compile(
    r"\s*(?:(?P<number>[0-9]+(?:\.[0-9]*)?|\.[0-9]+)|\\(?P<command>[A-Za-z]+)|(?P<word>sqrt|pi|abs)(?![A-Za-z])"
    r"|(?P<letter>[A-Za-z])|(?P<sign>[-+*/^_{}()\[\]|']))"
)
_FUNCTION_NAMES = frozenset("fghFGHPQ")


@dataclass(frozen=True, slots=True)
class Infix:
    """Plain infix and the names in it; `pi`, `e` and `i` are names like any other."""

    text: str
    names: frozenset[str]


def infix(text: str) -> Infix:
    r"""Plain infix of LaTeX or plain arithmetic: `2\frac{1}{2}` is `(2+1/2)`, `3\sqrt2 x` is `3*sqrt(2)*x`.

    Covers numbers, letters with subscripts, Greek letters, `+ - * / ^`, fractions, roots, brackets and `|x|`.
    Raises AmbiguousError for `1/2x`, `5x3` and the like, UnreadableError for all other notation.
    """
    reader = _Reader(text)
    result = reader.sum(0)
    if reader.kind is not None:
        raise UnreadableError(f"{reader.token!r} has no place here")
    return Infix(result, frozenset(reader.names))


class _Reader:
    """Recursive descent over one text; each method returns the plain infix of what it has read."""

    def __init__(self, text: str) -> None:
        self.text, self.position, self.names, self.in_bars = text, 0, set[str](), False
        self.kind: str | None = None
        self.token = ""
        self.advance()

    def advance(self) -> None:
        match = _TOKEN.match(self.text, self.position)
        if match is None:
            rest = self.text[self.position :].strip()
            if rest:
                raise UnreadableError(f"{rest[:20]!r} cannot be read")
            self.kind, self.token = None, ""
            return
        self.kind = match.lastgroup
        self.token = match[self.kind or 0]
        self.position = match.end()

    def accept(self, *tokens: str) -> bool:
        if self.kind == "sign" and self.token in tokens:
            self.advance()
            return True
        return False

    def expect(self, token: str) -> None:
        if not self.accept(token):
            raise UnreadableError(f"{token!r} is missing")

    def sum(self, depth: int) -> str:
        if depth > MAX_NESTING:
            raise UnreadableError(f"nested more than {MAX_NESTING} deep")
        result = self.product(depth)
        while self.kind == "sign" and self.token in "+-":
            sign = self.token
            self.advance()
            result += sign + self.product(depth)
        return result

    def product(self, depth: int) -> str:
        result, divided = "", False
        if self.kind == "sign" and self.token in "+-":
            result += self.token
            self.advance()
        result += self.power(depth)
        while True:
            if self.accept("*") or self.accept_command("cdot"):
                result += "*" + self.signed(depth)
                divided = False
            elif self.accept("/"):
                result += "/" + self.signed(depth)
                divided = True
            elif self.starts_factor():
                if divided:
                    raise AmbiguousError("a product behind a slash, without brackets")
                if self.kind == "number":
                    raise AmbiguousError("a number behind a factor, with no sign between them")
                result += "*" + self.power(depth)
            else:
                return result

    def accept_command(self, name: str) -> bool:
        if self.kind == "command" and self.token == name:
            self.advance()
            return True
        return False

    def starts_factor(self) -> bool:
        if self.kind == "sign":
            return self.token in "({[" or (self.token == "|" and not self.in_bars)
        return self.kind is not None and not (self.kind == "command" and self.token == "cdot")

    def signed(self, depth: int) -> str:
        if self.accept("-"):
            return f"(-{self.power(depth)})"
        self.accept("+")
        return self.power(depth)

    def power(self, depth: int) -> str:
        base = self.atom(depth)
        if self.accept("^"):
            return f"({base})^({self.argument(depth)})"
        return base

    def argument(self, depth: int) -> str:
        """A group, or one letter, command or number; the number may have a sign and more digits than TeX takes."""
        if self.accept("{"):
            result = self.sum(depth + 1)
            self.expect("}")
            return result
        if self.accept("-"):
            return f"-{self.atom(depth + 1)}"
        return self.atom(depth + 1)

    def digit_argument(self, depth: int) -> str:
        r"""An argument of `\frac` or `\sqrt`: of a bare number, TeX takes the first digit only, as in `\frac12`."""
        if self.kind == "number":
            digit, self.position = self.token[0], self.position - len(self.token) + 1
            self.advance()
            return digit
        return self.argument(depth)

    def atom(self, depth: int) -> str:
        kind, token = self.kind, self.token
        if kind == "number":
            self.advance()
            if self.kind == "command" and self.token == "frac":
                return self.mixed(token, depth)
            return token
        if kind == "letter":
            return self.letter()
        if kind == "word" or kind == "command":
            self.advance()
            return self.command(token, depth)
        for opening, closing in ("()", "[]", "{}"):
            if self.accept(opening):
                result = self.sum(depth + 1)
                self.expect(closing)
                return f"({result})"
        if not self.in_bars and self.accept("|"):
            self.in_bars = True
            result = self.sum(depth + 1)
            self.expect("|")
            self.in_bars = False
            return f"abs({result})"
        raise UnreadableError(f"unexpected {token!r}" if kind else "the text ends too early")

    def letter(self) -> str:
        name = self.token
        self.advance()
        if self.accept("_"):
            braced = self.accept("{")
            part = self.token
            if self.kind not in ("number", "letter") or "." in part:
                raise UnreadableError("a subscript that is no plain name")
            self.advance()
            if braced:
                self.expect("}")
            name += f"_{part}"
        elif self.kind == "sign" and self.token == "(" and name in _FUNCTION_NAMES:
            raise UnreadableError(f"{name} may be a function")
        self.names.add(name)
        return name

    def command(self, name: str, depth: int) -> str:
        if name in GREEK:
            self.names.add(name)
            return name
        if name == "frac":
            return f"(({self.digit_argument(depth)})/({self.digit_argument(depth)}))"
        if name == "sqrt":
            if self.accept("["):
                degree = self.sum(depth + 1)
                self.expect("]")
                return f"({self.digit_argument(depth)})^(1/({degree}))"
            return f"sqrt({self.digit_argument(depth)})"
        if name == "abs" and self.kind == "sign" and self.token == "(":
            return f"abs{self.atom(depth)}"
        raise UnreadableError(f"{name} is no plain arithmetic")

    def mixed(self, whole: str, depth: int) -> str:
        r"""`2\frac{1}{2}` is a mixed number; `2\frac{x}{2}` and `2\frac{5}{2}` are products."""
        self.advance()
        top, bottom = self.digit_argument(depth), self.digit_argument(depth)
        if whole.isdigit() and top.isdigit() and bottom.isdigit():
            if int(top) < int(bottom):
                return f"({whole}+{top}/{bottom})"
            raise AmbiguousError("a number before a fraction that is no part of one")
        return f"{whole}*(({top})/({bottom}))"
