"""Every setting, where each value came from, and whose host an endpoint is."""

from __future__ import annotations

from ._argument_types import Address as Address
from ._argument_types import Credential as Credential
from ._argument_types import Deployments as Deployments
from ._argument_types import KeyProvider as KeyProvider
from ._argument_types import Path as Path
from ._argument_types import Secret as Secret
from ._argument_types import Tables as Tables
from ._argument_types import TokenProvider as TokenProvider
from ._arguments import ChangeArguments as ChangeArguments
from ._arguments import ConstructorArguments as ConstructorArguments
from ._arguments import RegisterArguments as RegisterArguments
from ._connector_fields import ConnectorFields as ConnectorFields
from ._endpoint import ApiStyle as ApiStyle
from ._endpoint import Endpoint as Endpoint
from ._endpoint import default_scope as default_scope
from ._endpoint import form_for as form_for
from ._endpoint import form_url as form_url
from ._endpoint import operation_query as operation_query
from ._endpoint import operation_url as operation_url
from ._endpoint import parse_endpoint as parse_endpoint
from ._endpoint import same_origin as same_origin
from ._environment import CONFIG_VARIABLE as CONFIG_VARIABLE
from ._environment import ENV_FILE_VARIABLE as ENV_FILE_VARIABLE
from ._environment import OTHER_TOOLS as OTHER_TOOLS
from ._hosts import AUTHORITY_HOSTS as AUTHORITY_HOSTS
from ._hosts import DEFAULT_PORTS as DEFAULT_PORTS
from ._hosts import MANAGEMENT_HOSTS as MANAGEMENT_HOSTS
from ._hosts import SCOPES as SCOPES
from ._hosts import Cloud as Cloud
from ._hosts import HostKind as HostKind
from ._hosts import is_loopback as is_loopback
from ._hosts import origin_of as origin_of
from ._hosts import resource_name as resource_name
from ._meaning import refuse_misspelt_secrets as refuse_misspelt_secrets
from ._merge import CONFIG_NAME as CONFIG_NAME
from ._names import ALIASES, CREDENTIAL_SETTINGS, ENVIRONMENT, PARAMETERS, RESOURCE_SETTINGS, SECRET_SETTINGS
from ._names import CALL_NAMES as CALL_NAMES
from ._names import METHODS as METHODS
from ._names import SETTINGS as SETTINGS
from ._names import settings_among as settings_among
from ._odd_keys import odd_key as odd_key
from ._parameters import parameters_of as parameters_of
from ._pickling import NotPickledError as NotPickledError
from ._remedies import change as change
from ._remedies import leave_out as leave_out
from ._resource_fields import RESOURCE_NAME as RESOURCE_NAME
from ._resource_fields import ResourceSettings
from ._resources import AuthSettings, Resource
from ._secret_values import Headers as Headers
from ._secret_values import HiddenText as HiddenText
from ._secret_values import check_headers as check_headers
from ._secret_values import hidden as hidden
from ._secret_values import unsendable_header as unsendable_header
from ._settings import ConnectorSettings
from ._settings import check_as_found as check_as_found
from ._signature import argument_text as argument_text
from ._signature import documented as documented
from ._signature import show_settings as show_settings
from ._signature import signature_of as signature_of
from ._source import wrap_secrets as wrap_secrets
from ._toml import PROVIDER_NAME as PROVIDER_NAME

__all__ = [
    "ALIASES",
    "CREDENTIAL_SETTINGS",
    "ENVIRONMENT",
    "PARAMETERS",
    "RESOURCE_SETTINGS",
    "SECRET_SETTINGS",
    "AuthSettings",
    "ConnectorSettings",
    "Resource",
    "ResourceSettings",
]
