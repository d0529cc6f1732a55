"""LlamaIndex's OpenAI clients: ask in each way that they have. Run in a venv of its own."""

import json
import sys

from llama_index.core.llms import ChatMessage
from llama_index.embeddings.openai import OpenAIEmbedding
from llama_index.llms.openai_like import OpenAILike

_, url, key, question = sys.argv
given = {"api_base": url, "api_key": key, "max_retries": 0}
model = OpenAILike(model="brag", is_chat_model=True, **given)
answer = model.chat([ChatMessage(role="system", content="Be brief."), ChatMessage(question)])
chunks = list(model.stream_chat([ChatMessage(question)]))
embeddings = OpenAIEmbedding(model_name="brag", **given)
told = {
    "answer": answer.message.content,
    "sources": {"sources": answer.raw.model_extra["sources"]},
    "stream": "".join(chunk.delta or "" for chunk in chunks),
    "tokens": answer.raw.usage.total_tokens,
    "dimensions": len(embeddings.get_text_embedding("Ducks")),
}
sys.stdout.write(json.dumps(told))
