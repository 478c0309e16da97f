"""Bringing the schema up to date: each step is applied once, in one transaction, its name kept in `migrations`."""

from collections.abc import Callable
from datetime import UTC, datetime

from duckdb import CatalogException, DuckDBPyConnection

from curation.errors import StoreNewerError
from curation.migrations.m001_tables import m001_tables
from curation.migrations.m002_views import m002_views
from curation.migrations.m003_models import m003_models
from curation.migrations.m004_review import m004_review
from curation.migrations.m005_releases import m005_releases
from curation.migrations.m006_rollouts import m006_rollouts
from curation.migrations.m007_release_matches import m007_release_matches
from curation.migrations.m008_backprm import m008_backprm

Migration = Callable[[DuckDBPyConnection], None]

MIGRATIONS: tuple[Migration, ...] = (
    m001_tables,
    m002_views,
    m003_models,
    m004_review,
    m005_releases,
    m006_rollouts,
    m007_release_matches,
    m008_backprm,
)


def pending(connection: DuckDBPyConnection) -> list[Migration]:
    """The migrations that the store still lacks; raises StoreNewerError where it has some that we do not know."""
    try:
        rows = connection.execute("SELECT name FROM migrations").fetchall()
    except CatalogException:
        return list(MIGRATIONS)
    applied = {name for (name,) in rows}
    unknown = sorted(applied - {migration.__name__ for migration in MIGRATIONS})
    if unknown:
        raise StoreNewerError(
            f"the store has the migration {unknown[-1]}, which this version of backmath does not know; "
            "nothing was changed: update backmath, or use another --workspace"
        )
    return [migration for migration in MIGRATIONS if migration.__name__ not in applied]


def migrate(connection: DuckDBPyConnection) -> None:
    """Apply what is pending, inside the caller's transaction."""
    connection.execute("CREATE TABLE IF NOT EXISTS migrations (name VARCHAR NOT NULL, applied_at TIMESTAMP NOT NULL)")
    for migration in pending(connection):
        migration(connection)
        applied_at = datetime.now(UTC).replace(tzinfo=None)
        connection.execute("INSERT INTO migrations VALUES (?, ?)", [migration.__name__, applied_at])
