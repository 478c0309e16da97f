"""Evaluation: sets read, a model asked, answers graded, and what they come to written into a run.

`answers.jsonl` is complete before anything is computed from it, so every figure of `evaluation.json` can be computed
again from the files of the run alone.
"""

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from pydantic import ValidationError

from schemas.evaluation import Answered, Evaluation, FirstErrors, QuestionKind
from training.configurations.evaluation import EvaluationConfiguration
from training.configurations.reading import read as read_configuration
from training.errors import EvaluationError, ModelError
from training.evaluation import best_of_n, lines, paired, sampling
from training.evaluation.process_bench import first_errors
from training.evaluation.provenance import decontaminated, trained_on
from training.evaluation.question_set import QuestionSet
from training.evaluation.sampling import Answerer, Connect
from training.evaluation.sets import RELEASE, load
from training.evaluation.step_scores import ScorerKind, Solved, scored
from training.evaluation.summary import Row, Sampled, summary
from training.failures import analysis as failures
from training.runs import CONFIGURATION_NAME, Run, record, running
from training.stages import TINY
from training.watch import Watch

if TYPE_CHECKING:
    from training.release import Release

EVALUATION_NAME = "evaluation.json"

_SETTINGS = ("limit", "samples", "temperature", "max_tokens", "batch_size", "precision")
_OF_KIND: dict[QuestionKind, ScorerKind] = {"forward": "prm", "backward": "backprm"}


def evaluate(
    workspace: Path,
    configuration: EvaluationConfiguration,
    *,
    model: str,
    watch: Watch,
    connect: Connect | None = None,
    against: Sequence[str] = (),
    name: str | None = None,
    resume: bool = False,
    within: str | None = None,
    began: Callable[[Run, Sequence[QuestionSet]], None] = lambda run, sets: None,
) -> Evaluation:
    """Evaluate a model on sets, as a run of the workspace, or go on with the run `name`.

    `model` is a path or a name of the hub, or what the endpoint calls it, which `connect` then makes ready; it may be
    empty where no set has questions. `against` are runs whose answers these are compared with. Raises TrainingError,
    the ModelError of an endpoint, and CurationError where a release is missing or damaged; what was answered is kept.
    """
    others = {each: answers(workspace, each) for each in against}
    release = _release(workspace, configuration)
    releases = trained_on(workspace, model) if not connect else []
    drawn = [load(each, release).drawn(configuration.limit, configuration.seed) for each in configuration.on]
    sets = [decontaminated(each, releases) for each in drawn]
    _check(sets, model, configuration)
    if model and not connect:
        _check_path(model)
    with running(
        workspace,
        "evaluate",
        configuration,
        base=model or configuration.prm,
        release=release.version if release else None,
        manifest_sha256=release.manifest_sha256 if release else None,
        rewards={kind: path for kind, path in _scorers(configuration).items() if path},
        name=name,
        resume=resume,
        within=within,
    ) as run:
        began(run, sets)
        run.note(used={each.about.name: each.about.asked for each in sets})
        questions = [question for each in sets for question in each.questions]
        wanted = sampling.tasks(questions, configuration.samples)
        rows = asyncio.run(
            sampling.ask(run.folder, wanted, connect or _local(workspace, model, configuration, run), watch)
        )
        sampled = _sampled(run.folder, rows, configuration, watch)
        evaluation = Evaluation(
            run=run.record.name,
            model=model,
            base_url=configuration.base_url or None,
            release=releases[0].version if releases else None,
            sets=tuple(each.about for each in sets),
            results=tuple(
                summary(rows, *of, sampled, configuration.seed)
                for of in dict.fromkeys((each.set, each.kind) for each in questions)
            ),
            first_errors=tuple(_first_errors(run.folder, each, configuration, watch) for each in sets if each.marked),
            comparisons=paired.compared(rows, others, configuration.seed) if others else (),
            settings={field: getattr(configuration, field) for field in _SETTINGS},
            seed=configuration.seed,
        )
        _write(run.folder, evaluation)
        if rows:
            failures.write(run.folder, failures.analyse(run.record.name, rows, others, configuration.seed))
    return evaluation


def compare(workspace: Path, name: str, against: Sequence[str]) -> Evaluation:
    """Compare a run that is done with others, and write that into its `evaluation.json`. Raises TrainingError."""
    rows = answers(workspace, name)
    before = read(workspace, name)
    others = {each: answers(workspace, each) for each in against}
    comparisons = paired.compared(rows, others, before.seed)
    after = before.model_copy(update={"comparisons": comparisons})
    _write(workspace / "runs" / name, after)
    failures.write(workspace / "runs" / name, failures.analyse(name, rows, others, before.seed))
    return after


def begun(workspace: Path, name: str) -> tuple[str, EvaluationConfiguration]:
    """The model of a run, and what it was begun with. Raises RunError or ConfigurationError where it cannot be read."""
    folder = _folder(workspace, name)
    configuration = read_configuration(EvaluationConfiguration, "evaluate", None, folder / CONFIGURATION_NAME, {})
    model = record(workspace, name).base
    return "" if model == configuration.prm else model, configuration


def is_done(workspace: Path, name: str) -> bool:
    """Whether a run went to its end. Raises RunError where there is no such run."""
    return record(workspace, name).state == "done"


