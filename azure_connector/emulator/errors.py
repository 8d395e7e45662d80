"""Azure's and OpenAI's error bodies, one function each."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from typing import Any

from .values import Json, object_of
from .wire import Answer, Refusal

__all__ = [
    "access_denied",
    "api_version_on_v1",
    "api_version_unknown",
    "azure",
    "bare",
    "broken",
    "deployment_not_found",
    "empty_array",
    "invalid",
    "json_type",
    "keys_disabled",
    "listed",
    "long_array",
    "long_string",
    "missing",
    "not_found",
    "operation_not_supported",
    "out_of_range",
    "short_string",
    "too_large",
    "unauthorized",
    "unknown_parameter",
    "unsupported_parameter",
    "unsupported_value",
    "wrong_choice",
    "wrong_pattern",
    "wrong_type",
]

BARED = ("unsupported_parameter", "unsupported_value", "unknown_parameter", "invalid_value", "invalid_type")
OPERATIONS_PAGE = "https://go.microsoft.com/fwlink/?linkid=2197993"


def invalid(message: str, param: str | None = None, code: str | None = None, status: int = 400) -> Refusal:
    """OpenAI's own form: `message`, `type`, `param`, `code`."""
    error = {"message": message, "type": "invalid_request_error", "param": param, "code": code}
    return Refusal(status, {"error": error})


def azure(status: int, code: str, message: str) -> Refusal:
    """Azure's own form: `code` and `message` only."""
    return Refusal(status, {"error": {"code": code, "message": message}})


def not_found(why: str = "") -> Refusal:
    """Azure's answer to a path or api-version that it does not know; `why`, where the emulator knows it, is its own."""
    return azure(404, "404", f"Resource not found: {why}." if why else "Resource not found")


def deployment_not_found() -> Refusal:
    """No deployment of that name."""
    text = (
        "The API deployment for this resource does not exist. If you created the deployment within the last 5 minutes, "
        "please wait a moment and try again."
    )
    return azure(404, "DeploymentNotFound", text)


def access_denied() -> Refusal:
    """A missing or wrong key."""
    text = (
        "Access denied due to invalid subscription key or wrong API endpoint. Make sure to provide a valid key for an "
        "active subscription and use a correct regional API endpoint for your resource."
    )
    return azure(401, "401", text)


def unauthorized(audience: str = "https://cognitiveservices.azure.com") -> Refusal:
    """A bearer token that is no good: Azure's flat envelope."""
    text = f"Unauthorized. Access token is missing, invalid, audience is incorrect ({audience}), or have expired."
    return Refusal(401, {"statusCode": 401, "message": text})


def keys_disabled() -> Refusal:
    """The resource takes Entra ID only."""
    return azure(403, "AuthenticationTypeDisabled", "Key based authentication is disabled for this resource.")


def api_version_on_v1() -> Refusal:
    """The v1 form takes no api-version."""
    return azure(400, "BadRequest", "api-version query parameter is not allowed when using /v1 path")


def bare(body: Json) -> Json:
    """A refusal of a parameter or a value without its code, as many come."""
    error = object_of(body.get("error"))
    if error.get("type") != "invalid_request_error" or error.get("code") not in BARED:
        return body
    return {"error": {**error, "code": None}}


def api_version_unknown() -> Refusal:
    """The v1 form takes no such word."""
    return azure(400, "BadRequest", "API version not supported")


def too_large(most: int) -> Refusal:
    """A body beyond the limit."""
    return azure(413, "RequestEntityTooLarge", f"The request's body is larger than {most} bytes.")


def broken(error: Exception) -> Answer:
    """A fault of the emulator's own: logged, and told as Azure tells its own."""
    logging.getLogger(__name__).error("The emulator failed on a request", exc_info=error)
    text = f"The emulator failed: {type(error).__name__}. Its log says where."
    return Answer(500, {"error": {"code": "InternalServerError", "message": text}})


def operation_not_supported(operation: str, model: str) -> Refusal:
    """The model exists and does not do this, e.g. `chatCompletion` with gpt-5-pro."""
    text = (
        f"The {operation} operation does not work with the specified model, {model}. Please choose different model and "
        f"try again. You can learn more about which models can be used with each operation here: {OPERATIONS_PAGE}."
    )
    return azure(400, "OperationNotSupported", text)


