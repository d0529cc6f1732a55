"""What a long chat costs: an answer in one of 2,000 messages beside one of 20 (the floor here)."""

from collections.abc import Iterator
from dataclasses import replace
from statistics import median
from typing import Final

from app.core.models import uuid7
from benchmarks.completions import COMPLETION
from benchmarks.report import Row
from benchmarks.rig import Plan, Reading, Rig

SHORT, LONG = 20, 2000  # messages
CALLS: Final = 30
WINDOW: Final = {"CONTEXT_WINDOW_TOKENS": "2048", "MAX_COMPLETION_TOKENS": "1024"}
FILL: Final = """
    WITH chat AS (INSERT INTO chat (uuid) VALUES (%s) RETURNING uuid),
    question AS (
        INSERT INTO message (uuid, chat_uuid, model, role, message, status)
        SELECT gen_random_uuid(), chat.uuid, 'm', 'user', 'Which port is port ' || n, 'complete'
        FROM chat, generate_series(1, %s) AS n
        RETURNING uuid, chat_uuid
    )
    INSERT INTO message (uuid, chat_uuid, question_uuid, model, role, message, status)
    SELECT
        gen_random_uuid(), chat_uuid, uuid, 'm', 'assistant', repeat('It is one of many. ', 10),
        'complete'
    FROM question
"""


def chats(rig: Rig, plan: Plan) -> Iterator[Row]:
    """`/v1/completion` in a chat, one caller; the window holds the same few turns of both."""
    with rig.brag(None, **WINDOW) as brag:
        readings: dict[int, list[Reading]] = {SHORT: [], LONG: []}
        for _ in range(plan.rounds + 1):
            for messages, those in readings.items():
                uuid = str(uuid7())
                rig.execute(FILL, uuid, messages // 2)
                load = replace(COMPLETION, calls_each=CALLS, chat_uuid=uuid)
                those.append(rig.measure(brag, load))
        short, long = (those[1:] for those in readings.values())  # the first ones load
        what = "`/v1/completion` in a chat of 2,000 messages (floor: of 20)"
        yield Row(f"{what}: ms, median", *(_milliseconds(those) for those in (short, long)))
        yield Row(
            f"{what}: CPU ms/request, with Postgres's",
            *(
                median(reading.server_ms + reading.postgres_ms for reading in those)
                for those in (short, long)
            ),
        )


def _milliseconds(readings: list[Reading]) -> float:
    return median(ms for reading in readings for ms in reading.outcome.answer_ms)
