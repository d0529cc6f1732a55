"""Answers: plain completions, and completions over what retrieval found."""

from app.chat.generation import Generation
from app.chat.generations import Context, Generations
from app.chat.models import BaseMessage, QAMessage
from app.chat.prompts import completion_prompt, qa_prompt
from app.documents.retrieval import RetrievalService


class CompletionService:
    """Answers a question as it is."""

    def __init__(self, generations: Generations) -> None:
        self._generations = generations

    def answer(self, question: BaseMessage, *, stream: bool = False) -> Generation:
        """Starts to answer."""

        async def context() -> Context:
            return Context(completion_prompt(question.message))

        return self._generations.start(question, context, stream=stream)


class QAService:
    """Answers a question from what the knowledge base holds on it, and from nothing else."""

    def __init__(self, generations: Generations, retrieval: RetrievalService) -> None:
        self._generations = generations
        self._retrieval = retrieval

    def answer(self, question: QAMessage, *, stream: bool = False) -> Generation:
        """Starts to answer; without a relevant passage the answer says so and no model is asked."""

        async def context() -> Context:
            sources = await self._retrieval.relevant(
                question.message, limit=question.limit, filter=question.filter
            )
            return Context(qa_prompt(question.message, sources), sources)

        return self._generations.start(question, context, stream=stream)
