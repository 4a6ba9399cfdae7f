"""Set-up of the SDKs of mobile apps, and of senders that are no SDK. Pure. Source: their own documentation."""

from ingest.snippets.javascript import HELLO, INIT, maps
from ingest.snippets.steps import Snippet, Step, install, sh

_TITLE = "Tag errors with the id of the request that failed"

_NATIVE_TAG = """const send = globalThis.fetch;
globalThis.fetch = async (...request) => {
  const answer = await send(...request);
  const id = answer.headers.get("x-request-id");
  if (id && !answer.ok) Sentry.setTag("api_request_id", id);
  return answer;
};"""

_KOTLIN_TAG = """// An interceptor of OkHttp
class RequestIdInterceptor : Interceptor {
    override fun intercept(chain: Interceptor.Chain): Response {
        val response = chain.proceed(chain.request())
        val id = response.header("X-Request-Id")
        if (id != null && !response.isSuccessful) Sentry.setTag("api_request_id", id)
        return response
    }
}"""

_SWIFT_TAG = """let (data, response) = try await URLSession.shared.data(for: request)
if let answer = response as? HTTPURLResponse, answer.statusCode >= 400,
   let id = answer.value(forHTTPHeaderField: "X-Request-Id") {
    SentrySDK.configureScope { $0.setTag(value: id, key: "api_request_id") }
}"""

_FLUTTER_TAG = """// An interceptor of dio
dio.interceptors.add(InterceptorsWrapper(onError: (error, handler) {
  final id = error.response?.headers.value('x-request-id');
  if (id != null) Sentry.configureScope((scope) => scope.setTag('api_request_id', id));
  handler.next(error);
}));"""

_LOGSTASH = """output {
  http {
    url => "{base_url}/api/{project_id}/store/?sentry_key={public_key}"
    http_method => "post"
    format => "message"
    content_type => "application/json"
    message => '{"message": "%{message}", "level": "error", "platform": "other",
      "environment": "{environment}", "logger": "%{[log][logger]}",
      "tags": {"api_request_id": "%{[api_request_id]}", "host": "%{[host][name]}"}}'
  }
}"""

SNIPPETS = (
    Snippet(
        "react-native",
        "React Native",
        "Apps",
        (
            install("npm install @sentry/react-native"),
            Step(
                "Start it, in the first file of the app",
                f'import * as Sentry from "@sentry/react-native";\n\n{INIT}',
                "js",
            ),
            Step("Wrap the app", "export default Sentry.wrap(App);", "js"),
            HELLO,
        ),
        (Step(_TITLE, _NATIVE_TAG, "js"),),
        maps("dist"),
    ),
    Snippet(
        "android",
        "Kotlin · Android",
        "Apps",
        (
            Step(
                "Add the SDK, in app/build.gradle.kts",
                'implementation("io.sentry:sentry-android:8.+")',
            ),
            Step(
                "Start it, in the Application’s onCreate",
                "SentryAndroid.init(this) { options ->\n"
                '    options.dsn = "{dsn}"\n'
                '    options.environment = "{environment}"\n'
                '    options.release = "{slug}@1.0.0" // your version\n'
                "}",
            ),
            Step("Send something", 'Sentry.captureMessage("Hello from {slug}")'),
        ),
        (Step(_TITLE, _KOTLIN_TAG),),
    ),
    Snippet(
        "apple",
        "Swift · iOS",
        "Apps",
        (
            Step(
                "Add the package, in Xcode: File, Add Package Dependencies",
                "github.com/getsentry/sentry-cocoa",
            ),
            Step(
                "Start it, where the app begins",
                "import Sentry\n\nSentrySDK.start { options in\n"
                '    options.dsn = "{dsn}"\n'
                '    options.environment = "{environment}"\n'
                '    options.releaseName = "{slug}@1.0.0" // your version\n'
                "}",
            ),
            Step("Send something", 'SentrySDK.capture(message: "Hello from {slug}")'),
        ),
        (Step(_TITLE, _SWIFT_TAG),),
    ),
    Snippet(
        "flutter",
        "Flutter",
        "Apps",
        (
            install("flutter pub add sentry_flutter"),
            Step(
                "Start it, in main()",
                "Future<void> main() async {\n"
                "  await SentryFlutter.init(\n"
                "    (options) {\n"
                "      options.dsn = '{dsn}';\n"
                "      options.environment = '{environment}';\n"
                "      options.release = '{slug}@1.0.0'; // your version\n"
                "    },\n"
                "    appRunner: () => runApp(const MyApp()),\n"
                "  );\n}",
            ),
            Step("Send something", "await Sentry.captureMessage('Hello from {slug}');"),
        ),
        (Step(_TITLE, _FLUTTER_TAG),),
    ),
    Snippet(
        "logstash",
        "Logstash",
        "Without an SDK",
        (
            Step("Send lines on, in the pipeline’s output", _LOGSTASH),
            sh(
                "Send something",
                "logger 'Hello from {slug}'  # or whatever the pipeline's input reads",
            ),
        ),
    ),
    Snippet(
        "curl",
        "curl",
        "Without an SDK",
        (
            sh(
                "Send something",
                "curl -sS '{base_url}/api/{project_id}/store/' \\\n"
                "  -H 'X-Sentry-Auth: Sentry sentry_version=7, sentry_key={public_key}' \\\n"
                "  -H 'Content-Type: application/json' \\\n"
                '  -d \'{"message": "Hello from {slug}", "level": "info", "platform": "other", '
                '"environment": "{environment}", "release": "{slug}@1.0.0"}\'',
            ),
        ),
    ),
)
