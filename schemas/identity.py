"""Content ids: the same content has the same id, on any machine, in any run."""

import hashlib


def content_id(*parts: str) -> str:
    """Return 16 hex digits of SHA-256 over the parts, each preceded by its length.

    The lengths keep ("ab", "c") and ("a", "bc") apart. 64 bits: at ten million rows the chance of one
    collision is about 3 in a million.
    """
    if "".join(parts).isascii():  # as nearly all are: then characters are bytes, and one encoding does
        data = "".join([f"{len(part)}:{part}" for part in parts]).encode()
    else:
        encoded = [part.encode("utf-8", "surrogatepass") for part in parts]
        data = b"".join([b"%d:%b" % (len(part), part) for part in encoded])
    return hashlib.sha256(data).hexdigest()[:16]
