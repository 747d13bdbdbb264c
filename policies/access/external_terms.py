"""What an authorizer is told of a request, and what its answer may do: of a policy and of a filter alike."""

from __future__ import annotations

from dataclasses import dataclass

from config.resources.access import ExternalAccess
from config.snapshot import ExternalAuth

_ALWAYS = frozenset((b"host", b"authorization"))
"""What says for which service, and who asks."""
FILTER_TIMEOUT_S = 1.0
"""Time for an answer to a filter, which has no field for it: as `access.external` has it where nothing is said."""


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

    @classmethod
    def of_filter(cls, filter_: ExternalAuth) -> ExternalTerms:
        """Those of Gateway API's filter: strict in what is sent, in what is a yes, and in what becomes of failures."""
        return cls(
            "ExternalAuth",
            filter_.path,
            FILTER_TIMEOUT_S,
            _ALWAYS | {name.encode() for name in filter_.headers},
            tuple(name.encode() for name in filter_.response_headers) or None,
            body_bytes=filter_.body_bytes,
            whole_bodies=True,
            only_200=True,
            tells_address="x-forwarded-for" in filter_.headers,
        )