def unsupported_parameter(name: str, instead: str | None = None) -> Refusal:
    """The model has no such parameter."""
    text = f"Unsupported parameter: '{name}' is not supported with this model."
    return invalid(f"{text} Use '{instead}' instead." if instead else text, name, "unsupported_parameter")


def unsupported_value(name: str, value: Any, only: str) -> Refusal:
    """The model knows the parameter, not this value; `only` is the sentence about what it takes."""
    shown = (
        f"'{value:.200}'" if isinstance(value, str) else str(value).lower() if isinstance(value, bool) else f"{value}"
    )
    text = f"Unsupported value: '{name}' does not support {shown} with this model. {only}"
    return invalid(text, name, "unsupported_value")


def unknown_parameter(name: str) -> Refusal:
    """A field that no model takes."""
    return invalid(f"Unknown parameter: '{name}'.", name, "unknown_parameter")


def missing(name: str) -> Refusal:
    """A required field that is not there."""
    return invalid(f"Missing required parameter: '{name}'.", name, "missing_required_parameter")


def wrong_choice(name: str, value: Any, choices: Sequence[str]) -> Refusal:
    """A value outside an enumeration."""
    return invalid(f"Invalid value: '{value!s:.200}'. Supported values are: {listed(choices)}.", name, "invalid_value")


def wrong_type(name: str, expected: str, value: Any) -> Refusal:
    """A value of another JSON type."""
    text = f"Invalid type for '{name}': expected {expected}, but got {json_type(value)} instead."
    return invalid(text, name, "invalid_type")


def empty_array(name: str) -> Refusal:
    """An array that must hold something."""
    text = f"Invalid '{name}': empty array. Expected an array with minimum length 1, but got an empty array instead."
    return invalid(text, name, "empty_array")


def long_array(name: str, most: int, length: int) -> Refusal:
    """An array with too many elements."""
    text = (
        f"Invalid '{name}': array too long. Expected an array with maximum length {most}, but got an array with length "
        f"{length} instead."
    )
    return invalid(text, name, "array_above_max_length")


def long_string(name: str, most: int, length: int) -> Refusal:
    """A string with too many characters."""
    text = (
        f"Invalid '{name}': string too long. Expected a string with maximum length {most}, but got a string with "
        f"length {length} instead."
    )
    return invalid(text, name, "string_above_max_length")


def short_string(name: str, least: int, length: int) -> Refusal:
    """A string with too few characters."""
    if not length:
        text = f"Invalid '{name}': empty string. Expected a string with minimum length {least}, but got an empty string"
        return invalid(f"{text} instead.", name, "empty_string")
    text = (
        f"Invalid '{name}': string too short. Expected a string with minimum length {least}, but got a string with "
        f"length {length} instead."
    )
    return invalid(text, name, "string_below_min_length")


def wrong_pattern(name: str, pattern: str) -> Refusal:
    """A string with other characters than allowed."""
    text = f"Invalid '{name}': string does not match pattern. Expected a string that matches the pattern '{pattern}'."
    return invalid(text, name, "invalid_value")


def out_of_range(name: str, kind: str, bound: float, value: float, *, above: bool) -> Refusal:
    """A number beyond a bound; `kind` is `integer` or `decimal`."""
    side, sign = ("above maximum", "<=") if above else ("below minimum", ">=")
    text = f"Invalid '{name}': {kind} {side} value. Expected a value {sign} {bound}, but got {value} instead."
    return invalid(text, name, f"{kind}_above_max_value" if above else f"{kind}_below_min_value")


def listed(names: Sequence[str]) -> str:
    """'a', 'b', and 'c', as OpenAI writes lists."""
    quoted = [f"'{name}'" for name in names]
    if len(quoted) < 3:
        return " and ".join(quoted)
    return ", ".join(quoted[:-1]) + ", and " + quoted[-1]


def json_type(value: Any) -> str:
    """OpenAI's words for a JSON value's type."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "a boolean"
    names = {int: "an integer", float: "a decimal", str: "a string", list: "an array", dict: "an object"}
    return next((word for kind, word in names.items() if isinstance(value, kind)), "an unknown type")
