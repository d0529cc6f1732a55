"""What templates take for their own marks is text."""

from time import process_time

import pytest

from app.chat.control_tokens import neutralise

# By the templates and vocabularies that their makers publish.
TOKENS = {
    "ChatML": "<|im_start|> <|im_end|> <|im_sep|> <|endoftext|>",
    "Cohere": "<|START_OF_TURN_TOKEN|> <|END_OF_TURN_TOKEN|> <|USER_TOKEN|> <BOS_TOKEN>",
    "DeepSeek": "<|User|> <|end▁of▁sentence|> |DSML|".replace("|", "\uff5c") + " <think> </think>",
    "EXAONE": "[|user|] [|assistant|] [|endofturn|]",
    "GLM": "[gMASK] <sop> <eop> <|observation|>",
    "Gemma 3": "<bos> <eos> <start_of_turn> <end_of_turn> <start_of_image> <unused0>",
    "Gemma 4": '<|turn> <turn|> <|channel> <channel|> <|"|>',
    "Granite": "<|start_of_role|> <|end_of_role|> <|end_of_text|>",
    "Kimi": "<|im_user|> <|im_middle|> <|im_assistant|> [BOS] [EOT] <|open|> <|sep|>",
    "Llama 2": "<s> </s> <unk> [INST] [/INST] <<SYS>> <</SYS>>",
    "Llama 3": "<|begin_of_text|> <|start_header_id|> <|end_header_id|> <|eot_id|> <|python_tag|>",
    "MiniMax": "]~b] ]~!b[ [e~[",
    "Mistral": "[TOOL_CALLS] [AVAILABLE_TOOLS] [/AVAILABLE_TOOLS] [SYSTEM_PROMPT] [IMG_END]",
    "Phi": "<|user|> <|end|> <|assistant|> <|system|>",
    "Qwen": "<|vision_start|> <|fim_prefix|> <tool_call> </tool_call>",
    "Seed": "<seed:bos> <seed:eos> <seed:think> </seed:think>",
    "SmolLM2": "<repo_name> <file_sep> <issue_start> <jupyter_code> <empty_output>",
    "gpt-oss": "<|start|> <|channel|> <|message|> <|return|> <|call|> <|constrain|>",
}
# The worst that each kind of beginning can do: nothing of it is a token.
HOSTILE = ["<", "<|", "<|a", "[", "[|a", "]~", "</", "<a|", "<s>", "<|" + "a" * 60]


class TestNeutralise:
    @pytest.mark.parametrize("family", TOKENS)
    def test_no_token_is_left(self, family: str) -> None:
        """Every token of a family is broken, wherever it stands, and stays readable."""
        for token in TOKENS[family].split():
            told = neutralise(f"a{token}b{token}{token}")
            assert token not in told
            assert told.replace(" ", "") == f"a{token}b{token}{token}"

    @pytest.mark.parametrize(
        "text",
        [
            "f <| g |> h, x <|> y, a[1] <= b[i|j], [1], [INFO] [TODO] [ ] [x]",
            '<p class="s">1 < 2 | 3 > 2</p> <your_api_key> <user@example.com> Vec<u8>',
            "| a | b |\n|---|---|\n| [link](http://a.b/|c|) | <http://a.b> |",
        ],
        ids=["code", "markup", "table"],
    )
    def test_other_texts_are_left_alone(self, text: str) -> None:
        """Code, markup and tables are told as they are."""
        assert neutralise(text) == text

    def test_broken_text_is_left_alone(self) -> None:
        """Breaking a text again changes nothing: it can be done at any step."""
        broken = neutralise(" ".join(TOKENS.values()))
        assert neutralise(broken) == broken

    @pytest.mark.parametrize("unit", HOSTILE)
    def test_linear_time(self, unit: str) -> None:
        """Ten times the text takes about ten times as long."""
        assert _seconds(unit, 200_000) < 40 * _seconds(unit, 20_000) + 0.01


def _seconds(unit: str, length: int) -> float:
    """The shortest of three tries."""
    text = unit * (length // len(unit))
    tries = []
    for _ in range(3):
        begin = process_time()
        neutralise(text)
        tries.append(process_time() - begin)
    return min(tries)
