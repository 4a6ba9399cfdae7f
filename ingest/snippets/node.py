"""Set-up of JavaScript's SDKs on a server. Pure. Source: their own documentation."""

from ingest.snippets.javascript import HELLO, INIT, TAG, maps
from ingest.snippets.steps import Snippet, Step, install

_FIRST = "Start it in instrument.mjs, and load that first: node --import ./instrument.mjs app.mjs"

_NODE_TAG = """import { randomUUID } from "node:crypto";

// Around the handler of http.createServer. Browsers of other origins also need
// Access-Control-Expose-Headers: X-Request-Id
export function withRequestId(handler) {
  return (req, res) => {
    const id = req.headers["x-request-id"] || randomUUID();
    res.setHeader("X-Request-Id", id);
    Sentry.getIsolationScope().setTag("api_request_id", id);
    return handler(req, res);
  };
}"""

_EXPRESS_TAG = """import { randomUUID } from "node:crypto";

// Before all routes. Browsers of other origins also need
// Access-Control-Expose-Headers: X-Request-Id
app.use((req, res, next) => {
  const id = req.get("x-request-id") || randomUUID();
  res.set("X-Request-Id", id);
  Sentry.getIsolationScope().setTag("api_request_id", id);
  next();
});"""

_NEXT_TAG = """import { NextResponse } from "next/server";

// middleware.js: every request gets an id, which route handlers find in their headers:
// Sentry.setTag("api_request_id", request.headers.get("x-request-id"));
export function middleware(request) {
  const headers = new Headers(request.headers);
  const id = headers.get("x-request-id") || crypto.randomUUID();
  headers.set("x-request-id", id);
  const answer = NextResponse.next({ request: { headers } });
  answer.headers.set("x-request-id", id);
  return answer;
}"""


def _tag(code: str) -> tuple[Step, ...]:
    return (Step("Tag errors with the request’s id", code, "js"),)


def _init(package: str) -> str:
    return f'import * as Sentry from "{package}";\n\n{INIT}'


SNIPPETS = (
    Snippet(
        "node",
        "Node.js",
        "Node",
        (install("npm install @sentry/node"), Step(_FIRST, _init("@sentry/node"), "js"), HELLO),
        _tag(_NODE_TAG),
        maps("dist"),
    ),
    Snippet(
        "node-express",
        "Express",
        "Node",
        (
            install("npm install @sentry/node"),
            Step(_FIRST, _init("@sentry/node"), "js"),
            Step(
                "Hand errors over, after all routes", "Sentry.setupExpressErrorHandler(app);", "js"
            ),
            HELLO,
        ),
        _tag(_EXPRESS_TAG),
        maps("dist"),
    ),
    Snippet(
        "node-nestjs",
        "NestJS",
        "Node",
        (
            install("npm install @sentry/nestjs"),
            Step(
                "Start it in src/instrument.ts, and import that first in main.ts",
                _init("@sentry/nestjs"),
                "js",
            ),
            Step(
                "Hand errors over, in app.module.ts",
                'import { Module } from "@nestjs/common";\n'
                'import { APP_FILTER } from "@nestjs/core";\n'
                'import { SentryGlobalFilter, SentryModule } from "@sentry/nestjs/setup";\n\n'
                "@Module({\n"
                "  imports: [SentryModule.forRoot()],\n"
                "  providers: [{ provide: APP_FILTER, useClass: SentryGlobalFilter }],\n"
                "})\nexport class AppModule {}",
            ),
            HELLO,
        ),
        _tag(_EXPRESS_TAG),
        maps("dist"),
    ),
    Snippet(
        "javascript-nextjs",
        "Next.js",
        "Node",
        (
            install("npm install @sentry/nextjs"),
            Step(
                "Start it in the browser, in instrumentation-client.js",
                _init("@sentry/nextjs"),
                "js",
            ),
            Step("On the server, in sentry.server.config.js", _init("@sentry/nextjs"), "js"),
            Step(
                "Load that, in instrumentation.js",
                'import * as Sentry from "@sentry/nextjs";\n\n'
                "export async function register() {\n"
                '  if (process.env.NEXT_RUNTIME === "nodejs") await import("./sentry.server.config.js");\n'
                "}\n\nexport const onRequestError = Sentry.captureRequestError;",
                "js",
            ),
            HELLO,
        ),
        (*_tag(_NEXT_TAG), TAG),
        maps(".next"),
    ),
)
