"""What can go wrong in training and evaluation: each message is one line with the state left behind and what to do."""


class TrainingError(Exception):
    """An error that the user can act on; its message is one line."""


class ExtraMissingError(TrainingError):
    """The packages of an extra are not installed."""


class ConfigurationError(TrainingError):
    """A recipe or configuration file cannot be read, or says something that is not known."""


class ConfigMissingError(TrainingError):
    """The release has no rows of the config that is asked for."""


class RowsError(TrainingError):
    """Rows of a release cannot be trained on, as where labels do not match the steps."""


class ModelError(TrainingError):
    """A model or tokenizer cannot be loaded, or lacks what this training needs."""


class RunError(TrainingError):
    """A run's folder is missing, taken, or of another configuration."""


class NotFiniteError(TrainingError):
    """The loss became NaN or infinite; the last checkpoint is from before it."""


class OutOfMemoryError(TrainingError):
    """A batch did not fit into memory; the last checkpoint stays."""


class StoppedError(TrainingError):
    """Asked to stop; a checkpoint was written."""


class EvaluationError(TrainingError):
    """An evaluation set cannot be read, or a model to evaluate does not answer."""
