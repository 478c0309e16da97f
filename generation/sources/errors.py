"""What can go wrong while a source is read: with the whole of it, or with one row."""


class SourceError(ValueError):
    """The source cannot be read; one line that names the value at fault and what would do instead."""


class RowError(ValueError):
    """The row cannot become a problem; the message is the reason."""
