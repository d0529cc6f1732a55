"""What services refuse of a request, and how they are asked without it."""

from typing import Any

import pytest

from app.chat.refusals import Refusal
from app.chat.requests import RefusedParts, create_body, leave_out, refused_parts

PROMPT = [
    {"role": "system", "content": "Be brief."},
    {"role": "user", "content": "Hi"},
    {"role": "assistant", "content": "Hello"},
    {"role": "user", "content": "How are you?"},
]
BODY = create_body("m", PROMPT, stream=True) | {"temperature": 0, "max_tokens": 9}


def refused(message: object, status: int | None = 400, **more: Any) -> set[str]:
    """What a refusal with this message is about."""
    return {*refused_parts(BODY, Refusal.of({"error": {"message": message, **more}}, status))}


class TestRefusedParts:
    """What a refusal is about."""

    @pytest.mark.parametrize(
        "message",
        [
            "Unrecognized request argument supplied: stream_options",
            {"detail": [{"type": "extra_forbidden", "loc": ["body", "stream_options"]}]},
            "stream_options: no",
            'Unrecognized field "streamOptions", not marked as ignorable',
            "Stream options can only be defined when streaming is not disabled",
        ],
    )
    def test_stream_options(self, message: object) -> None:
        """`stream_options` are ours: a refusal that names them is about them."""
        assert refused(message) == {"stream_options"}

    @pytest.mark.parametrize(
        "message",
        [
            "System role not supported",
            "Conversation roles must alternate user/assistant/user/assistant/...",
            "Only user and assistant roles are supported!",
            "Developer instruction is not enabled for models/gemma",
            "Unsupported value: 'messages[0].role' does not support 'system' with this model.",
            "Input should be 'user' or 'assistant', input: \"system\"",
            "invalid role: system",
            "system is not a valid role",
        ],
    )
    def test_system_role(self, message: str) -> None:
        """A refusal of the role of the instructions is one, however it is worded."""
        assert refused(message) == {"system"}
        assert refused(message, status=500) == {"system"}

    def test_parameters(self) -> None:
        """A parameter that is not supported is one; a wrong value is the client's affair."""
        assert refused("Unsupported parameter", param="temperature") == {"temperature"}
        assert refused("'max_tokens' is not supported. Use another instead.") == {"max_tokens"}
        assert refused("temperature must be at most 2", param="temperature") == set()

    def test_stream(self) -> None:
        """A model that cannot stream is asked for all at once, without options of a stream."""
        assert refused("This model does not support streaming") == {"stream"}
        assert refused("Unsupported value: true", param="stream") == {"stream"}
        assert not leave_out(BODY, {"stream"}).keys() & {"stream", "stream_options"}

    def test_other_refusals(self) -> None:
        """Other refusals are about nothing that could be left out."""
        assert refused("The system is overloaded", status=500) == set()
        assert refused("System role not supported", status=401) == set()
        assert refused("The model does not exist.") == set()

    def test_what_is_not_there_is_not_refused(self) -> None:
        """What the request does not hold cannot be left out."""
        body = create_body("m", PROMPT[1:], stream=False)
        refusal = Refusal.of({"error": "No stream_options, no system role: unsupported"}, 400)
        assert refused_parts(body, refusal) == frozenset()


class TestLeaveOut:
    """How it is asked without."""

    def test_instructions_go_into_the_question(self) -> None:
        """Without the role the instructions stand before the newest question."""
        messages = leave_out(BODY, {"system"})["messages"]
        assert messages == [*PROMPT[1:3], {"role": "user", "content": "Be brief.\n\nHow are you?"}]

    def test_parameters_are_not_there(self) -> None:
        """What is left out is not there, and all else is."""
        assert leave_out(BODY, {"temperature", "stream_options"}) == {
            "model": "m",
            "messages": PROMPT,
            "stream": True,
            "max_tokens": 9,
        }

    def test_limit_has_two_names(self) -> None:
        """A limit whose name is refused is told by its other name, until that is refused too."""
        body = leave_out(BODY, {"max_tokens"})
        assert ("max_tokens" in body, body["max_completion_tokens"]) == (False, 9)
        body = leave_out(BODY, {"max_tokens", "max_completion_tokens"})
        assert not body.keys() & {"max_tokens", "max_completion_tokens"}


class TestMemory:
    """What is remembered."""

    def test_each_model_by_itself(self) -> None:
        """What one model refuses is told to another; what is set is told to none."""
        parts = RefusedParts(["system"])
        parts.learn("a", frozenset({"system", "stop"}))
        assert parts.of("a") == {"system", "stop"}
        assert parts.of("b") == {"system"}

    def test_memory_is_bounded(self) -> None:
        """Of thousands of models the last ones are remembered."""
        parts = RefusedParts()
        for number in range(1500):
            parts.learn(str(number), frozenset({"stop"}))
        assert parts.of("0") == set()
        assert parts.of("1499") == {"stop"}
