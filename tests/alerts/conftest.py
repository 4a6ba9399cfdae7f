import pytest

from alerts.models import Cursor


@pytest.fixture(autouse=True)
def _cursor(request: pytest.FixtureRequest) -> None:
    """What the migration makes; a test that empties all tables may have come before."""
    if request.node.get_closest_marker("django_db"):
        request.getfixturevalue("db")
        Cursor.objects.all().delete()
        Cursor.objects.create()
