"""What can go wrong with a wording."""


class NotWordableError(ValueError):
    """The question cannot be put in this wording, whatever a model wrote; the message says why."""
