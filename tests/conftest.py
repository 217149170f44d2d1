"""What all tests share: `strategies` can be imported from every folder of tests."""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

collect_ignore_glob = ["benchmarks/*"]
"""Scripts that import each other and pin the process to a core: `test_benchmarks` runs them."""
