"""The network that tests break: what its faults do to whoever talks through it."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from tests.support.network import Network
from tests.support.network_faults import (
    Bandwidth,
    Cut,
    Fault,
    Hang,
    Latency,
    LostCall,
    Refuse,
    Reset,
    Slices,
)

SENT = b"0123456789"


@pytest.fixture
async def network() -> AsyncIterator[Network]:
    """A network that leads to a server which sends back what it gets."""

    async def echo(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while data := await reader.read(100):
            writer.write(data)
        writer.close()

    server = await asyncio.start_server(echo, "127.0.0.1", 0)
    async with server, Network(server.sockets[0].getsockname()) as network:
        yield network


async def ask(network: Network) -> bytes:
    """What comes back on a new connection, until it ends or all is there."""
    reader, writer = await asyncio.open_connection("127.0.0.1", network.port)
    try:
        writer.write(SENT)
        return await reader.readexactly(len(SENT))
    except asyncio.IncompleteReadError as error:
        return error.partial
    finally:
        writer.close()


class TestFaults:
    @pytest.mark.parametrize("fault", [Fault(), Latency(0.001), Bandwidth(10_000), Slices(3)])
    async def test_harmless(self, network: Network, fault: Fault) -> None:
        """Some are slow, and bring everything."""
        await network.begin(fault)
        assert await ask(network) == SENT

    async def test_cut(self, network: Network) -> None:
        """So many bytes come back, and then the end."""
        await network.begin(Cut(3))
        assert await ask(network) == SENT[:3]

    @pytest.mark.parametrize("fault", [Reset(), Refuse()])
    async def test_no_answer(self, network: Network, fault: Fault) -> None:
        """Whoever asks is told that there is no connection, until the fault ends."""
        await network.begin(fault)
        with pytest.raises(ConnectionError):
            await ask(network)
        await network.end()
        assert await ask(network) == SENT

    async def test_hang(self, network: Network) -> None:
        """What hangs comes back after all."""
        await network.begin(Hang())
        asking = asyncio.create_task(ask(network))
        await network.held.wait()
        assert not asking.done()
        await network.end()
        assert await asking == SENT

    async def test_after_bytes(self, network: Network) -> None:
        """A fault may come in the middle of what is sent."""
        network.begin_after(len(SENT) + 4, Cut(2))
        assert await ask(network) == SENT[:6]

    @pytest.mark.parametrize("answer_only", [False, True])
    async def test_lost_call(self, network: Network, *, answer_only: bool) -> None:
        """One call of several is lost, or its answer."""
        await network.begin(LostCall(2, answer_only=answer_only, stays=False))
        assert await ask(network) == SENT
        with pytest.raises(ConnectionResetError):
            await ask(network)
        assert await ask(network) == SENT
        assert network.traffic.bytes == (5 + answer_only) * len(SENT)
