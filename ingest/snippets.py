"""The lines that make an SDK send here, for each platform. Pure.

`{dsn}`, `{slug}`, `{base_url}`, `{project_id}` and `{public_key}` are filled in. Source: each SDK's own documentation.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Step:
    title: str
    code: str


@dataclass(frozen=True, slots=True)
class Snippet:
    key: str
    label: str
    steps: tuple[Step, ...]


def _python(key: str, label: str, package: str, where: str, more: str = "") -> Snippet:
    return Snippet(
        key,
        label,
        (
            Step("Install the SDK", f'pip install "{package}"'),
            Step(
                f"Start it, once, {where}",
                "import sentry_sdk\n\n"
                "sentry_sdk.init(\n"
                '    dsn="{dsn}",\n'
                '    environment="production",\n'
                '    release="{slug}@1.0.0",  # your version or commit\n'
                f")\n{more}".rstrip("\n"),
            ),
            Step("Send something", 'sentry_sdk.capture_message("Hello from {slug}")'),
        ),
    )


_BROWSER_INIT = """Sentry.init({
  dsn: "{dsn}",
  environment: "production",
  release: "{slug}@1.0.0", // your version or commit
});"""

_HELLO_JS = 'Sentry.captureMessage("Hello from {slug}");'

_ALL = (
    _python("python", "Python", "sentry-sdk", "where the program begins"),
    _python("python-django", "Django", "sentry-sdk[django]", "in settings.py"),
    _python(
        "python-flask", "Flask", "sentry-sdk[flask]", "before the app is made",
        "\napp = Flask(__name__)",
    ),
    _python(
        "python-fastapi", "FastAPI", "sentry-sdk[fastapi]", "before the app is made",
        "\napp = FastAPI()",
    ),
    Snippet("javascript", "JavaScript", (
        Step("Install the SDK", "npm install @sentry/browser"),
        Step("Start it, before your own code", f'import * as Sentry from "@sentry/browser";\n\n{_BROWSER_INIT}'),
        Step("Send something", _HELLO_JS),
    )),
    Snippet("javascript-react", "React", (
        Step("Install the SDK", "npm install @sentry/react"),
        Step(
            "Start it, before the root is made",
            'import * as Sentry from "@sentry/react";\n'
            f'import {{ createRoot }} from "react-dom/client";\n\n{_BROWSER_INIT}\n\n'
            'createRoot(document.getElementById("root"), {\n'
            "  onUncaughtError: Sentry.reactErrorHandler(),\n"
            "  onCaughtError: Sentry.reactErrorHandler(),\n"
            "}).render(<App />);",
        ),
        Step("Send something", _HELLO_JS),
    )),
    Snippet("node", "Node.js", (
        Step("Install the SDK", "npm install @sentry/node"),
        Step(
            "Start it in instrument.mjs, and load that first: node --import ./instrument.mjs app.mjs",
            f'import * as Sentry from "@sentry/node";\n\n{_BROWSER_INIT}',
        ),
        Step("Send something", _HELLO_JS),
    )),
    Snippet("node-express", "Express", (
        Step("Install the SDK", "npm install @sentry/node"),
        Step(
            "Start it in instrument.mjs, and load that first: node --import ./instrument.mjs app.mjs",
            f'import * as Sentry from "@sentry/node";\n\n{_BROWSER_INIT}',
        ),
        Step("Hand errors over, after all routes", "Sentry.setupExpressErrorHandler(app);"),
        Step("Send something", _HELLO_JS),
    )),
    Snippet("go", "Go", (
        Step("Install the SDK", "go get github.com/getsentry/sentry-go"),
        Step(
            "Start it, once, in main()",
            "err := sentry.Init(sentry.ClientOptions{\n"
            '\tDsn:         "{dsn}",\n'
            '\tEnvironment: "production",\n'
            '\tRelease:     "{slug}@1.0.0", // your version or commit\n'
            "})\n"
            "if err != nil {\n\tlog.Fatal(err)\n}\n"
            "defer sentry.Flush(2 * time.Second)",
        ),
        Step("Send something", 'sentry.CaptureMessage("Hello from {slug}")'),
    )),
    Snippet("php", "PHP", (
        Step("Install the SDK", "composer require sentry/sentry"),
        Step(
            "Start it, as early as you can",
            "\\Sentry\\init([\n"
            "    'dsn' => '{dsn}',\n"
            "    'environment' => 'production',\n"
            "    'release' => '{slug}@1.0.0', // your version or commit\n"
            "]);",
        ),
        Step("Send something", "\\Sentry\\captureMessage('Hello from {slug}');"),
    )),
    Snippet("php-laravel", "Laravel", (
        Step("Install the SDK", "composer require sentry/sentry-laravel"),
        Step(
            "Hand exceptions over, in bootstrap/app.php",
            "->withExceptions(function (Exceptions $exceptions) {\n"
            "    \\Sentry\\Laravel\\Integration::handles($exceptions);\n"
            "})",
        ),
        Step(
            "Set the DSN, in .env",
            "SENTRY_LARAVEL_DSN={dsn}\nSENTRY_ENVIRONMENT=production\nSENTRY_RELEASE={slug}@1.0.0",
        ),
        Step("Send something", "php artisan sentry:test"),
    )),
    Snippet("ruby", "Ruby", (
        Step("Install the SDK", "bundle add sentry-ruby   # and sentry-rails for Rails"),
        Step(
            "Start it, once (Rails: config/initializers/sentry.rb)",
            "Sentry.init do |config|\n"
            '  config.dsn = "{dsn}"\n'
            '  config.environment = "production"\n'
            '  config.release = "{slug}@1.0.0" # your version or commit\n'
            "  config.breadcrumbs_logger = [:active_support_logger, :http_logger]\n"
            "end",
        ),
        Step("Send something", 'Sentry.capture_message("Hello from {slug}")'),
    )),
    Snippet("java", "Java", (
        Step(
            "Add the SDK (Gradle; for Spring Boot take sentry-spring-boot-starter-jakarta)",
            'implementation "io.sentry:sentry:8.+"',
        ),
        Step(
            "Start it, once, in main()",
            "Sentry.init(options -> {\n"
            '  options.setDsn("{dsn}");\n'
            '  options.setEnvironment("production");\n'
            '  options.setRelease("{slug}@1.0.0"); // your version or commit\n'
            "});",
        ),
        Step("Send something", 'Sentry.captureMessage("Hello from {slug}");'),
    )),
    Snippet("csharp", "C#", (
        Step("Install the SDK", "dotnet add package Sentry   # ASP.NET Core: Sentry.AspNetCore"),
        Step(
            "Start it, once, where the program begins",
            "SentrySdk.Init(options =>\n{\n"
            '    options.Dsn = "{dsn}";\n'
            '    options.Environment = "production";\n'
            '    options.Release = "{slug}@1.0.0"; // your version or commit\n'
            "});",
        ),
        Step("Send something", 'SentrySdk.CaptureMessage("Hello from {slug}");'),
    )),
    Snippet("rust", "Rust", (
        Step("Add the SDK", "cargo add sentry"),
        Step(
            "Start it in main(), and keep the guard",
            "let _guard = sentry::init((\n"
            '    "{dsn}",\n'
            "    sentry::ClientOptions {\n"
            "        release: sentry::release_name!(),\n"
            '        environment: Some("production".into()),\n'
            "        ..Default::default()\n"
            "    },\n"
            "));",
        ),
        Step("Send something", 'sentry::capture_message("Hello from {slug}", sentry::Level::Info);'),
    )),
    Snippet("curl", "curl", (
        Step(
            "Send something",
            "curl -sS '{base_url}/api/{project_id}/store/' \\\n"
            "  -H 'X-Sentry-Auth: Sentry sentry_version=7, sentry_key={public_key}' \\\n"
            "  -H 'Content-Type: application/json' \\\n"
            "  -d '{\"message\": \"Hello from {slug}\", \"level\": \"info\", \"platform\": \"other\"}'",
        ),
    )),
)  # fmt: skip

SNIPPETS = {snippet.key: snippet for snippet in _ALL}


def for_platform(platform: str) -> Snippet:
    """Also for a platform we have no lines for: its family's, else Python's."""
    family = platform.partition("-")[0]
    return SNIPPETS.get(platform) or SNIPPETS.get(family) or SNIPPETS["python"]


def fill(
    snippet: Snippet, *, dsn: str, slug: str, base_url: str, project_id: int, public_key: str
) -> tuple[Step, ...]:
    # replace(), not format(): code is full of braces.
    values = {
        "{dsn}": dsn or "this project has no active key",
        "{slug}": slug,
        "{base_url}": base_url,
        "{project_id}": str(project_id),
        "{public_key}": public_key,
    }

    def filled(text: str) -> str:
        for name, value in values.items():
            text = text.replace(name, value)
        return text

    return tuple(Step(step.title, filled(step.code)) for step in snippet.steps)
