"""What Redis carries out for a shared limit: one script for all algorithms, by the clock of Redis alone.

The state of a key is a theoretical arrival time in microseconds, or a window with its count and that of the one before,
and expires when it equals that of a key never seen. A clock of Redis that goes back locks nobody out: what lies further
ahead than any request could have put it is cut.
"""

from __future__ import annotations

from collections.abc import Sequence

from gateway.rate_limits.question import Charge, Take
from policies.rate_limit.meter import DEBT_NS
from policies.rate_limit.shared_meter import Grant

TEXT = """
local kind, requests, per, capacity = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3]), tonumber(ARGV[4])
local patience, debt = tonumber(ARGV[5]), tonumber(ARGV[6])
-- How many are wanted, how many will do, and whether they are charged: 0 not, 1 where they fit, 2 in any case.
local want, least, mode = tonumber(ARGV[7]), tonumber(ARGV[8]), tonumber(ARGV[9])
local time = redis.call('TIME')
local now = time[1] * 1000000 + time[2]
local known = redis.call('GET', KEYS[1])
local granted, wait = 0, 0

if kind == 0 then
  local unit = per / math.max(requests, 1)
  local room = capacity * unit
  local tat = math.max(tonumber(known or '') or now, now)
  tat = math.min(tat, now + room + patience + debt)
  local free = math.floor((now + room + patience - tat) / unit + 1e-6)
  if mode == 2 then
    granted = want
  elseif free >= least then
    granted = math.min(want, free)
  else
    wait = tat + least * unit - now - room
  end
  if granted > 0 and mode > 0 then
    tat = math.min(tat + granted * unit, now + room + patience + debt)
    redis.call('SET', KEYS[1], string.format('%.3f', tat), 'PX', math.max(math.ceil((tat - now) / 1000), 1))
    if mode == 1 then wait = math.max(tat - now - room, 0) end
  end
  return {granted, math.ceil(wait), math.max(math.floor((now + room - tat) / unit + 1e-6), 0), math.ceil(tat - now)}
end

local window = math.floor(now / per)
local begun, count, before = string.match(known or '', '^(%d+) (%d+) (%d+)$')
begun, count, before = tonumber(begun), tonumber(count), tonumber(before)
if begun == window - 1 then
  count, before = 0, count
elseif not begun or begun < window then
  count, before = 0, 0
end
local reset = per - now % per
local held = 0
if kind == 2 then held = before * reset / per end
local free = math.floor(requests - count - held + 1e-9)
if mode == 2 then
  granted = want
elseif free >= least then
  granted = math.min(want, free)
else
  wait = reset
  local over = count + least + held - requests
  if held > 0 and over <= held then wait = math.min(reset, reset * over / held + 1) end
end
if granted > 0 and mode > 0 then
  count = count + granted
  local kept = string.format('%d %d %d', window, math.min(count, 1e15), before)
  redis.call('SET', KEYS[1], kept, 'PX', math.ceil((per + reset) / 1000))
end
return {granted, math.ceil(wait), math.max(math.floor(requests - count - held), 0), math.ceil(reset)}
"""


def arguments(question: Take | Charge) -> tuple[str | int, ...]:
    """Those of the script, behind its one key."""
    meter = question.meter
    figures = (
        int(meter.kind),
        meter.requests,
        max(meter.per_ns // 1000, 1),
        meter.capacity,
        meter.patience_ns // 1000,
        DEBT_NS // 1000 if meter.deferred else 0,
    )
    if isinstance(question, Charge):
        return (*figures, question.cost, question.cost, 2)
    return (*figures, question.wanted, question.cost, 0 if meter.deferred else 1)


def grant_of(reply: object) -> Grant:
    """What the script said. Raises ValueError where it is nothing that it says."""
    if not isinstance(reply, Sequence) or len(reply) != 4 or not all(isinstance(part, int) for part in reply):
        raise ValueError(f"the script answered {reply!r:.100}")
    granted, wait_us, remaining, reset_us = reply
    return Grant(granted, wait_us * 1000, remaining, reset_us * 1000)
