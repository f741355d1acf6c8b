"""Faults on a real socket: a uvicorn protocol that lets the application reach its connection."""

import asyncio
import socket
import struct
from typing import Any

from uvicorn.protocols.http.h11_impl import H11Protocol

TRANSPORT = "linkedin_emulator.transport"


class ReachableProtocol(H11Protocol):
    """Puts the connection's transport into the state that every request's scope gets a copy of."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Remember the transport."""
        super().connection_made(transport)
        self.app_state = {**self.app_state, TRANSPORT: transport}


def transport_of(scope: Any) -> asyncio.Transport | None:
    """The connection of a request, when the server is ours."""
    transport = scope.get("state", {}).get(TRANSPORT)
    return transport if isinstance(transport, asyncio.Transport) else None


def reset(transport: asyncio.Transport) -> None:
    """Close with a TCP reset, so that the other side sees "connection reset by peer"."""
    connection = transport.get_extra_info("socket")
    if connection is not None and not transport.is_closing():
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    transport.abort()
