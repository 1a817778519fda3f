"""The page as a server of tools for assistants (MCP), asked by the protocol's own client."""

import asyncio
import re
from base64 import b64encode
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("mcp", reason="the extra `mcp` is not installed")
from mcp import ClientSession, McpError
from mcp.client.streamable_http import streamable_http_client

DOG = Path(__file__).parents[2] / "assets" / "examples" / "everyday" / "dog.jpg"


def ask(url: str, question: Callable[[ClientSession], Awaitable[Any]]) -> Any:
    async def answer() -> Any:
        async with (
            streamable_http_client(f"{url}gradio_api/mcp/") as (reader, writer, _),
            ClientSession(reader, writer) as session,
        ):
            await session.initialize()
            return await question(session)

    return asyncio.run(answer())


def test_there_is_one_tool_and_one_kind_of_resource(url: str) -> None:
    async def all_offered(session: ClientSession) -> list[list[str]]:
        tools, prompts = await session.list_tools(), await session.list_prompts()
        resources, templates = await session.list_resources(), await session.list_resource_templates()
        return [
            [one.name for one in (*tools.tools, *prompts.prompts, *resources.resources)],
            [one.uriTemplate for one in templates.resourceTemplates],
        ]

    assert ask(url, all_offered) == [["predict"], ["smallimg://models/{model}"]]


def test_a_dog_is_a_dog_and_what_is_wrong_is_a_sentence(url: str) -> None:
    picture = f"data:image/jpeg;base64,{b64encode(DOG.read_bytes()).decode()}"

    async def both(session: ClientSession) -> Any:
        found = await session.call_tool("predict", {"picture": picture, "cutout": True})
        return found, await session.call_tool("predict", {"url": "http://169.254.169.254/latest/meta-data/"})

    found, refused = ask(url, both)
    assert not found.isError
    assert "'answer': 'dog'" in found.content[0].text
    assert re.search(r"'url': '[^']+/picture-cutout\.png'", found.content[0].text)
    assert refused.isError
    assert "leads to no server on the open internet" in refused.content[0].text


def test_the_card_of_a_model_is_a_resource(url: str) -> None:
    async def read(session: ClientSession) -> Any:
        with pytest.raises(McpError):
            await session.read_resource("smallimg://models/..%2f..")
        return await session.read_resource("smallimg://models/everyday")

    assert ask(url, read).contents[0].text.startswith("# everyday")
