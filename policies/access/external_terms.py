"""What an authorizer is told of a request, and what its answer may do: of a policy and of a filter alike."""

from __future__ import annotations

from dataclasses import dataclass

from config.resources.access import ExternalAccess

_ALWAYS = frozenset((b"host", b"authorization"))
"""What says for which service, and who asks."""


@dataclass(frozen=True, slots=True)
class ExternalTerms:
    """`sent` and `goes_on` are lower-case names of fields that the server sees and that it may set; None is all.

    Of a body it sees the first `body_bytes` octets; with `whole_bodies` a longer one is refused. `only_200` takes no
    other status for a yes; `tells_address` adds `X-Forwarded-For`. An answer holds for `kept_s` seconds, 0.0 for one
    request. `fails_open` lets in whom the server says nothing of.
    """

    name: str
    path: str
    timeout_s: float
    sent: frozenset[bytes] | None
    goes_on: tuple[bytes, ...] | None
    body_bytes: int = 0
    kept_s: float = 0.0
    fails_open: bool = False
    whole_bodies: bool = False
    only_200: bool = False
    tells_address: bool = True

    @classmethod
    def of_policy(cls, spec: ExternalAccess) -> ExternalTerms:
        """Those of `access.external`."""
        return cls(
            "access.external",
            spec.path.removesuffix("/"),
            spec.timeout.seconds,
            _ALWAYS | {name.lower().encode() for name in spec.request_headers} if spec.request_headers else None,
            tuple(name.lower().encode() for name in spec.response_headers),
            body_bytes=spec.body_bytes.bytes,
            kept_s=spec.cache.seconds,
            fails_open=spec.on_failure == "Allow",
        )
