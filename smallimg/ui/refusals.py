"""What a request gets that names nothing of the page, or cannot be read: a sentence, as every handler's errors are."""

import re
from typing import Any

from fastapi.encoders import jsonable_encoder
from fastapi.exceptions import RequestValidationError
from gradio.route_utils import FnIndexInferError
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from smallimg.ui.page import NOBODY_KNOWS

_ASKED = re.compile(r"/gradio_api/(queue/join|call/.+|run/.+|api/.+|component_server/?)")
_NO_PARAMETER = re.compile(r"Parameter `(?P<name>.{1,60}?)` is not a valid")
NO_SUCH = "There is no such function here: “Use via API”, at the page's foot, lists those that there are."


def refusals() -> dict[str, Any]:
    """For `launch(app_kwargs=…)`."""
    handlers = {
        FnIndexInferError: _no_such_function,
        KeyError: _no_such_function,
        TypeError: _no_such_parameter,
        RequestValidationError: _unreadable,
        Exception: _unforeseen,
    }
    return {"exception_handlers": handlers}


def _no_such_function(request: Request, error: Exception) -> Response:
    if not _ASKED.fullmatch(request.url.path):
        raise error
    return _sentence(NO_SUCH, 404)


def _no_such_parameter(request: Request, error: Exception) -> Response:
    found = _NO_PARAMETER.match(str(error))
    if not found or not _ASKED.fullmatch(request.url.path):
        raise error
    return _sentence(f"“{found['name']}” is no parameter of this: “Use via API”, at the page's foot, lists them.", 400)


def _unreadable(_request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)
    first = error.errors()[0]
    place = ".".join(one for one in first["loc"] if isinstance(one, str))
    sentence = f"The {place} is not as it has to be: {first['msg']}."
    return JSONResponse({"detail": jsonable_encoder(error.errors()), "error": sentence}, 422)


def _unforeseen(_request: Request, _error: Exception) -> Response:
    return _sentence(NOBODY_KNOWS, 500)  # and the server writes it into its log


def _sentence(sentence: str, status: int) -> JSONResponse:
    return JSONResponse({"detail": sentence, "error": sentence}, status)
