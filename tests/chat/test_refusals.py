"""What upstreams say when they refuse."""

from typing import Any

import pytest

from app.chat.refusals import Refusal

TOO_LONG, NO_MODEL, FILTERED = "context_length_exceeded", "model_not_found", "content_filtered"


ODD: tuple[Any, ...] = (None, [], {}, "", 5, {"error": {}}, {"error": 5}, [[]])


def said(message: str, **more: Any) -> dict[str, Any]:
    """An error as most services write it."""
    return {"error": {"message": message, "type": "invalid_request_error", **more}}


class TestError:
    """What the client is told."""

    @pytest.mark.parametrize(
        ("status", "body", "code"),
        [
            (400, said("Too long.", code="context_length_exceeded"), TOO_LONG),
            (400, {"error": {"message": "x", "type": "exceed_context_size_error"}}, TOO_LONG),
            (400, {"object": "error", "message": "Its maximum context length is 9."}, TOO_LONG),
            (400, [said("The input exceeds the maximum number of input tokens")], TOO_LONG),
            (400, said("prompt is too long: 9 tokens > 8 maximum"), TOO_LONG),
            (404, said("No.", code="model_not_found"), NO_MODEL),
            (404, {"object": "error", "message": "The model `x` does not exist."}, NO_MODEL),
            (404, {"error": 'model "x" not found, try pulling it first'}, NO_MODEL),
            (
                404,
                {"type": "error", "error": {"type": "not_found_error", "message": "model: x"}},
                NO_MODEL,
            ),
            (400, {"object": "error", "message": "Invalid model: x", "code": "1500"}, NO_MODEL),
            (400, said("x is not a valid model ID"), NO_MODEL),
            (400, said("Filtered.", code="content_filter"), FILTERED),
            (400, said("x", innererror={"code": "ResponsibleAIPolicyViolation"}), FILTERED),
            (400, said("Content Exists Risk"), FILTERED),
            (403, said("Your input was flagged"), FILTERED),
            (None, said("x", code="content_filter"), FILTERED),
            (413, said("Request body too large", code="tokens_limit_reached"), TOO_LONG),
            (422, {"error": "`inputs` must have less than 1024 tokens. Given: 9"}, TOO_LONG),
            (422, {"error": "`inputs` tokens + `max_new_tokens` must be <= 4096"}, TOO_LONG),
            (400, said("This model's maximum prompt length is 9 but it has 10"), TOO_LONG),
            (400, said("Your request exceeded model token limit: 8192"), TOO_LONG),
            (400, said("ContextWindowExceededError: no"), TOO_LONG),
            (404, said("No endpoints found for x:free."), NO_MODEL),
            (400, said("x has been decommissioned", code="model_decommissioned"), NO_MODEL),
            (403, said("Content violates usage guidelines."), FILTERED),
            (400, said("Violated guardrail policy"), FILTERED),
            (404, "<!DOCTYPE html><p>Our models. Page not found</p>", "openai_error"),
            (429, said("Reduce the length of your prompts or wait"), "openai_rate_limited"),
            (None, said("x", code=429), "openai_rate_limited"),
            (400, said("Something else."), "openai_error"),
            (401, said("No access to this model: not found"), "openai_error"),
            (404, {"detail": "Not Found"}, "openai_error"),
            (404, "<html>Not Found</html>", "openai_error"),
            (500, said("The model's context length was not found"), "openai_error"),
            *((400, odd, "openai_error") for odd in ODD),
        ],
    )
    def test_refusal_is_told_by_its_code(self, status: int, body: object, code: str) -> None:
        """A refusal that the client can do something about has a code of its own."""
        assert Refusal.of(body, status).error("x").code == code

    def test_model_is_named(self) -> None:
        """Of a model that is not there the client is told which."""
        assert "'x'" in Refusal.of(said("no", code="model_not_found"), 404).error("x").detail


class TestLog:
    """What the operator is told."""

    def test_codes_are_words(self) -> None:
        """The log has the code and the type, and nothing that could quote a prompt."""
        refusal = Refusal.of(said("A secret.", code="no_such_thing"))
        assert str(refusal) == "no_such_thing invalid_request_error"
        assert str(Refusal.of({"error": {"code": "My secret is 7.", "type": 5}})) == "5"
        assert str(Refusal.of("A secret.")) == "no code"
        assert str(Refusal.of({"errors": [{"message": "A secret.", "code": 7003}]})) == "7003"
