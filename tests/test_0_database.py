"""The first test of each leg: it really runs on the database it says."""

import os

from django.db import connection


def test_this_leg_runs_on_the_database_it_says(db: None) -> None:
    assert connection.vendor == os.environ.get("SOURCIER_TEST_VENDOR", connection.vendor)


def test_the_postgresql_role_is_bound_by_row_level_security(db: None) -> None:
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SELECT rolsuper, rolbypassrls FROM pg_roles WHERE rolname = current_user")
            assert cursor.fetchone() == (False, False)