def read(workspace: Path, name: str) -> Evaluation:
    """The evaluation of a run that is done. Raises RunError where there is no such run, EvaluationError else."""
    file = _folder(workspace, name) / EVALUATION_NAME
    try:
        return Evaluation.model_validate_json(file.read_bytes())
    except (OSError, ValidationError) as error:
        raise EvaluationError(f"{file} cannot be read ({type(error).__name__}); nothing was done") from error


def answers(workspace: Path, name: str) -> list[Answered]:
    """The answers of a run. Raises RunError where there is no such run, EvaluationError where it has none."""
    found = lines.read(_folder(workspace, name) / sampling.ANSWERS_NAME, Answered)
    if not found:
        raise EvaluationError(f"run {name} has no answers yet, so there is nothing to compare with; nothing was done")
    return found


def _folder(workspace: Path, name: str) -> Path:
    found = record(workspace, name)
    if found.stage != "evaluate":
        raise EvaluationError(f"run {name} is one of {found.stage}, not of evaluate; nothing was done")
    return workspace / "runs" / name


def _release(workspace: Path, configuration: EvaluationConfiguration) -> "Release | None":
    if not any(each.startswith(RELEASE) for each in configuration.on):
        return None
    from training.release import Release

    return Release(workspace, configuration.release or None)


def _check(sets: Sequence[QuestionSet], model: str, configuration: EvaluationConfiguration) -> None:
    """Raise ModelError where a set needs a model that is not named, EvaluationError where a set is given twice."""
    names = [each.about.name for each in sets]
    if twice := next((name for name in names if names.count(name) > 1), None):
        raise EvaluationError(f"set {twice} is named twice; nothing was asked")
    if not model and (asked := next((each.about.name for each in sets if each.questions), None)):
        raise ModelError(f"set {asked} asks a model, and none is named; nothing was asked. Next: --model PATH")
    if not configuration.prm and (marked := next((each.about.name for each in sets if each.marked), None)):
        raise ModelError(f"set {marked} is for a PRM, and none is named; nothing was scored. Next: --prm PATH")


def _check_path(model: str) -> None:
    """Raise ModelError for a path that is no model, so that nobody waits until the hub does not know it either."""
    path = Path(model)
    if path.is_dir() and not (path / "config.json").exists():
        raise ModelError(f"{model} is no model that can be loaded: it has no config.json; nothing was asked")
    if not path.exists() and (path.is_absolute() or path.suffix == ".gguf" or len(path.parts) > 2):
        raise ModelError(f"there is no {model}; nothing was asked")


def _local(workspace: Path, model: str, configuration: EvaluationConfiguration, run: Run) -> Connect:
    @asynccontextmanager
    async def loaded() -> AsyncIterator[Answerer]:
        from training import tiny
        from training.evaluation.local import LocalModel
        from training.release import Release

        path = model
        if model == TINY:
            path = tiny.made_once(run.folder / "base", Release(workspace), configuration.seed)
        answerer = LocalModel(path, configuration)
        run.note(parameters=sum(weights.numel() for weights in answerer.model.parameters()))
        yield answerer

    return loaded


def _sampled(folder: Path, rows: Sequence[Answered], configuration: EvaluationConfiguration, watch: Watch) -> Sampled:
    """The groups of equal samples, and the scores of samples by the process reward models that are named."""
    of_question: dict[Row, list[Answered]] = {}
    for row in sorted(rows, key=lambda row: row.sample):
        if row.sample:
            of_question.setdefault((row.set, row.row_id), []).append(row)
    groups = asyncio.run(sampling.groups(list(of_question.values())))
    scores: dict[QuestionKind, tuple[str, Mapping[Row, best_of_n.Scores]]] = {}
    for kind, scorer in _OF_KIND.items():
        path = _scorers(configuration)[scorer]
        samples = [
            row
            for each in of_question.values()
            for row in each
            if row.kind == kind and (kind == "forward" or row.original_question)
        ]
        if path and samples:
            solved = [Solved((row.set, row.row_id, row.sample), *best_of_n.steps(row)) for row in samples]
            found = scored(folder, path, scorer, solved, configuration.precision, watch)
            scores[kind] = path, _of_questions(found)
    return Sampled(dict(zip(of_question, groups, strict=True)), scores)


def _of_questions(found: Mapping[sampling.Key, Sequence[float]]) -> dict[Row, dict[int, Sequence[float]]]:
    of_question: dict[Row, dict[int, Sequence[float]]] = {}
    for (set_, row_id, sample), scores in found.items():
        of_question.setdefault((set_, row_id), {})[sample] = scores
    return of_question


def _first_errors(
    folder: Path, found: QuestionSet, configuration: EvaluationConfiguration, watch: Watch
) -> FirstErrors:
    name = found.about.name
    solved = [Solved((name, each.row_id, 0), each.problem, each.steps) for each in found.marked]
    scores = scored(folder, configuration.prm, "prm", solved, configuration.precision, watch)
    return first_errors(
        name, configuration.prm, found.marked, [scores[each.key] for each in solved], configuration.seed
    )


def _scorers(configuration: EvaluationConfiguration) -> dict[ScorerKind, str]:
    return {"prm": configuration.prm, "backprm": configuration.backprm}


def _write(folder: Path, evaluation: Evaluation) -> None:
    part = folder / f"{EVALUATION_NAME}.part"
    part.write_text(evaluation.model_dump_json(indent=2) + "\n", encoding="utf-8")
    part.replace(folder / EVALUATION_NAME)
