"""Set-up of the SDKs of other languages on servers. Pure. Source: their own documentation."""

from ingest.snippets.steps import Snippet, Step, install

_TITLE = "Tag errors with the request’s id"

_GO_TAG = """// Around your handler, inside sentryhttp.New(sentryhttp.Options{}).Handle(…).
func withRequestID(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		id := r.Header.Get("X-Request-Id")
		if id == "" {
			id = uuid.NewString() // github.com/google/uuid
		}
		w.Header().Set("X-Request-Id", id)
		if hub := sentry.GetHubFromContext(r.Context()); hub != nil {
			hub.Scope().SetTag("api_request_id", id)
		}
		next.ServeHTTP(w, r)
	})
}"""

_SPRING_TAG = """@Component
public class RequestIdFilter extends OncePerRequestFilter {
  @Override
  protected void doFilterInternal(
      HttpServletRequest request, HttpServletResponse response, FilterChain chain)
      throws ServletException, IOException {
    String known = request.getHeader("X-Request-Id");
    String id = known != null ? known : UUID.randomUUID().toString();
    response.setHeader("X-Request-Id", id);
    Sentry.setTag("api_request_id", id);
    chain.doFilter(request, response);
  }
}"""

_NET_TAG = """app.Use(async (context, next) =>
{
    var known = context.Request.Headers["X-Request-Id"].FirstOrDefault();
    var id = known ?? Guid.NewGuid().ToString("N");
    context.Response.Headers["X-Request-Id"] = id;
    SentrySdk.ConfigureScope(scope => scope.SetTag("api_request_id", id));
    await next();
});"""

_PHP_TAG = """$id = $_SERVER['HTTP_X_REQUEST_ID'] ?? bin2hex(random_bytes(16));
header("X-Request-Id: $id");
\\Sentry\\configureScope(fn (\\Sentry\\State\\Scope $scope) => $scope->setTag('api_request_id', $id));"""

_LARAVEL_TAG = """// app/Http/Middleware/RequestId.php; in bootstrap/app.php: $middleware->append(RequestId::class)
class RequestId
{
    public function handle(Request $request, Closure $next)
    {
        $id = $request->header('X-Request-Id') ?? (string) Str::uuid();
        \\Sentry\\configureScope(fn ($scope) => $scope->setTag('api_request_id', $id));
        $response = $next($request);
        $response->headers->set('X-Request-Id', $id);
        return $response;
    }
}"""

_SYMFONY_TAG = """final class RequestIdListener
{
    #[AsEventListener]
    public function begin(RequestEvent $event): void
    {
        $request = $event->getRequest();
        $id = $request->headers->get('X-Request-Id') ?? bin2hex(random_bytes(16));
        $request->attributes->set('request_id', $id);
        \\Sentry\\configureScope(fn ($scope) => $scope->setTag('api_request_id', $id));
    }

    #[AsEventListener]
    public function answer(ResponseEvent $event): void
    {
        $id = $event->getRequest()->attributes->get('request_id');
        $event->getResponse()->headers->set('X-Request-Id', $id);
    }
}"""

_RUBY_TAG = """# Rack middleware: use RequestId
class RequestId
  def initialize(app)
    @app = app
  end

  def call(env)
    id = env["HTTP_X_REQUEST_ID"] || SecureRandom.uuid
    Sentry.set_tags(api_request_id: id)
    status, headers, body = @app.call(env)
    [status, headers.merge("x-request-id" => id), body]
  end
end"""

_RAILS_TAG = """# Rails answers with X-Request-Id already; the tag is missing.
class ApplicationController < ActionController::Base
  before_action { Sentry.set_tags(api_request_id: request.request_id) }
end"""

_ELIXIR_TAG = """# In the endpoint or router, after plug Plug.RequestId, which answers with x-request-id
plug :tag_request

defp tag_request(conn, _options) do
  [id | _] = Plug.Conn.get_resp_header(conn, "x-request-id")
  Sentry.Context.set_tags_context(%{api_request_id: id})
  conn
end"""

_RUST_TAG = """// In a middleware of your framework, inside the request's own hub (sentry-tower, sentry-actix)
sentry::configure_scope(|scope| scope.set_tag("api_request_id", &request_id));
response.headers_mut().insert("x-request-id", request_id.parse()?);"""


