"""Material that does not change."""

from __future__ import annotations

from policies.access.material import FixedMaterial, Material


def test_what_is_fixed_is_what_it_is() -> None:
    material: Material[str] = FixedMaterial("keys")
    assert material.current == "keys"
