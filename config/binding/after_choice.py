"""What of a TrafficPolicy can still act once a backendRef was chosen: what a filter of that backendRef may refer to."""

from __future__ import annotations

from config.resources.traffic_policy import TrafficPolicySpec

AFTER_CHOICE = frozenset(("access", "rate_limits", "fault", "maintenance", "direct_response"))
"""Attributes of TrafficPolicySpec that let go on, hold up, refuse or answer. All others say how a request is marked,
routed or carried, or what is done with its answer, for which it is too late by then or which hold for a rule whole."""

_OF_THE_POLICY_ITSELF = frozenset(("target_refs", "when", "overrides"))


def too_late(spec: TrafficPolicySpec) -> tuple[str, ...]:
    """The fields that `spec` sets, as they are written, which cannot act after the choice; in the order of the model.

    One that is left out is not set; one that is set to what it would be by default is.
    """
    return tuple(
        field.alias or name
        for name, field in TrafficPolicySpec.model_fields.items()
        if name in spec.model_fields_set
        and getattr(spec, name) is not None
        and name not in AFTER_CHOICE
        and name not in _OF_THE_POLICY_ITSELF
    )


def can_act(spec: TrafficPolicySpec) -> bool:
    """Whether all that `spec` sets can act after the choice."""
    return not too_late(spec)


def fitting_fields() -> str:
    """Their names as they are written, for messages."""
    return ", ".join(
        field.alias or name for name, field in TrafficPolicySpec.model_fields.items() if name in AFTER_CHOICE
    )
