"""Puts the KV source of the configuration together with discovery's way to Consul."""

from __future__ import annotations

from collections.abc import Sequence

from config.resources.weir import WeirSpec
from config.sources.consul_kv import NO_KEYS, ConsulKvSource, Texts, folder, name_of, read_keys
from config.sources.text import SourceText
from discovery.runtime import Runtime
from discovery.sources.blocking_query import BlockingQuery
from discovery.sources.consul import FILTERED_BY_ACL
from discovery.sources.consul_agents import OK, ConsulAgents, Reply
from discovery.sources.source import SourceFailed


def kv_source(process: WeirSpec, known: Sequence[SourceText], runtime: Runtime) -> ConsulKvSource | None:
    """The source for `spec.consul.kvPrefix`, None where it is not set.

    It goes on with those of the `known` texts that are of its keys, until Consul answers.
    """
    settings = process.consul
    if settings is None or settings.kv_prefix is None:
        return None
    prefix = folder(settings.kv_prefix)

    def read(reply: Reply) -> Texts:
        try:
            texts = read_keys(prefix, reply.status, reply.body)
        except ValueError as error:
            raise SourceFailed("rubbish", str(error)) from error
        if not texts and reply.headers.get(FILTERED_BY_ACL) == "true":
            raise SourceFailed("denied", "the ACL token may not read the keys")
        return texts

    agents = ConsulAgents(settings)
    question = BlockingQuery(
        f"consul KV {prefix}",
        f"/v1/kv/{prefix}",
        [("recurse", "")],
        read,
        settings=settings,
        agents=agents,
        runtime=runtime,
        allowed=OK | {NO_KEYS},
    )
    confirm_after_s = process.discovery.empty_protection.confirm_after.seconds
    own = tuple(text for text in known if text.name.startswith(name_of(prefix)))
    return ConsulKvSource(prefix, question, confirm_after_s=confirm_after_s, known=own, closing=agents.close)
