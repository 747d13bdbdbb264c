"""From where a request is sent by hand to its backend and the endpoints that it may be given."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from discovery.balancing.subset import Selection, endpoint_at
from policies.steering.steered import Steered

if TYPE_CHECKING:
    from policies.chain import Plan, WeightedPlan
    from policies.subject import Subject

Has = Callable[[str, Selection], bool]
"""Whether the backend of that name has an endpoint that is selected."""


def selection_of(steered: Steered) -> Selection | None:
    """The endpoints of the backend that `steered` is for; None where it is about the backend alone.

    There is no fallback: who wants to see one host must not be shown another.
    """
    if steered.endpoint:
        return endpoint_at(steered.endpoint)
    if steered.tags:
        return Selection(tuple(steered.tags), tuple(steered.tags.values()), "None")
    return None


def steered_choice(plan: Plan, subject: Subject | None, steered: Steered, has: Has) -> WeightedPlan:
    """The backend of a request that is steered: the one that is named, else one of the rule that `has` the endpoint.

    The split is asked first, so that it counts where several have such endpoints; one of weight 0 may have them too.
    """
    if steered.to is not None:
        return plan.steered_to(steered.to)
    chosen = plan.choose(subject)
    selection = selection_of(steered)
    if selection is None or _has(chosen, selection, has):
        return chosen
    return next((choice for choice in plan.choices if _has(choice, selection, has)), chosen)


def _has(choice: WeightedPlan, selection: Selection, has: Has) -> bool:
    return choice.backend is not None and has(choice.backend, selection)
