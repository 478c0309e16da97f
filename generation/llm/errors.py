"""What can go wrong with a model: for one call, or for the whole run."""


class InvalidReplyError(ValueError):
    """The reply's text is not what was asked for; the message says why. Raised by those who read replies."""


class CallFailedError(Exception):
    """No usable answer to one request could be had: the row fails with this reason, the rest goes on.

    `paid` is true where the model answered, and its answers were no use: asking the same again would change nothing.
    """

    def __init__(self, reason: str, *, paid: bool) -> None:
        super().__init__(reason)
        self.paid = paid


class ModelError(Exception):
    """No call to this model can succeed: one line that says which thing is wrong and what to do."""


class WrongKeyError(ModelError):
    """The server refuses the key."""


class UnknownModelError(ModelError):
    """The server does not have the model."""


class IgnoredSchemaError(ModelError):
    """The server binds no answer to the schema, and the model does not keep to it by itself."""


class UnreachableError(ModelError):
    """Nothing answers at the address."""


class UnknownPriceError(ModelError):
    """A budget was set, and what a call costs is not known."""


class StoppedError(ModelError):
    """The run was asked to stop: nothing more is sent."""


class BudgetReachedError(ModelError):
    """The next call could pass the budget, so it was not sent."""
