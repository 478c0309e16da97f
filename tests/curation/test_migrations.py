"""The schema: the same from a blank file and from every earlier schema, and documented where users look."""

from pathlib import Path

import duckdb
import pytest

from curation.errors import StoreNewerError
from curation.migrations.migrate import MIGRATIONS, migrate, pending
from curation.store import Store
from tests.curation import made


def schema(path: Path) -> list[tuple[str, ...]]:
    with duckdb.connect(path, read_only=True) as connection:
        return connection.execute(
            "SELECT table_name, column_name, data_type, is_nullable FROM duckdb_columns() WHERE NOT internal "
            "ORDER BY ALL"
        ).fetchall()


def names(path: Path) -> list[str]:
    with duckdb.connect(path, read_only=True) as connection:
        return [name for (name,) in connection.execute("SELECT name FROM migrations ORDER BY rowid").fetchall()]


def at_schema(folder: Path, count: int) -> Store:
    """A store as the version with the first `count` migrations left it."""
    folder.mkdir()
    store = Store(folder)
    with duckdb.connect(store.path) as connection:
        connection.execute("CREATE TABLE migrations (name VARCHAR NOT NULL, applied_at TIMESTAMP NOT NULL)")
        for migration in MIGRATIONS[:count]:
            migration(connection)
            connection.execute("INSERT INTO migrations VALUES (?, now()::TIMESTAMP)", [migration.__name__])
    return store


def test_migrations_are_numbered_in_their_order() -> None:
    assert [migration.__name__[:5] for migration in MIGRATIONS] == [f"m{n:03}_" for n in range(1, len(MIGRATIONS) + 1)]


@pytest.mark.parametrize("count", range(len(MIGRATIONS) + 1))
@pytest.mark.parametrize("read_only", [True, False])
def test_every_earlier_schema_becomes_the_same_as_a_blank_file(count: int, read_only: bool, tmp_path: Path) -> None:
    blank = made.ingested(tmp_path / "blank")
    earlier = at_schema(tmp_path / "earlier", count)
    with earlier.connect(read_only=read_only) as connection:
        assert pending(connection) == []
    assert schema(earlier.path) == schema(blank.path)
    assert names(earlier.path) == names(blank.path) == [migration.__name__ for migration in MIGRATIONS]


def test_rows_of_the_first_schema_stay(tmp_path: Path) -> None:
    store = at_schema(tmp_path / "first", 1)
    problem = made.problem(1)
    with duckdb.connect(store.path) as connection:
        connection.execute(
            "INSERT INTO problems VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, 'r')", [problem.id, *problem.model_dump().values()]
        )
    made.derived(store, made.derivation(problem))
    assert made.query(store, "SELECT DISTINCT problem_id, decision FROM candidate_overview") == [(problem.id, "accept")]


def test_migrating_twice_changes_nothing(tmp_path: Path) -> None:
    store = made.ingested(tmp_path, made.problem(1))
    before = made.contents(store)
    with store.connect() as connection:
        migrate(connection)
    assert made.contents(store) == before


def test_a_store_of_a_newer_version_is_refused_and_left_as_it_is(tmp_path: Path) -> None:
    store = made.ingested(tmp_path, made.problem(1))
    with store.connect() as connection:
        connection.execute("INSERT INTO migrations VALUES ('m999_later', now()::TIMESTAMP)")
    before = store.path.read_bytes()
    for read_only in (True, False):
        with pytest.raises(StoreNewerError, match=r"m999_later.*update backmath"), store.connect(read_only=read_only):
            pass
    assert store.path.read_bytes() == before


def test_every_view_and_table_says_what_it_holds(tmp_path: Path) -> None:
    store = made.ingested(tmp_path)
    assert (
        made.query(
            store,
            "SELECT table_name FROM duckdb_tables() WHERE comment IS NULL AND table_name <> 'migrations' "
            "UNION ALL SELECT view_name FROM duckdb_views() WHERE comment IS NULL AND NOT internal",
        )
        == []
    )
