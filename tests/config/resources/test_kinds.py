"""The list of all kinds is there for who asks for it, and for nobody else."""

from __future__ import annotations

import subprocess
import sys

import config.resources
from config.resources import kinds


def test_it_is_what_the_package_gives() -> None:
    assert config.resources.CLASSES is kinds.CLASSES
    assert config.resources.KINDS is kinds.KINDS


def test_a_kind_of_its_own_is_had_without_the_others() -> None:
    program = (
        "import sys; from config.resources.weir import Weir; "
        "assert 'config.resources.http_route' not in sys.modules; "
        "from config.resources import KINDS; assert KINDS['weir.dev/v1', 'Weir'] is Weir"
    )
    subprocess.run([sys.executable, "-c", program], check=True)
