# SPDX-License-Identifier: GPL-2.0-or-later
"""What the tests of ./dev share."""
import os
import sys
import unittest
from pathlib import Path

ROOT = Path(os.environ.get("OVERCOMMIT_TESTED_SOURCE") or Path(__file__).resolve().parents[2])
UPDATE_GOLDEN = os.environ.get("OVERCOMMIT_UPDATE_GOLDEN") == "1"


def main():
    """As unittest.main(), but exits with 77 if every test was skipped, which CTest shows as skipped."""
    outcome = unittest.main(exit=False, verbosity=2).result
    if not outcome.wasSuccessful():
        sys.exit(1)
    sys.exit(77 if outcome.testsRun and len(outcome.skipped) >= outcome.testsRun else 0)
