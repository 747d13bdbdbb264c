"""TrafficPolicies on what they attach to: which of them hold for a rule on a listener, and which goes first."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from config.binding.after_choice import can_act
from config.binding.bound import BoundListener
from config.identity_memo import IdentityMemo
from config.resources.grpc_route import GRPCRoute, GRPCRouteFilter
from config.resources.http_filters import HTTPRouteFilter
from config.resources.http_route import HTTPRoute
from config.resources.references import GATEWAY_GROUP
from config.resources.traffic_policy import TrafficPolicy
from config.snapshot import ConnectionBound, Layers, PolicySecret, TrafficLayer

TargetKey = tuple[str, str, str, str, str]
"""Group, kind, namespace, name and section of a target."""

_LAYERS: IdentityMemo[TrafficLayer] = IdentityMemo()
"""The layer of each policy, so that a policy that did not change is the same object to whoever compiled it."""


def layer_of(policy: TrafficPolicy, secrets: Mapping[str, PolicySecret]) -> TrafficLayer:
    """`policy` as rules carry it, with the Secrets that it refers to; another one where these are others."""
    layer = _LAYERS.get(policy)
    if layer is None or layer.secrets != secrets:
        name = f"{policy.metadata.namespace}/{policy.metadata.name}"
        layer = _LAYERS.keep(policy, TrafficLayer(name, policy.spec, dict(secrets)))
    return layer


class TrafficPolicies:
    """The TrafficPolicies of a set: `attached` by target, without those that lost it; `named` by namespace and name."""

    def __init__(
        self, attached: Mapping[TargetKey, TrafficLayer], named: Mapping[tuple[str, str], TrafficLayer]
    ) -> None:
        self._attached = attached
        self._named = named

    def layer(self, policy: TrafficPolicy) -> TrafficLayer:
        """That of `policy`, whether it is attached or not."""
        return self._named[policy.metadata.namespace, policy.metadata.name]

    def replaced(self, layers: Mapping[TrafficLayer, TrafficLayer]) -> TrafficPolicies:
        """The same with other layers in the place of some."""
        attached = {key: layers.get(layer, layer) for key, layer in self._attached.items()}
        return TrafficPolicies(attached, {key: layers.get(layer, layer) for key, layer in self._named.items()})

    def of_rules(self, route: HTTPRoute | GRPCRoute, listener: BoundListener) -> tuple[Layers, ...]:
        """The policies of each rule of `route` on `listener`; () where no rule has any.

        What stands nearer to the traffic goes first: a filter of the rule, the rule, the route, the listener, its
        ListenerSet where it stands in one, its Gateway, the default of the route's namespace. Policies with `overrides`
        go before all others, and among themselves the other way around, so that nobody below can lift them.
        """
        if not self._named:
            return ()
        around = list(self._around(route, listener))
        layers = tuple(_in_order([*self._on_rule(route, index), *around]) for index in range(len(route.spec.rules)))
        return layers if any(layers) else ()

    def connections_of(self, listener: BoundListener) -> ConnectionBound | None:
        """The `connections` that count: of policies on the listener, its ListenerSet, its Gateway and the namespace.

        Those of routes are not asked, as a connection comes before its requests; nor are those with a `when`.
        """
        namespace = listener.owner.metadata.namespace
        layers = _in_order([*self._on_listener(listener), *self._at("", "Namespace", namespace, namespace)])
        for layer in layers:
            if layer.spec.connections is not None and layer.spec.when is None:
                return ConnectionBound(layer.policy, layer.spec.connections)
        return None

    def of_shares(self, route: HTTPRoute | GRPCRoute) -> tuple[tuple[Layers, ...], ...]:
        """The policies that filters of backendRefs name, of each in each rule of `route`; () where there are none.

        They hold behind those of the rule, for requests for which that backendRef was chosen, and lift none of them.
        """
        if not self._named:
            return ()
        shares = tuple(self._on_shares(route, index) for index in range(len(route.spec.rules)))
        return shares if any(shares) else ()

    def _on_shares(self, route: HTTPRoute | GRPCRoute, index: int) -> tuple[Layers, ...]:
        namespace = route.metadata.namespace
        # One that is not fit for it has its traffic refused, see `config.binding.rules`.
        layers = tuple(
            _in_order([layer for layer in self._of_filters(ref.filters, namespace) if can_act(layer.spec)])
            for ref in route.spec.rules[index].backend_refs
        )
        return layers if any(layers) else ()

    def _of_filters(
        self, filters: Sequence[HTTPRouteFilter | GRPCRouteFilter], namespace: str
    ) -> Iterator[TrafficLayer]:
        for filter_ in filters:
            if filter_.extension_ref is not None:
                layer = self._named.get((namespace, filter_.extension_ref.name))
                if layer is not None:
                    yield layer

    def _on_rule(self, route: HTTPRoute | GRPCRoute, index: int) -> Iterator[TrafficLayer]:
        rule, namespace = route.spec.rules[index], route.metadata.namespace
        yield from self._of_filters(rule.filters, namespace)
        if rule.name is not None:
            yield from self._at(GATEWAY_GROUP, route.kind, namespace, route.metadata.name, rule.name)

    def _around(self, route: HTTPRoute | GRPCRoute, listener: BoundListener) -> Iterator[TrafficLayer]:
        namespace = route.metadata.namespace
        yield from self._at(GATEWAY_GROUP, route.kind, namespace, route.metadata.name)
        yield from self._on_listener(listener)
        yield from self._at("", "Namespace", namespace, namespace)

    def _on_listener(self, listener: BoundListener) -> Iterator[TrafficLayer]:
        yield from self._at(GATEWAY_GROUP, *listener.owner.key, listener.spec.name)
        yield from self._at(GATEWAY_GROUP, *listener.owner.key)
        if listener.listener_set is not None:
            yield from self._at(GATEWAY_GROUP, *listener.gateway.key)

    def _at(self, group: str, kind: str, namespace: str, name: str, section: str = "") -> Iterator[TrafficLayer]:
        layer = self._attached.get((group, kind, namespace, name, section))
        if layer is not None:
            yield layer


def _in_order(layers: list[TrafficLayer]) -> Layers:
    """`layers` are the nearest first; a policy that comes by two ways counts where it is nearer."""
    once = list(dict.fromkeys(layers))
    forced = [layer for layer in once if layer.spec.overrides]
    if not forced:
        return tuple(once)
    return (*reversed(forced), *(layer for layer in once if not layer.spec.overrides))
