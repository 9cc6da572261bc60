"""What happens to the database: one function for each fault, which does it and says when it is over by itself."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack, suppress
from dataclasses import dataclass

from bench.chaos.failover.cluster import Cluster, Node
from tests.parts.servers.swallowing_proxy import SwallowingProxy

FROZEN_SECONDS = 35
HOLE_SECONDS = 20
AWAY_SECONDS = 15
SWITCHED_WITHIN_SECONDS = 60


@dataclass(frozen=True, slots=True)
class Ground:
    """What can be broken: the nodes, and the roads that lead from the service's machines to them."""

    cluster: Cluster
    roads: Sequence[SwallowingProxy]


@dataclass(frozen=True, slots=True)
class Fault:
    """How to cause it, how long a gap it may leave, and for how long it is watched."""

    cause: Callable[[Ground], None]
    allowed_seconds: float
    watched_seconds: float


def lose_the_node(ground: Ground) -> None:
    """The primary's machine is gone: its etcd, its Patroni, its PostgreSQL."""
    node = ground.cluster.primary()
    _send(_all_of(ground.cluster, node), signal.SIGKILL)


def kill_the_agent(ground: Ground) -> None:
    """Patroni dies, and the server that it looked after lives on as a primary."""
    _send(_agent_of(ground.cluster.primary()), signal.SIGKILL)


def kill_the_server(ground: Ground) -> None:
    """PostgreSQL's first process dies."""
    _send(ground.cluster.server_of(ground.cluster.primary())[:1], signal.SIGKILL)


def freeze_the_node(ground: Ground) -> None:
    """The primary's machine stands still as a paused one does, and goes on when another leads."""
    pids = _all_of(ground.cluster, ground.cluster.primary())
    _send(pids, signal.SIGSTOP)
    time.sleep(FROZEN_SECONDS)
    _send(pids, signal.SIGCONT)


def switch_over(ground: Ground) -> None:
    """Somebody lets another node lead, as for an upgrade."""
    primary, standby = ground.cluster.primary(), ground.cluster.standby()
    wish = {"leader": primary.name, "candidate": standby.name}
    ground.cluster.ask(primary, "switchover", wish, SWITCHED_WITHIN_SECONDS)


def lose_a_standby(ground: Ground) -> None:
    """The machine of a standby is gone that commits wait for."""
    node = ground.cluster.standby()
    _send(_all_of(ground.cluster, node), signal.SIGKILL)


def lose_the_majority(ground: Ground) -> None:
    """Two of three etcd are gone for a while, so that nobody could be made primary."""
    keepers = [node.keeper for node in list(ground.cluster.nodes.values())[:2] if node.keeper]
    _send([each.pid for each in keepers], signal.SIGKILL)
    time.sleep(AWAY_SECONDS)
    for node in list(ground.cluster.nodes.values())[:2]:
        ground.cluster.start_keeper(node)


def open_a_hole(ground: Ground) -> None:
    """Nothing that the service sends to its database arrives, nor the other way; nobody is told."""
    with ExitStack() as holes:
        for road in ground.roads:
            holes.enter_context(road.hole())
        time.sleep(HOLE_SECONDS)


FAULTS = {
    "switchover": Fault(switch_over, 5, 30),
    "postmaster": Fault(kill_the_server, 7, 35),
    "node": Fault(lose_the_node, 22, 50),
    "agent": Fault(kill_the_agent, 22, 50),
    "freeze": Fault(freeze_the_node, 22, 60),
    "standby": Fault(lose_a_standby, 5, 30),
    "etcd": Fault(lose_the_majority, 5, 35),
    "hole": Fault(open_a_hole, HOLE_SECONDS + 2, 45),
}


def _agent_of(node: Node) -> list[int]:
    return [node.agent.pid] if node.agent else []


def _all_of(cluster: Cluster, node: Node) -> list[int]:
    # Patroni first, or it would see its server die and say so.
    return [*_agent_of(node), *cluster.server_of(node), *([node.keeper.pid] if node.keeper else [])]


def _send(pids: Sequence[int], number: signal.Signals) -> None:
    for pid in pids:
        with suppress(ProcessLookupError):
            os.kill(pid, number)
