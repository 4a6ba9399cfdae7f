"""Names of exception types that grouping knows something about: data of the config. Pure."""

import re
from functools import lru_cache

from issues.words import words

# One that only carries another exception.
WRAPPERS = words(
    """
    ExecutionException CompletionException InvocationTargetException
    UndeclaredThrowableException PrivilegedActionException ServletException
    NestedServletException TargetInvocationException TypeInitializationException
    AggregateException AggregateError ExceptionGroup BaseExceptionGroup RetryError
    UnhandledException RemoteException
    """
)

# Raised by the interpreter, by accident. Their wording is the engine's.
ENGINE_TYPES = words(
    """
    TypeError ReferenceError SyntaxError RangeError InternalError KeyError IndexError
    AttributeError NameError UnboundLocalError ZeroDivisionError RecursionError ImportError
    ModuleNotFoundError UnicodeDecodeError UnicodeEncodeError NullPointerException
    ClassCastException ArrayIndexOutOfBoundsException StringIndexOutOfBoundsException
    IndexOutOfBoundsException ArithmeticException StackOverflowError OutOfMemoryError
    NumberFormatException NullReferenceException InvalidCastException DivideByZeroException
    IndexOutOfRangeException KeyNotFoundException FormatException NoMethodError FrozenError
    boundsError DivisionByZeroError ArgumentCountError MatchError FunctionClauseError
    CaseClauseError CondClauseError WithClauseError BadMapError BadArityError NoSuchMethodError
    LateInitializationError
    """
)

# The name of the type says nothing, so the words do.
GENERIC_TYPES = words(
    """
    Error Exception RuntimeError RuntimeException StandardError Throwable panic errorString
    wrapError wrapErrors fundamental withStack withMessage error ErrorException
    ApplicationException SystemException InvalidOperationException IllegalStateException
    IllegalArgumentException ArgumentException LookupError AssertionError ValueError OSError
    IOError ClientError Warning Notice LogicException UnexpectedValueException
    """
)

# One type of a driver or client for everything the other side may say: the words are the kind.
UMBRELLA_TYPES = words(
    """
    OperationalError ProgrammingError DatabaseError InterfaceError SQLException SqlException
    QueryException PDOException StatementInvalid SQLiteException PSQLException SQLError
    SequelizeDatabaseError PrismaClientKnownRequestError PrismaClientUnknownRequestError
    MongoServerError MongoError FirebaseError ServiceException ApiException APIError
    HttpException HTTPException HttpError RequestError RequestException RpcError RpcException
    StatusException StatusRuntimeException GrpcError AmazonServiceException AwsError
    ResponseError CommandError
    """
)

OVERFLOW_TYPES = frozenset(("RecursionError", "StackOverflowError", "SystemStackError"))
OVERFLOW_TEXT = re.compile(
    r"Maximum call stack size exceeded|too much recursion|stack overflow|maximum recursion depth"
    r"|stack level too deep|goroutine stack exceeds",
    re.IGNORECASE,
)

# A context line that holds one of these raises on purpose.
RAISING = re.compile(
    r"\b(?:raise|throw|panic|die|abort|reject|fail|trigger_error|assert)\b|bail!"
    r"|\bnew\s[\w.\\$<>]{0,100}(?:Error|Exception)|Error\("
)


@lru_cache(maxsize=4096)
def short_type(name: str) -> str:
    """`*errors.errorString` -> `errorString`, `App\\Pay\\Declined` -> `Declined`."""
    name = name.partition("\0")[0].strip()
    anonymous = name.find("@anonymous")
    if anonymous >= 0:
        name = name[: anonymous + 10]
    if "<" in name and not name.startswith("<"):
        name = name.partition("<")[0]
    name = name.partition("`")[0].partition("[")[0] or name
    last = max(name.rfind("."), name.rfind("\\"), name.rfind(":"))
    return (name[last + 1 :] or name).lstrip("*_&") or name
