"""Where words stand in a text, however its spaces, its case and its quotation marks are."""

import re

_STRAIGHT = str.maketrans("’‘“”–—−\u00a0", "''\"\"--- ")
_SPACES = re.compile(r"\s+")


class Text:
    """A text in which words are looked for."""

    def __init__(self, text: str) -> None:
        plain = "".join(small if len(small := sign.lower()) == 1 else sign for sign in text.translate(_STRAIGHT))
        self._offsets: list[int] = []  # of each character of the squeezed text in the text itself
        end = 0
        parts = []
        for gap in _SPACES.finditer(plain):
            parts.append(plain[end : gap.start()])
            self._offsets += range(end, gap.start() + 1)
            end = gap.end()
        self._squeezed = " ".join([*parts, plain[end:]])
        self._offsets += range(end, len(plain))

    def places(self, words: str) -> list[tuple[int, int]]:
        """The spans in which the words stand, never inside a word or a number: `5` does not stand in 15, 5.2 or 5a."""
        wanted = " ".join(words.translate(_STRAIGHT).lower().split())
        found = []
        start = self._squeezed.find(wanted) if wanted else -1
        while start >= 0:
            end = start + len(wanted)
            if not (wanted[0].isalnum() and self._goes_on_before(start)) and not (
                wanted[-1].isalnum() and self._goes_on_behind(end)
            ):
                found.append((self._offsets[start], self._offsets[end - 1] + 1))
            start = self._squeezed.find(wanted, start + 1)
        return found

    def _goes_on_before(self, start: int) -> bool:
        before = self._squeezed[max(start - 1, 0) : start]
        return before.isalnum() or before in ("_", ".")

    def _goes_on_behind(self, end: int) -> bool:
        behind = self._squeezed[end : end + 2]
        return behind[:1].isalnum() or behind[:1] == "_" or (behind[:1] == "." and behind[1:].isdigit())
