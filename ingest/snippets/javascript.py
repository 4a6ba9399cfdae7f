"""Set-up of JavaScript's SDKs, in the browser. Pure. Source: their own documentation."""

from ingest.snippets.steps import Snippet, Step, install, sh

INIT = """Sentry.init({
  dsn: "{dsn}",
  environment: "{environment}",
  release: "{slug}@1.0.0", // your version or commit
});"""
HELLO = Step("Send something", 'Sentry.captureMessage("Hello from {slug}");', "js")

TAG = Step(
    "Tag errors with the id of the request that failed",
    """// Beside Sentry.init. An API of another origin must also answer with
// Access-Control-Expose-Headers: X-Request-Id
const send = window.fetch;
window.fetch = async (...request) => {
  const answer = await send(...request);
  const id = answer.headers.get("x-request-id");
  if (id && !answer.ok) Sentry.setTag("api_request_id", id);
  return answer;
};""",
    "js",
)


def maps(directory: str) -> tuple[Step, ...]:
    """sentry-cli reads the rest from the environment."""
    return (
        sh(
            "Put ids into bundles and maps, after each build",
            f"npx sentry-cli sourcemaps inject {directory}",
        ),
        sh(
            "Upload them, once this server takes uploads: this version does not yet",
            "export SENTRY_URL='{base_url}' SENTRY_ORG='{organization}' SENTRY_PROJECT='{slug}'\n"
            "export SENTRY_AUTH_TOKEN='…'  # bugsink-lite create-token\n"
            f"npx sentry-cli sourcemaps upload --release '{{slug}}@1.0.0' {directory}",
        ),
    )


def _start(code: str, title: str = "Start it, before your own code", language: str = "js") -> Step:
    return Step(title, code, language)


def _browser(key: str, label: str, package: str, *steps: Step, directory: str = "dist") -> Snippet:
    return Snippet(
        key,
        label,
        "Browser",
        (install(f"npm install {package}"), *steps, HELLO),
        (TAG,),
        maps(directory),
    )


SNIPPETS = (
    _browser(
        "javascript",
        "JavaScript",
        "@sentry/browser",
        _start(f'import * as Sentry from "@sentry/browser";\n\n{INIT}'),
    ),
    _browser(
        "javascript-react",
        "React",
        "@sentry/react",
        _start(
            'import * as Sentry from "@sentry/react";\n'
            f'import {{ createRoot }} from "react-dom/client";\n\n{INIT}\n\n'
            'createRoot(document.getElementById("root"), {\n'
            "  onUncaughtError: Sentry.reactErrorHandler(),\n"
            "  onCaughtError: Sentry.reactErrorHandler(),\n"
            "}).render(<App />);",
            "Start it, before the root is made",
            "",
        ),
    ),
    _browser(
        "javascript-vue",
        "Vue",
        "@sentry/vue",
        _start(
            'import * as Sentry from "@sentry/vue";\n'
            'import { createApp } from "vue";\nimport App from "./App.vue";\n\n'
            "const app = createApp(App);\n\n"
            + INIT.replace("({\n", "({\n  app,\n")
            + '\n\napp.mount("#app");',
            "Start it, before the app is mounted",
        ),
    ),
    _browser(
        "javascript-angular",
        "Angular",
        "@sentry/angular",
        _start(
            f'import * as Sentry from "@sentry/angular";\n\n{INIT}',
            "Start it, in main.ts, before bootstrapApplication",
        ),
        _start(
            'import { ErrorHandler } from "@angular/core";\nimport * as Sentry from "@sentry/angular";\n\n'
            "export const appConfig = {\n"
            "  providers: [{ provide: ErrorHandler, useValue: Sentry.createErrorHandler() }],\n};",
            "Hand errors over, in app.config.ts",
        ),
    ),
    _browser(
        "javascript-svelte",
        "Svelte",
        "@sentry/svelte",
        _start(
            'import * as Sentry from "@sentry/svelte";\nimport { mount } from "svelte";\n'
            'import App from "./App.svelte";\n\n'
            + INIT
            + '\n\nmount(App, { target: document.getElementById("app") });',
            "Start it, in main.js, before the app is mounted",
        ),
    ),
)
