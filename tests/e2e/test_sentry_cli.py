"""The real sentry-cli, both lines of it, against a running server. Unmodified: only its settings lead here."""

import json
import subprocess
from pathlib import Path

import pytest

from tests.servers import ROOT, Server, settings_of

pytestmark = [pytest.mark.once, pytest.mark.long]

NODE = ROOT / "tests" / "node" / "node_modules"
PROGRAMS = {
    "3": NODE / "@sentry" / "cli" / "bin" / "sentry-cli",
    "2": NODE / "sentry-cli-2" / "bin" / "sentry-cli",
}


class Cli:
    def __init__(self, program: Path, directory: Path, environment: dict[str, str]) -> None:
        self._program = program
        self._directory = directory
        self._environment = environment

    def __call__(self, *words: str, fails: bool = False) -> str:
        """What it prints. Fails if it does not end as it should."""
        done = subprocess.run(
            ["node", str(self._program), *words],
            cwd=self._directory,
            env=self._environment,
            capture_output=True,
            text=True,
            timeout=60,
        )
        assert (done.returncode != 0) == fails, f"{words}: {done.stdout}{done.stderr}"
        return done.stdout + done.stderr


@pytest.fixture(params=PROGRAMS)
def cli(request: pytest.FixtureRequest, server: Server, tmp_path: Path) -> Cli:
    program = PROGRAMS[request.param]
    if not program.exists():
        pytest.skip("sentry-cli is not installed; `make test` installs it")
    name = f"Cli {request.node.name}"[:50]
    made = json.loads(server.command("create-project", name, "--json").stdout)
    token = server.command("create-token", "--scopes", "everything").stdout.strip()
    return Cli(
        program,
        tmp_path,
        settings_of(
            {
                "SENTRY_AUTH_TOKEN": token,
                "SENTRY_URL": server.url,
                "SENTRY_ORG": "bugsink",
                "SENTRY_PROJECT": made["slug"],
                "SENTRY_DSN": made["dsn"],
                "HOME": str(tmp_path),
                "SENTRY_NO_UPDATE_CHECK": "1",
            }
        ),
    )


def test_it_knows_where_it_is(cli: Cli) -> None:
    assert "Not authenticated" not in cli("info")
    assert "bugsink" in cli("organizations", "list")
    assert "Cli" in cli("projects", "list")
    cli("monitors", "list")
    cli("repos", "list")


def test_a_release_is_made_and_told(cli: Cli, tmp_path: Path, server: Server) -> None:
    git = ("git", "-c", "user.name=Ann", "-c", "user.email=ann@example.com")
    for words in (("init", "-q"), ("commit", "-q", "--allow-empty", "-m", "Mend")):
        subprocess.run([*git, *words], cwd=tmp_path, check=True)
    version = "cli@1.0+7"
    cli("releases", "new", version)
    cli("releases", "finalize", version)
    cli("releases", "set-commits", version, "--local")
    assert version in cli("releases", "list")
    assert version in cli("releases", "info", version, "-P", "-C")
    assert ("Mend",) in server.query("SELECT message FROM projects_commit")
    cli("deploys", "new", "--release", version, "-e", "production")
    assert "production" in cli("deploys", "list", "--release", version)
    cli("releases", "archive", version)
    cli("releases", "restore", version)
    cli("releases", "delete", version)


def test_source_maps_are_injected_and_uploaded(cli: Cli, tmp_path: Path, server: Server) -> None:
    dist = tmp_path / "dist"
    dist.mkdir()
    (dist / "app.js").write_text("console.log(1);\n//# sourceMappingURL=app.js.map\n")
    (dist / "app.js.map").write_text(
        '{"version":3,"sources":["a.js"],"sourcesContent":["console.log(1);"],"names":[],"mappings":"AAAA"}'
    )
    cli("sourcemaps", "inject", str(dist))
    before = server.count("api_artifactbundle")
    cli("sourcemaps", "upload", "--wait", "--release", f"maps@{before}", str(dist))
    assert server.count("api_artifactbundle") == before + 1


def test_what_is_sent_arrives(cli: Cli, server: Server) -> None:
    before = server.count("issues_event")
    cli("send-event", "-m", "hello from the command line")
    cli("monitors", "run", "nightly", "--", "true")
    server.wait_for_events(before + 1)


def test_debug_files_get_a_clear_answer(cli: Cli, tmp_path: Path) -> None:
    # A real program of this machine is a debug file like any other.
    (tmp_path / "program").write_bytes(Path("/bin/ls").read_bytes())
    said = cli("debug-files", "upload", str(tmp_path), fails=True)
    # The older line tries another way of uploading first.
    assert "error" in said
    assert "not supported" in said or "Project not found" not in said
