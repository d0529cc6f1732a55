"""What the launcher and the local model both know."""

from typing import Final

LANGUAGE_MODEL: Final = "SmolLM2-135M-Instruct"
# What answers by default says what it is: quotes where a prompt holds passages, else that model.
MODEL: Final = "quotes-or-SmolLM2-135M"
# What the language model was trained with; each slot has it for itself, at 190 MB of memory.
CONTEXT_TOKENS: Final = 8192
# A small model that has lost its thread repeats itself, without end if it is let.
MAX_ANSWER_TOKENS: Final = 256
