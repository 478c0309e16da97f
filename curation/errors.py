"""What can go wrong in the store and around it: each message is one line with the state left behind and what to do."""


class CurationError(Exception):
    """An error that the user can act on; its message is one line."""


class StoreMissingError(CurationError):
    """There is no store in the workspace yet."""


class StoreBusyError(CurationError):
    """Another process kept the store's file open for longer than we wait."""


class StoreNewerError(CurationError):
    """The store was written by a newer version of backmath or of DuckDB."""


class StoreCorruptError(CurationError):
    """The store's file is not a DuckDB database, or is damaged."""


class StoreReadOnlyError(CurationError):
    """The workspace cannot be written to."""


class StoreFullError(CurationError):
    """There was no room for a write; the store is as it was before it."""


class StoreInputOutputError(CurationError):
    """The operating system refused to read or write the store for another reason."""


class AlreadyRunningError(CurationError):
    """A run of the same command is going on in the workspace."""


class PolicyError(CurationError):
    """A policy file cannot be read, or says something that is not known."""


class UnknownCandidateError(CurationError):
    """No candidate has this id."""


class AmbiguousCandidateError(CurationError):
    """Several candidates' ids begin like this."""


class ExportError(CurationError):
    """The file cannot be written, or is there already."""


class ReportError(CurationError):
    """The report's file cannot be written."""


class ArgillaUnreachableError(CurationError):
    """No Argilla answers at the address, or it stopped answering."""


class ArgillaRefusedError(CurationError):
    """Argilla does not know the key, or the key's user may not do this."""


class ArgillaVersionError(CurationError):
    """What answers is another version of Argilla than we can talk to, or no Argilla."""


class ArgillaDatasetError(CurationError):
    """A workspace or dataset in Argilla was deleted, or is not as we made it."""


class GoldFileError(CurationError):
    """A file of gold questions cannot be read, or names what is not known."""


class ServerEnvironmentError(CurationError):
    """The environment of Argilla's server cannot be made here."""


class ReviewServerError(CurationError):
    """Argilla's server cannot start, or has ended by itself."""


class CredentialsError(CurationError):
    """The file of Argilla's accounts cannot be read, is open to others, or an account cannot be made."""


class WebhookError(CurationError):
    """The address for a webhook is none, or cannot be listened on."""


class ReleaseMissingError(CurationError):
    """There is no release of this version, or none at all."""


class ReleaseDamagedError(CurationError):
    """A file of a release is missing, or not as it was made."""


class ReleaseRefusedError(CurationError):
    """A release would break a licence, leak over its splits, or fall short of a demanded precision; or it exists."""


class PublishError(CurationError):
    """The place to publish to cannot be reached or written to."""


class EvaluationSetError(CurationError):
    """A file of an evaluation set cannot be read, or has no questions."""
