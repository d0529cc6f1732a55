"""deploy/kubernetes: Kubernetes takes every object, and it means what the service needs."""

from typing import Any, Final

import pytest
import yaml
from kubernetes_validate import validate

from app.core.constants import HEALTH_PATHS, ROOT
from settings import Settings
from tests.support.container_files import Stage

Json = dict[str, Any]
FOLDER: Final = ROOT / "deploy" / "kubernetes"
VERSION: Final = "1.34"  # the first with a `sleep` that is stable
OBJECTS: Final[dict[str, Json]] = {
    file.name: yaml.safe_load(file.read_text()) for file in FOLDER.glob("*.yaml")
}
KUSTOMIZATION: Final = OBJECTS.pop("kustomization.yaml")
CONFIG: Final[dict[str, str]] = OBJECTS["config.yaml"]["data"]
SECRET: Final[dict[str, str]] = OBJECTS["secret.example.yaml"]["stringData"]
JOB: Final[Json] = OBJECTS["migration.yaml"]["spec"]["template"]
API: Final[Json] = OBJECTS["deployment.yaml"]["spec"]["template"]
PROBES: Final = {"startup": "/healthcheck", "liveness": "/healthcheck", "readiness": "/readiness"}
TEMPLATES: Final = pytest.mark.parametrize("template", [API, JOB], ids=["api", "migration"])


def container(template: Json) -> Json:
    """The only container of a pod."""
    [only] = template["spec"]["containers"]
    found: Json = only
    return found


class TestObjects:
    @pytest.mark.parametrize("name", OBJECTS)
    def test_valid(self, name: str) -> None:
        """Every object is one of Kubernetes' API, without a field that it does not know."""
        assert validate(OBJECTS[name], VERSION, strict=True) == VERSION

    def test_all_are_applied(self) -> None:
        """Every file is applied, but for the example of a secret."""
        assert {*KUSTOMIZATION["resources"]} == OBJECTS.keys() - {"secret.example.yaml"}

    def test_labels(self) -> None:
        """What selects pods selects those of the API; the walls stand around the job's as well."""
        labels = API["metadata"]["labels"]
        assert OBJECTS["deployment.yaml"]["spec"]["selector"]["matchLabels"] == labels
        assert OBJECTS["service.yaml"]["spec"]["selector"] == labels
        assert OBJECTS["disruption.yaml"]["spec"]["selector"]["matchLabels"] == labels
        walled = OBJECTS["network.yaml"]["spec"]["podSelector"]["matchLabels"]
        for template in (API, JOB):
            assert walled.items() <= template["metadata"]["labels"].items()
        assert JOB["metadata"]["labels"] != labels

    def test_autoscaler(self) -> None:
        """It scales the API, whose number of pods nothing else sets, by what the API exports."""
        spec, deployment = OBJECTS["autoscaler.yaml"]["spec"], OBJECTS["deployment.yaml"]
        target = {"kind": "Deployment", "name": deployment["metadata"]["name"]}
        assert target.items() <= spec["scaleTargetRef"].items()
        assert "replicas" not in deployment["spec"]
        assert spec["metrics"][0]["pods"]["metric"] == {"name": "brag_generations_in_flight"}


class TestSettings:
    def test_variables(self) -> None:
        """Every variable is a setting, each with a value that the service takes."""
        assert CONFIG.keys() | SECRET.keys() <= Settings.model_fields.keys()
        assert not CONFIG.keys() & SECRET.keys()
        settings = Settings(**CONFIG | SECRET)  # type: ignore[arg-type]  # as the environment has them
        assert (settings.requires_auth, settings.WORKERS) == (True, 1)

    def test_secrets(self) -> None:
        """What no log may show stands in the secret, and nothing else does."""
        settings = Settings(**CONFIG | SECRET)  # type: ignore[arg-type]  # as the environment has them
        hidden = {name for name, value in settings if type(value).__name__ == "SecretStr"}
        assert hidden == SECRET.keys()

    @TEMPLATES
    def test_given(self, template: Json) -> None:
        """Both are told the config map and the secret."""
        assert container(template)["envFrom"] == [
            {"configMapRef": {"name": OBJECTS["config.yaml"]["metadata"]["name"]}},
            {"secretRef": {"name": OBJECTS["secret.example.yaml"]["metadata"]["name"]}},
        ]


class TestCommands:
    def test_of_the_image(self) -> None:
        """The job and the API together do what the image does alone: migrate, then serve."""
        shell = Stage.read_all()[-1].command[-1]
        commands = [" ".join(container(template)["command"]) for template in (JOB, API)]
        assert shell.split(" && exec ") == commands

    def test_probes(self) -> None:
        """Each probe asks for a path that is there, on the port that the API listens on."""
        api = container(API)
        [port] = api["ports"]
        assert str(port["containerPort"]) == CONFIG["PORT"]
        for probe, path in PROBES.items():
            asked = api[f"{probe}Probe"]["httpGet"]
            assert asked["path"] == path
            assert asked["port"] == port["name"]
        assert {*PROBES.values()} == {*HEALTH_PATHS}

    def test_streams_may_finish(self) -> None:
        """Kubernetes waits for longer than what comes before the end before it kills."""
        sleep = container(API)["lifecycle"]["preStop"]["sleep"]["seconds"]
        grace = sleep + int(CONFIG["GRACEFUL_TIMEOUT_SEC"]) + 5
        assert API["spec"]["terminationGracePeriodSeconds"] >= grace

    @TEMPLATES
    def test_confined(self, template: Json) -> None:
        """No pod is root, gets more rights, changes its image or knows the cluster's API."""
        spec, own = template["spec"], container(template)
        assert spec["securityContext"]["runAsNonRoot"]
        assert spec["securityContext"]["runAsUser"] > 0
        assert spec["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
        assert own["securityContext"] == {
            "allowPrivilegeEscalation": False,
            "readOnlyRootFilesystem": True,
            "capabilities": {"drop": ["ALL"]},
        }
        assert spec["automountServiceAccountToken"] is False
        assert own["resources"]["limits"]["memory"]
        assert all(volume["emptyDir"]["sizeLimit"] for volume in spec["volumes"])

    def test_data_can_be_written(self) -> None:
        """DATA_DIR lies where the API can write."""
        [mount] = container(API)["volumeMounts"]
        assert CONFIG["DATA_DIR"].startswith(f"{mount['mountPath']}/")
