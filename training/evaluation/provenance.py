"""Provenance: which releases a model of this workspace was trained on, and whether they were held against a set."""

from collections.abc import Sequence
from pathlib import Path

from curation.releases import shelf
from curation.releases.contamination import set_name
from curation.store import Store
from schemas.release import Manifest
from schemas.training import TrainingRun
from training import runs
from training.evaluation.question_set import QuestionSet
from training.evaluation.sets import KNOWN, MARKED, RELEASE


def located(workspace: Path, name: str) -> str:
    """The model's path where the name is that of a run of the workspace, else the name."""
    folder = workspace / "runs" / name / "model"
    return str(folder) if name and Path(name).name == name and folder.is_dir() else name


def trained_on(workspace: Path, model: str) -> list[Manifest]:
    """The releases that a model was trained on, the last one first: its run's, and those of the runs before it.

    Nothing where it is no run of the workspace.
    """
    known = {str((workspace / "runs" / each.name / "model").resolve()): each for each in runs.records(workspace)}
    versions: list[str] = []
    place = str(Path(model).resolve())
    while place in known:
        record: TrainingRun = known.pop(place)  # so that a run that names itself ends this
        if record.release and record.release not in versions:
            versions.append(record.release)
        place = str(Path(record.base).resolve())
    if not versions:
        return []
    with Store(workspace).connect(read_only=True) as connection:
        return [shelf.manifest(connection, version) for version in versions]


def decontaminated(found: QuestionSet, releases: Sequence[Manifest]) -> QuestionSet:
    """The set, with whether all of the releases were held against it; as it is where there are none.

    A split of a release is never in what any release of the workspace trains on: a problem does not change sides.
    """
    if not releases:
        return found
    names = {set_name(file) for file in _files(found)}
    checked = found.about.name.startswith(RELEASE) or all(names & set(each.evaluation_sets) for each in releases)
    about = found.about.model_copy(update={"decontaminated": "checked" if checked else "unchecked"})
    return QuestionSet(about, found.questions, found.marked, found.file)


def _files(found: QuestionSet) -> list[Path]:
    """The file that was read, and the one that a known set has in the data folder."""
    name = found.about.name
    known = KNOWN[name].file if name in KNOWN else MARKED[name][0] if name in MARKED else None
    return [file for file in (found.file, Path(known) if known else None) if file]
