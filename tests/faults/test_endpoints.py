"""The table of endpoints, beside the OpenAPI document."""

from tests.faults.endpoints import ENDPOINTS


def test_every_endpoint_has_a_request(documented: dict[str, set[str]]) -> None:
    """An endpoint that is new has to say how it is asked, or the fault suite would miss it."""
    assert set(ENDPOINTS) == set(documented)
