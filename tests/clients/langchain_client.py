"""LangChain's OpenAI client: asks a question in each way that it has. Run in a venv of its own."""

import json
import sys

from langchain_openai import ChatOpenAI, OpenAIEmbeddings

_, url, key, question = sys.argv
given = {"base_url": url, "api_key": key, "max_retries": 0}
model = ChatOpenAI(model="brag", **given)
answer = model.invoke([("system", "Be brief."), ("human", question)])
chunks = list(model.stream([("human", question)]))
embeddings = OpenAIEmbeddings(model="brag", check_embedding_ctx_length=False, **given)
told = {
    "answer": answer.content,
    "sources": {"id": answer.response_metadata["id"]},
    "stream": "".join(chunk.content for chunk in chunks),
    "tokens": answer.usage_metadata["total_tokens"],
    "dimensions": len(embeddings.embed_query("Ducks")),
}
sys.stdout.write(json.dumps(told))