SNIPPETS = (
    Snippet("go", "Go", "Servers", (
        install("go get github.com/getsentry/sentry-go"),
        Step(
            "Start it, once, in main()",
            "err := sentry.Init(sentry.ClientOptions{\n"
            '\tDsn:         "{dsn}",\n'
            '\tEnvironment: "{environment}",\n'
            '\tRelease:     "{slug}@1.0.0", // your version or commit\n'
            "})\n"
            "if err != nil {\n\tlog.Fatal(err)\n}\n"
            "defer sentry.Flush(2 * time.Second)",
            "go",
        ),
        Step("Send something", 'sentry.CaptureMessage("Hello from {slug}")', "go"),
    ), (Step(_TITLE, _GO_TAG, "go"),)),
    Snippet("java", "Java", "Servers", (
        Step("Add the SDK (Gradle)", 'implementation "io.sentry:sentry:8.+"'),
        Step(
            "Start it, once, in main()",
            "Sentry.init(options -> {\n"
            '  options.setDsn("{dsn}");\n'
            '  options.setEnvironment("{environment}");\n'
            '  options.setRelease("{slug}@1.0.0"); // your version or commit\n'
            "});",
        ),
        Step("Send something", 'Sentry.captureMessage("Hello from {slug}");'),
    ), (Step(_TITLE, 'Sentry.setTag("api_request_id", requestId);\nresponse.setHeader("X-Request-Id", requestId);'),)),
    Snippet("java-spring", "Spring Boot", "Servers", (
        Step("Add the SDK (Gradle)", 'implementation "io.sentry:sentry-spring-boot-starter-jakarta:8.+"'),
        Step(
            "Set it up, in application.properties",
            "sentry.dsn={dsn}\nsentry.environment={environment}\nsentry.release={slug}@1.0.0",
        ),
        Step("Send something", 'Sentry.captureMessage("Hello from {slug}");'),
    ), (Step(_TITLE, _SPRING_TAG),)),
    Snippet("csharp", ".NET", "Servers", (
        install("dotnet add package Sentry.AspNetCore   # without ASP.NET: Sentry"),
        Step(
            "Start it, in Program.cs (without ASP.NET: SentrySdk.Init)",
            "builder.WebHost.UseSentry(options =>\n{\n"
            '    options.Dsn = "{dsn}";\n'
            '    options.Environment = "{environment}";\n'
            '    options.Release = "{slug}@1.0.0"; // your version or commit\n'
            "});",
        ),
        Step("Send something", 'SentrySdk.CaptureMessage("Hello from {slug}");'),
    ), (Step(_TITLE, _NET_TAG),)),
    Snippet("php", "PHP", "Servers", (
        install("composer require sentry/sentry"),
        Step(
            "Start it, as early as you can",
            "\\Sentry\\init([\n"
            "    'dsn' => '{dsn}',\n"
            "    'environment' => '{environment}',\n"
            "    'release' => '{slug}@1.0.0', // your version or commit\n"
            "]);",
        ),
        Step("Send something", "\\Sentry\\captureMessage('Hello from {slug}');"),
    ), (Step(_TITLE, _PHP_TAG),)),
    Snippet("php-laravel", "Laravel", "Servers", (
        install("composer require sentry/sentry-laravel"),
        Step(
            "Hand exceptions over, in bootstrap/app.php",
            "->withExceptions(function (Exceptions $exceptions) {\n"
            "    \\Sentry\\Laravel\\Integration::handles($exceptions);\n"
            "})",
        ),
        Step(
            "Set the DSN, in .env",
            "SENTRY_LARAVEL_DSN={dsn}\nSENTRY_ENVIRONMENT={environment}\nSENTRY_RELEASE={slug}@1.0.0",
        ),
        Step("Send something", "php artisan sentry:test", "sh"),
    ), (Step(_TITLE, _LARAVEL_TAG),)),
    Snippet("php-symfony", "Symfony", "Servers", (
        install("composer require sentry/sentry-symfony"),
        Step("Set the DSN, in .env", "SENTRY_DSN={dsn}"),
        Step(
            "Set it up, in config/packages/sentry.yaml",
            "sentry:\n"
            '    dsn: "%env(SENTRY_DSN)%"\n'
            "    options:\n"
            '        environment: "{environment}"\n'
            '        release: "{slug}@1.0.0"  # your version or commit',
        ),
        Step("Send something", "php bin/console sentry:test", "sh"),
    ), (Step(_TITLE, _SYMFONY_TAG),)),
    Snippet("ruby", "Ruby", "Servers", (
        install("bundle add sentry-ruby"),
        Step(
            "Start it, once",
            "Sentry.init do |config|\n"
            '  config.dsn = "{dsn}"\n'
            '  config.environment = "{environment}"\n'
            '  config.release = "{slug}@1.0.0" # your version or commit\n'
            "end",
        ),
        Step("Send something", 'Sentry.capture_message("Hello from {slug}")'),
    ), (Step(_TITLE, _RUBY_TAG),)),
    Snippet("ruby-rails", "Rails", "Servers", (
        install("bundle add sentry-ruby sentry-rails"),
        Step(
            "Start it, in config/initializers/sentry.rb",
            "Sentry.init do |config|\n"
            '  config.dsn = "{dsn}"\n'
            '  config.environment = "{environment}"\n'
            '  config.release = "{slug}@1.0.0" # your version or commit\n'
            "  config.breadcrumbs_logger = [:active_support_logger, :http_logger]\n"
            "end",
        ),
        Step("Send something", 'Sentry.capture_message("Hello from {slug}")'),
    ), (Step(_TITLE, _RAILS_TAG),)),
    Snippet("elixir", "Elixir", "Servers", (
        Step("Add the SDK, in mix.exs", '{:sentry, "~> 11.0"},\n{:hackney, "~> 1.20"}'),
        Step(
            "Set it up, in config/runtime.exs",
            "config :sentry,\n"
            '  dsn: "{dsn}",\n'
            '  environment_name: "{environment}",\n'
            '  release: "{slug}@1.0.0" # your version or commit',
        ),
        Step("Hand errors over: in the router or endpoint", "use Sentry.PlugCapture\nplug Sentry.PlugContext"),
        Step("Send something", 'Sentry.capture_message("Hello from {slug}")'),
    ), (Step(_TITLE, _ELIXIR_TAG),)),
    Snippet("rust", "Rust", "Servers", (
        Step("Add the SDK", "cargo add sentry", "sh"),
        Step(
            "Start it in main(), and keep the guard",
            "let _guard = sentry::init((\n"
            '    "{dsn}",\n'
            "    sentry::ClientOptions {\n"
            "        release: sentry::release_name!(),\n"
            '        environment: Some("{environment}".into()),\n'
            "        ..Default::default()\n"
            "    },\n"
            "));",
        ),
        Step("Send something", 'sentry::capture_message("Hello from {slug}", sentry::Level::Info);'),
    ), (Step(_TITLE, _RUST_TAG),)),
)  # fmt: skip
