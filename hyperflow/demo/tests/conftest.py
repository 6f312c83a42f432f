"""The demo data, for the modules that look at it."""

from pathlib import Path

import pytest

from hyperflow.demo.tests import invented


@pytest.fixture(scope="session")
def invented_folder(tmp_path_factory, request):
    """Where the workers of this run keep what is to be invented once only."""
    own: Path = tmp_path_factory.getbasetemp()
    return own.parent if hasattr(request.config, "workerinput") else own


@pytest.fixture(scope="module")
def loaded(rows_of_module, invented_folder):
    """There for all tests of this module, and taken back after them."""
    invented.fill(invented_folder)
