"""What a model's template takes for its own marks is made to be text, pure.

A tokenizer makes one token of `<|im_end|>` wherever it stands, in a passage or a question as well,
and what follows would speak with another voice. See docs/decisions/0043-nothing-but-text.md.
"""

import re
from typing import Final

BAR: Final = "[|\N{FULLWIDTH VERTICAL LINE}]"
# Bounded, so that a text is read in linear time: the longest known has 36 characters.
INSIDE: Final = r"[^\s<>\[\]]{1,64}"
# The tokens of known templates that have no bars, which all others of these kinds have.
ANGLED: Final = (
    r"(?:[bes]os|[se]op|eo[aht]|pad|unk|mask|cls|sep|s|think|role|tools|"
    r"AI|CLS|EOD|EOT|MID|PRE|SEP|SUF|UNK|(?:BOS|EOS|EOP|PAD|MASK)_TOKEN|C_[AQ]|"
    r"(?:start|end)_of_(?:audio|image|turn|utterance)|(?:beginning|end)_of_sentence|"
    r"(?:audio|image)_soft_token|_(?:bot|end|start|system|user)|tool_(?:calls?|response|sep)|"
    r"fim[_-](?:middle|pad|prefix|suffix)|repo_?name|file(?:name|_sep)|gh_stars|empty_output|"
    r"issue_(?:closed|comment|start)|jupyter_(?:code|output|script|start|text)|"
    r"commit_(?:after|before|msg)|(?:longcat_|seed:)\w{1,30}|"
    r"(?:extra_id_|reserved_|SPECIAL_|unused)\d{1,5}|\u7528\u6237)"
)
SQUARE: Final = (
    r"(?:INST|SYSTEM_PROMPT|MODEL_SETTINGS|AVAILABLE_TOOLS|TOOL_(?:CALLS|CONTENT|RESULTS)|ARGS|"
    r"CALL_ID|THINK|IMG(?:_BREAK|_END)?|(?:BEGIN_)?AUDIO|PREFIX|MIDDLE|SUFFIX|[gs]?MASK|"
    r"BOS|CLS|EOD|EOS|EOT|PAD|SEP|UNK|(?:start|end)_header_id|(?:control_|UNUSED_TOKEN_)\d{1,5})"
)
BREAKS: Final = (
    (re.compile(rf"<(?={BAR}{INSIDE}>|/?{ANGLED}>|</?SYS>>|{INSIDE}{BAR}>)"), "< "),
    (re.compile(rf"\[(?=/?{SQUARE}\]|/?\|{INSIDE}\|\]|e~\[)"), "[ "),
    (re.compile(r"\](?=~!?b[\[\]])"), "] "),
    (re.compile("\uff5c(?=DSML\uff5c)"), "\uff5c "),
)


def neutralise(text: str) -> str:
    """The text with a blank after the first character of each control token.

    A blank is seen where the text is quoted. What nobody sees would be copied along, and some
    services take it out again.
    """
    for token, broken in BREAKS:
        text = token.sub(broken, text)
    return text
