"""Publishing to the Hugging Face Hub: what differs is uploaded, one commit makes it all the state, a tag names it.

Whoever loads the dataset meanwhile gets the version before as a whole, and each version stays loadable by its tag:
`load_dataset("me/backmath", "backward", revision="1.0.0")`.
"""

from collections.abc import Callable, Iterable, Mapping
from hashlib import sha1
from pathlib import Path
from typing import TYPE_CHECKING

from curation.errors import PublishError
from curation.releases.tables import sha256

if TYPE_CHECKING:
    from huggingface_hub.hf_api import RepoFile

PREFIX = "hf://datasets/"


def commit(
    target: str,
    version: str,
    place: Path,
    files: Mapping[str, int],
    stale: Iterable[str],
    advance: Callable[[int], None],
    stopping: Callable[[], bool],
) -> int:
    """Make a dataset on the Hub what the files below `place` are, given with their sizes; return how many were sent.

    A repository that is not there yet is made. A large file is sent by itself before the commit: cut short, the next
    call does not send it again. The `stale` files go. Raises PublishError, and the client's own errors.
    """
    from huggingface_hub import CommitOperationAdd, CommitOperationCopy, CommitOperationDelete, HfApi, get_token
    from huggingface_hub.hf_api import RepoFile
    from huggingface_hub.utils.tqdm import disable_progress_bars

    name = _name(target)
    if get_token() is None:
        raise PublishError(
            f"{target} cannot be written to without a token; nothing was copied. Next: set HF_TOKEN to one that may "
            "write, or run `hf auth login`"
        )
    disable_progress_bars()  # ours counts the whole
    api = HfApi()
    api.create_repo(name, repo_type="dataset", exist_ok=True)
    listed = api.list_repo_tree(name, repo_type="dataset", recursive=True)
    there = {each.path: each for each in listed if isinstance(each, RepoFile)}
    additions: list[CommitOperationAdd] = []
    for path, size in files.items():
        if stopping():
            return len(additions)
        if not _is_same(there.get(path), place / path):
            addition = CommitOperationAdd(path, str(place / path))
            api.preupload_lfs_files(name, [addition], repo_type="dataset", free_memory=False)
            additions.append(addition)
        advance(size)
    operations: list[CommitOperationAdd | CommitOperationDelete | CommitOperationCopy] = [*additions]
    operations += (CommitOperationDelete(path) for path in stale if path in there)
    if operations:
        api.create_commit(name, operations, commit_message=f"Release {version}", repo_type="dataset")
    api.create_tag(name, tag=version, repo_type="dataset", exist_ok=True)
    return len(additions)


def _name(target: str) -> str:
    """The name of the dataset: `me/backmath` of `hf://datasets/me/backmath`."""
    name = target.removeprefix(PREFIX).rstrip("/")
    if name.count("/") != 1 or "@" in name:
        raise PublishError(f"{target} is no dataset of the hub, like {PREFIX}me/backmath; nothing was copied")
    return name


def _is_same(there: "RepoFile | None", path: Path) -> bool:
    """Whether the Hub has the file as it is: by its SHA-256 where it is large, by git's hash of it where it is not."""
    if there is None or there.size != path.stat().st_size:
        return False
    if there.lfs is not None:
        return bool(there.lfs.sha256 == sha256(path))
    content = path.read_bytes()
    return bool(there.blob_id == sha1(b"blob %d\0%b" % (len(content), content)).hexdigest())
