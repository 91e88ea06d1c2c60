"""Fixtures for all suites of this folder (support.py)."""
import pytest

pytest.register_assert_rewrite('support', 'property_rules')

from support import serve, site  # noqa: E402,F401
