"""What walls between people cost: knowing the caller, and row-level security behind each query.

Here the floor is bRAG itself without the wall, in the same run.
"""

from collections.abc import Iterator
from dataclasses import replace
from statistics import median
from typing import Final
from uuid import uuid4

from app.users.tokens import hash_key, new_api_key
from benchmarks.completions import COMPLETION, QA
from benchmarks.load import Load
from benchmarks.report import Row
from benchmarks.rig import Plan, Reading, Rig

CALLERS: Final = 16
TURNS: Final = 3  # as many rounds as others: the differences are small
GUARDED: Final = {
    "AUTH_REQUIRED": "true",
    "RATE_LIMIT_PER_MINUTE": "1000000",
    "MAX_GENERATIONS_PER_USER": "1000",
    "SECRET_KEY": "s" * 32,
    "PUBLIC_URL": "http://benchmark",
}
POLICIES: Final = """
    DO $$ DECLARE name text; BEGIN
        FOR name IN SELECT DISTINCT tablename FROM pg_policies LOOP
            EXECUTE format('ALTER TABLE %I {} ROW LEVEL SECURITY', name);
        END LOOP;
    END $$
"""


def walls(rig: Rig, plan: Plan) -> Iterator[Row]:
    """`/v1/completion` with a key beside without, and with policies beside without."""
    yield from _authentication(rig, plan)
    with rig.brag() as brag:
        for answers in (COMPLETION, QA):
            load = replace(answers, callers=CALLERS, seconds=plan.seconds)
            rig.measure(brag, replace(load, seconds=0.5))
            readings: dict[str, list[Reading]] = {"DISABLE": [], "ENABLE": []}
            for _ in range(TURNS * plan.rounds):
                for switch, those in readings.items():
                    rig.execute(POLICIES.format(switch))
                    those.append(rig.measure(brag, load))
            yield _row(load, "row-level security", *readings.values())


def _authentication(rig: Rig, plan: Plan) -> Iterator[Row]:
    key = new_api_key()
    _insert_key(rig, key)
    with rig.brag() as without, rig.brag(rig.empty_store(), **GUARDED) as guarded:
        load = replace(COMPLETION, callers=CALLERS, seconds=plan.seconds)
        with_key = replace(load, authorization=f"Bearer {key}")
        rig.measure(guarded, replace(with_key, seconds=0.5))
        open_ones, guarded_ones = list[Reading](), list[Reading]()
        for _ in range(TURNS * plan.rounds):
            open_ones.append(rig.measure(without, load))
            guarded_ones.append(rig.measure(guarded, with_key))
        yield _row(load, "an API key and a rate limit", open_ones, guarded_ones)


def _row(load: Load, wall: str, without: list[Reading], behind: list[Reading]) -> Row:
    return Row(
        f"`{load.path}`, {load.callers} callers, {wall}: CPU ms/request, with Postgres's",
        *(
            median(reading.server_ms + reading.postgres_ms for reading in readings)
            for readings in (without, behind)
        ),
    )


def _insert_key(rig: Rig, key: str) -> None:
    rig.execute(
        "WITH owner AS (INSERT INTO users (uuid, email) VALUES (%s, 'ann@example.com') "
        "RETURNING id) INSERT INTO api_key (uuid, user_id, name, scopes, prefix, last_four, "
        "key_hash) SELECT %s, id, 'benchmark', '{read,ask,ingest}', '', '', %s FROM owner",
        str(uuid4()),
        str(uuid4()),
        hash_key(key),
    )
