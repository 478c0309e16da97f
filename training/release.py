"""The release that is trained on: its rows, read from its Parquet files."""

from pathlib import Path

from datasets import Dataset, load_dataset

from curation.releases import shelf
from curation.releases.tables import sha256
from curation.store import Store
from schemas.published import Config, Split
from schemas.release import Manifest
from training.errors import ConfigMissingError


class Release:
    """A version in a workspace, whose files were found to be as the manifest says.

    Raises ReleaseMissingError where there is no such version, ReleaseDamagedError where a file of it was changed.
    """

    def __init__(self, workspace: Path, version: str | None = None) -> None:
        store = Store(workspace)
        with store.connect(read_only=True) as connection:
            self.manifest: Manifest = shelf.manifest(connection, version)
        shelf.verify(store, self.manifest)
        self.folder = shelf.folder(store, self.manifest.version)
        self.manifest_sha256 = sha256(self.folder / shelf.MANIFEST_NAME)

    @property
    def version(self) -> str:
        return self.manifest.version

    def rows(self, config: Config, split: Split, most: int = 0) -> Dataset:
        """The rows of a config in a split, the first `most` of them where it is not 0.

        Raises ConfigMissingError where there are none.
        """
        files = sorted(file.path for file in self.manifest.files if file.path.startswith(f"{config}/{split}"))
        counted = sum(count.rows for count in self.manifest.counts if (count.config, count.split) == (config, split))
        if not files or not counted:
            filled = sorted({count.config for count in self.manifest.counts if count.split == split and count.rows})
            raise ConfigMissingError(
                f"release {self.version} has no rows of {config} in {split}, only of {', '.join(filled) or 'nothing'}; "
                "nothing was trained. Next: backmath status"
            )
        rows = load_dataset("parquet", data_files=[str(self.folder / file) for file in files], split="train")
        return rows.select(range(min(most or len(rows), len(rows))))
