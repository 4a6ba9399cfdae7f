"""What goes wrong in the shop, where, and to whom. Pure."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Trouble:
    """A kind of error. code: the lines around it, the failing one marked by `>`; {n} is a number, {thing} a noun.

    calls: for browser errors, the request that failed: (method, path).
    """

    type: str
    value: str
    code: tuple[str, ...]
    variables: tuple[tuple[str, str], ...] = ()
    level: str = "error"
    handled: bool = False


@dataclass(frozen=True, slots=True)
class Place:
    """A part of the program: its file, the functions in it, and the page, route or task that leads there."""

    file: str
    functions: tuple[str, ...]
    transaction: str


WEB_PLACES = (
    Place("src/cart/CartPage.jsx", ("CartPage", "lineTotal", "applyVoucher"), "/cart"),
    Place("src/checkout/Checkout.jsx", ("Checkout", "submitOrder", "nextStep"), "/checkout"),
    Place("src/checkout/PaymentForm.jsx", ("PaymentForm", "tokenize"), "/checkout/payment"),
    Place("src/products/ProductList.jsx", ("ProductList", "sortBy", "pageOf"), "/products"),
    Place("src/products/ProductPage.jsx", ("ProductPage", "variantOf"), "/products/:id"),
    Place("src/products/Gallery.jsx", ("Gallery", "zoomTo"), "/products/:id"),
    Place("src/search/SearchBox.jsx", ("suggest", "highlight"), "/search"),
    Place("src/account/Profile.jsx", ("Profile", "saveProfile"), "/account"),
    Place("src/account/Orders.jsx", ("OrderHistory", "reorder"), "/account/orders"),
    Place("src/account/Login.jsx", ("signIn", "refreshToken"), "/login"),
    Place("src/wishlist/useWishlist.js", ("useWishlist", "toggle"), "/wishlist"),
    Place("src/lib/api.js", ("request", "parseAnswer"), "/checkout"),
    Place("src/lib/analytics.js", ("track", "flushQueue"), "/"),
    Place("src/lib/storage.js", ("readCache", "writeCache"), "/"),
)
WEB_TROUBLES = (
    Trouble(
        "TypeError",
        "Cannot read properties of undefined (reading 'amount')",
        (
            "const item = cart.items[index];",
            "const price = item.prices[currency];",
            "> return price.amount * item.count;",
            "}",
        ),
    ),
    Trouble(
        "TypeError",
        "items.map is not a function",
        (
            "const { items } = await load(page);",
            "> return items.map((each) => <Row key={each.id} {...each} />);",
            "}",
        ),
    ),
    Trouble(
        "ReferenceError",
        "currency is not defined",
        (
            "function format(value) {",
            "> return new Intl.NumberFormat(locale, { currency }).format(value);",
            "}",
        ),
    ),
    Trouble(
        "RangeError",
        "Invalid time value",
        ("const date = new Date(order.deliveredAt);", "> return date.toISOString().slice(0, 10);"),
    ),
    Trouble(
        "QuotaExceededError",
        "Failed to execute 'setItem' on 'Storage': Setting the value of 'cache' exceeded the quota.",
        ("const text = JSON.stringify(entries);", "> localStorage.setItem('cache', text);"),
        level="warning",
        handled=True,
    ),
    Trouble(
        "ChunkLoadError",
        "Loading chunk {n} failed. (error: https://shop.example/assets/{n}.js)",
        ("const Page = lazy(() =>", "> import('./pages/' + name),", ");"),
    ),
    Trouble(
        "SyntaxError",
        "Unexpected token '<', \"<!doctype \"... is not valid JSON",
        ("const text = await answer.text();", "> return JSON.parse(text);"),
    ),
)

API_PLACES = (
    Place(
        "src/orders/orders.service.js",
        ("createOrder", "priceOf", "reserveStock"),
        "POST /api/orders",
    ),
    Place("src/orders/orders.routes.js", ("listOrders", "cancelOrder"), "GET /api/orders"),
    Place("src/payments/stripe.js", ("charge", "refund", "verifyWebhook"), "POST /api/payments"),
    Place("src/payments/invoices.js", ("renderInvoice",), "GET /api/invoices/:id"),
    Place(
        "src/catalog/catalog.repository.js", ("findProducts", "findVariant"), "GET /api/products"
    ),
    Place("src/catalog/search.js", ("searchProducts", "reindex"), "GET /api/search"),
    Place("src/users/session.js", ("readSession", "rotateToken"), "POST /api/session"),
    Place("src/users/users.service.js", ("updateProfile", "mergeAccounts"), "PATCH /api/users/:id"),
    Place("src/shipping/rates.js", ("quoteShipping", "zoneOf"), "GET /api/shipping/rates"),
    Place("src/vouchers/vouchers.js", ("redeemVoucher",), "POST /api/vouchers/redeem"),
    Place("src/lib/cache.js", ("getOrLoad", "invalidate"), "GET /api/products"),
    Place("src/lib/db.js", ("withTransaction", "query"), "POST /api/orders"),
)
API_TROUBLES = (
    Trouble(
        "TypeError",
        "Cannot read properties of null (reading 'currency')",
        (
            "const customer = await users.find(order.userId);",
            "> const currency = customer.address.currency;",
            "return convert(total, currency);",
        ),
    ),
    Trouble(
        "DatabaseError",
        "deadlock detected",
        (
            "await client.query('BEGIN');",
            "> await client.query(sql, [order.id, item.sku]);",
            "await client.query('COMMIT');",
        ),
    ),
    Trouble(
        "DatabaseError",
        'duplicate key value violates unique constraint "{thing}_pkey"',
        ("const row = toRow(entity);", "> await db.query(insert(row));"),
    ),
    Trouble(
        "TimeoutError",
        "Query read timeout after {n} ms",
        (
            "const client = await pool.connect();",
            "> const { rows } = await client.query(text, values);",
            "return rows;",
        ),
    ),
    Trouble(
        "StripeCardError",
        "Your card has insufficient funds.",
        ("> const intent = await stripe.paymentIntents.confirm(id);", "return intent.status;"),
        level="warning",
        handled=True,
    ),
    Trouble(
        "ZodError",
        "Invalid input: expected number, received string at {thing}.quantity",
        ("const schema = Order.strict();", "> const order = schema.parse(req.body);"),
        level="warning",
        handled=True,
    ),
    Trouble(
        "Error",
        "connect ECONNREFUSED 10.0.3.{n}:6379",
        (
            "const key = `${prefix}:${id}`;",
            "> const hit = await redis.get(key);",
            "if (hit) return JSON.parse(hit);",
        ),
    ),
    Trouble(
        "RangeError",
        "Maximum call stack size exceeded",
        ("function walk(node) {", "> return node.children.map(walk);", "}"),
        level="fatal",
    ),
)

WORKER_PLACES = (
    Place(
        "worker/mails/receipts.py", ("send_receipt", "render_receipt"), "worker.mails.send_receipt"
    ),
    Place(
        "worker/mails/newsletter.py",
        ("send_newsletter", "unsubscribe_link"),
        "worker.mails.send_newsletter",
    ),
    Place(
        "worker/stock/sync.py",
        ("sync_stock", "diff_levels", "parse_feed"),
        "worker.stock.sync_stock",
    ),
    Place("worker/stock/alerts.py", ("warn_low_stock",), "worker.stock.warn_low_stock"),
    Place("worker/images/resize.py", ("resize_image", "pick_format"), "worker.images.resize_image"),
    Place("worker/images/upload.py", ("upload_to_bucket",), "worker.images.upload"),
    Place(
        "worker/payments/settle.py", ("settle_payments", "match_transfer"), "worker.payments.settle"
    ),
    Place("worker/payments/payouts.py", ("pay_out",), "worker.payments.pay_out"),
    Place("worker/search/index.py", ("index_products", "tokenize"), "worker.search.index_products"),
    Place("worker/reports/daily.py", ("daily_report", "summarize"), "worker.reports.daily"),
    Place("worker/exports/csv_export.py", ("export_orders", "row_of"), "worker.exports.orders"),
    Place("worker/cleanup/carts.py", ("drop_old_carts",), "worker.cleanup.carts"),
)
WORKER_TROUBLES = (
    Trouble(
        "KeyError",
        "'{thing}'",
        (
            "for line in order['lines']:",
            "    currency = line.get('currency', 'EUR')",
            ">     total += line['prices'][currency]",
            "return total",
        ),
        (("currency", "'CHF'"), ("total", "Decimal('129.90')")),
    ),
    Trouble(
        "OperationalError",
        '(psycopg.OperationalError) connection to server at "10.0.3.{n}", port 5432 failed: timeout expired',
        (
            "with Session(engine) as session:",
            ">     rows = session.scalars(statement).all()",
            "return rows",
        ),
        (("statement", "<sqlalchemy.sql.selectable.Select object>"),),
    ),
    Trouble(
        "SMTPServerDisconnected",
        "Connection unexpectedly closed",
        ("message = build(order)", "> smtp.send_message(message)", "mark_sent(order)"),
        (("order", "{{'id': {n}, 'total': '59.00'}}"),),
    ),
    Trouble(
        "UnidentifiedImageError",
        "cannot identify image file '/tmp/upload-{n}.jpg'",
        ("path = download(key)", "> with Image.open(path) as image:", "    image.thumbnail(size)"),
        (("size", "(640, 640)"),),
        "warning",
        True,
    ),
    Trouble(
        "ValueError",
        "time data '2026-02-30' does not match format '%Y-%m-%d'",
        (
            "text = row['date'].strip()",
            "> day = datetime.strptime(text, '%Y-%m-%d')",
            "return day.date()",
        ),
        (("text", "'2026-02-30'"),),
    ),
    Trouble(
        "ReadTimeout",
        "HTTPSConnectionPool(host='stock.example', port=443): Read timed out. (read timeout={n})",
        (
            "answer = session.get(url, timeout=timeout)",
            "> answer.raise_for_status()",
            "return answer.json()",
        ),
        (("url", "'https://stock.example/v2/levels'"), ("timeout", "10")),
    ),
    Trouble(
        "SoftTimeLimitExceeded",
        "SoftTimeLimitExceeded()",
        (
            "for batch in chunked(rows, 500):",
            ">     store(batch)",
            "    progress.update(len(batch))",
        ),
        (("batch", "[<Row>, <Row>, <Row>]"),),
        "fatal",
    ),
    Trouble(
        "ZeroDivisionError",
        "division by zero",
        (
            "sold = sum(row.count for row in rows)",
            "> share = returned / sold",
            "return round(share, 3)",
        ),
        (("sold", "0"), ("returned", "0")),
    ),
)

THINGS = ("product", "order", "voucher", "address", "invoice", "variant", "customer", "parcel")

_WEBKIT = "AppleWebKit/537.36 (KHTML, like Gecko) Chrome/150.0.0.0 Safari/537.36"
_IPHONE = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko)"
BROWSERS = (
    ("Chrome", f"Mozilla/5.0 (Windows NT 10.0; Win64; x64) {_WEBKIT}"),
    ("Firefox", "Mozilla/5.0 (X11; Linux x86_64; rv:144.0) Gecko/20100101 Firefox/144.0"),
    ("Safari", f"{_IPHONE} Version/18.5 Mobile/15E148 Safari/604.1"),
    ("Edge", f"Mozilla/5.0 (Windows NT 10.0; Win64; x64) {_WEBKIT} Edg/150.0.0.0"),
)
LOCALES = ("en-US", "de-DE", "fr-FR", "pl-PL", "pt-BR")
PEOPLE = (
    ("ada@demo.invalid", "Ada Brandt"),
    ("jonas@demo.invalid", "Jonas Weber"),
    ("mirela@demo.invalid", "Mirela Popa"),
    ("sam@demo.invalid", "Sam Okafor"),
)
COMMENTS = (
    "Happens only with carts from before the last release: they have no `prices`.",
    "Reproduced. The answer is empty when the session has just been renewed.",
    "The database moved at that hour; **not** ours, I think. Let us see whether it comes back.",
    "Fix is in review. Until then:\n\n```\nif not prices:\n    return 0\n```",
    "Same user every time, with a very old browser. Muting is fine by me.",
    "Could this be the new currency? It began with the release.",
    "Rolled back, counts go down.",
)
# What customers write into the shop's feedback form: name and words.
SAID = (
    ("Nora", "I pressed “Pay” and nothing happened. Was I charged?"),
    ("Tomasz", "My cart was empty after I signed in, twice now."),
    ("", "The page went white when I changed the colour of the shirt."),
    ("Inès", "Postcode is refused, though it is right: 75011."),
    ("Lukas", "Works on my phone, not on the laptop."),
)
