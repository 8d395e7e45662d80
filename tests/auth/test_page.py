"""Every sentence of docs/authentication.md has a test; here stands which. A new sentence needs one."""

from __future__ import annotations

import ast
import re
from functools import cache
from pathlib import Path

from tests.support.tables import each_row

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "authentication.md"
_BLOCK = "auth/test_docs::test_a_block_runs"

# How a sentence begins -> the tests that hold it, without `tests/` and `.py`.
PROOFS: dict[str, tuple[str, ...]] = {
    "The connector looks for a credential in a fixed order": (
        "auth/test_chain::test_the_first_configured_method_wins",
    ),
    "If that one fails, the call fails": ("auth/test_end_to_end::test_a_credential_error_is_one_clear_error",),
    "Two of them as *arguments* at once": (
        "settings/test_resources::test_two_credential_arguments_contradict_each_other",
    ),
    "Across arguments, file and environment the order": (
        "settings/test_resources::test_across_file_and_environment_the_chains_order_decides",
        "settings/test_resources::test_a_credential_argument_goes_before_what_lies_around",
    ),
    "`client.explain()` shows what was chosen": ("auth/test_chain::test_what_is_passed_over_says_where_it_came_from",),
    "A method of which only a part is set": ("auth/test_chain::test_half_a_method_beside_a_whole_one_is_reported",),
    "If nothing else is configured, that is an error": (
        "auth/test_chain::test_half_a_method_and_nothing_else_is_an_error",
    ),
    "A subscription key on its own": ("auth/test_end_to_end::test_a_gateway_that_signs_in_itself",),
    "If yours wants a token beside it": ("auth/test_end_to_end::test_a_gateway_takes_its_key_beside_the_token",),
    "Each of these runs as it stands": (_BLOCK,),
    "`az login` once": (_BLOCK,),
    "No setting is needed": ("auth/test_chain::test_nothing_configured_means_the_default_credential",),
    "Or with an API key": ("auth/test_chain::test_each_method_alone",),
    "Off Azure nothing waits for a managed identity": ("auth/test_machine::test_the_probe",),
    "Assign an identity": ("auth/test_machine::test_a_managed_identity",),
    "For a user-assigned identity add": ("auth/test_machine::test_a_managed_identity",),
    "`AZURE_CLIENT_ID` without a tenant": ("auth/test_machine::test_a_client_id_alone_pins_the_identity",),
    "With accounts in several tenants name the resource's": (
        "auth/test_tenants::test_the_cli_is_asked_for_the_tenant",
        "auth/test_tenants::test_every_member_that_takes_a_tenant_has_it",
    ),
    "`AZURE_TENANT_ID` (`tenant_id=`) reaches every member": (
        "auth/test_tenants::test_every_member_that_takes_a_tenant_has_it",
        "auth/test_tenants::test_further_tenants_from_a_variable",
    ),
    "A slow CLI gets more than ten seconds": ("auth/test_tenants::test_too_slow",),
    "The webhook sets": (_BLOCK,),
    "The projected token may be renewed": ("auth/test_bad_input::test_a_file_that_appears_later_is_found",),
    "Set the three variables of row 6 or 7": ("auth/test_chain::test_each_method_alone",),
    "A certificate is a PEM or PKCS12 file": ("auth/test_entra::test_a_sync_client",),
    "GitHub, GitLab and others": (
        "emulator_entra/test_token_endpoint::test_a_federation_with_an_issuer_of_its_own_key",
    ),
    "Write it to a file": (_BLOCK,),
    "After `azure/login`": ("auth/test_chain::test_nothing_configured_means_the_default_credential",),
    "The subscription key goes beside": ("auth/test_end_to_end::test_a_gateway_takes_its_key_beside_the_token",),
    "Where the API renames the header": (_BLOCK,),
    "If the gateway takes its key as `api-key`": ("auth/test_headers::test_each_credential_has_its_header",),
    "Scope and authority follow": (
        "auth/test_chain::test_the_scope_follows_host_and_cloud",
        "auth/test_entra::test_a_sovereign_cloud_has_its_own_authority",
    ),
    "A 401 about the token's audience": ("auth/test_end_to_end::test_a_wrong_audience_names_both_scopes",),
    "For an authority that Microsoft's directory": (
        "emulator_entra/test_client_credentials::test_without_the_option_the_sync_secret_credential_leaves_for_the_internet",
    ),
    "Any azure-identity object goes into": (_BLOCK,),
    "A sync object works in a thread": (
        "auth/test_concurrency::test_a_sync_credential_never_runs_on_the_loops_thread",
        "auth/test_concurrency::test_an_async_credential_runs_on_the_loop_that_asks",
    ),
    "In a sync client an async one": (
        "auth/test_concurrency::test_a_sync_client_runs_an_async_credential_on_a_loop_of_its_own",
    ),
    "An async azure-identity object keeps": (
        "auth/test_bad_input::test_an_async_credential_on_a_second_loop_fails_with_advice",
    ),
    "In programs with several event loops": ("auth/test_concurrency::test_several_event_loops_one_after_another",),
    "A provider's token is kept until": (
        "auth/test_tokens::test_the_expiry_in_a_token",
        "auth/test_tokens::test_keys_last_and_unknown_lives_do_not",
    ),
    "A provider stands for *one* identity": ("auth/test_concurrency::test_200_tasks_make_one_fetch",),
    "What you made you also close": ("auth/test_entra::test_what_we_built_is_closed",),
    "A key may be a callable": ("auth/test_refresh::test_a_key_that_is_a_callable_is_read_again_once",),
    "Or it lies in Key Vault": ("auth/test_vault::test_the_key_is_read_once_and_again_when_it_is_refused",),
    "The vault is opened with": (
        "auth/test_vault::test_the_users_credential_opens_the_vault",
        "auth/test_vault::test_otherwise_the_default_credential_does",
    ),
    "They are kept per credential and scope": (
        "auth/test_tokens::test_five_minutes_before_expiry_or_a_fifth_of_a_short_life",
        "auth/test_tokens::test_the_issuers_own_wish_comes_first",
    ),
    "However many threads and tasks": ("auth/test_concurrency::test_threads_and_tasks_share_one_fetch",),
    "A background refresh that fails": (
        "auth/test_refresh::test_a_background_refresh_that_fails_leaves_the_old_token_serving",
    ),
    "On a 401 the token is dropped": ("auth/test_end_to_end::test_a_token_that_was_revoked_costs_one_more_request",),
    "Credentials that the connector built": (
        "auth/test_entra::test_a_token_that_was_revoked_is_replaced_although_azure_identity_has_it_cached",
    ),
    "A credential object of yours may": (
        "auth/test_refresh::test_a_users_credential_that_returns_its_cached_token_is_not_sent_twice",
    ),
    "If the policy `disableLocalAuth`": ("auth/test_end_to_end::test_keys_switched_off",),
    "`ca_bundle`, `proxy`": (
        "auth/test_end_to_end::test_the_ca_bundle_reaches_the_api_and_the_token_calls",
        "auth/test_transport::test_token_calls_go_through_the_proxy",
        "auth/test_transport::test_the_client_certificate_is_shown",
        "auth/test_websockets::test_the_settings_certificates_hold",
        "auth/test_websockets::test_the_settings_proxy_holds",
    ),
    "Managed identity endpoints are": ("auth/test_machine::test_no_proxy_is_asked_for_a_link_local_address",),
    "A credential from settings, environment": (
        "auth/test_trust::test_elsewhere",
        "auth/test_trust::test_at_home",
        "settings/test_hosts::test_who_may_receive_credentials",
    ),
    "A redirect to any other host": (
        "auth/test_foreign_hosts::test_a_redirect_to_another_origin",
        "auth/test_websockets::test_a_redirect_of_a_handshake",
    ),
    "A WebSocket is led to another host": (
        "auth/test_websockets::test_a_redirect_to_a_trusted_host_is_followed_with_the_credential_where_the_sdk_follows_one",
    ),
    "A `location` that is no URL": (
        "auth/test_foreign_hosts::test_a_location_that_is_no_url_fails_over",
        "auth/test_foreign_hosts::test_a_redirect_in_a_circle_ends_and_fails_over",
    ),
    "A call to an absolute URL": ("auth/test_foreign_hosts::test_an_absolute_url",),
    "Secrets are in no repr, log line": (
        "auth/test_shown::test_nothing_shows_a_credential",
        "auth/test_secrets::test_no_failure_shows_a_secret",
        "client/test_carried::test_an_error_comes_back_from_a_pickle",
    ),
    "Headers that a client was given": ("auth/test_shown::test_a_client_with_headers_shows_none",),
    "What models, services and names send": (
        "cli/test_escapes",
        "client/test_carried::test_a_message_of_megabytes_is_cut_and_steers_no_terminal",
    ),
    "Settings and clients can be pickled": (
        "auth/test_other_processes::test_a_client_is_an_argument_of_a_process_pool",
    ),
    "Everything travels that is no secret": (
        "auth/test_other_processes::test_what_is_no_secret_travels",
        "auth/test_other_processes::test_a_found_endpoint_does_not_become_an_argument",
    ),
    "Secrets are read over there": (
        "auth/test_other_processes::test_a_secret_is_read_where_it_stands_over_there",
        "auth/test_other_processes::test_a_secret_that_stands_nowhere_over_there_is_told",
    ),
    "A secret or a credential object": ("auth/test_other_processes::test_a_secret_that_was_passed_is_refused",),
    "`azure_connector.toml` and `.env`": ("auth/test_directory::test_nothing_reaches_it",),
    "So they are *found*": ("settings/test_trust::test_naming_the_files_is_a_way_out",),
    "What a found file holds literally": (
        "settings/test_trust::test_a_directory_sends_nothing_of_the_users_away",
        "settings/test_trust::test_a_good_setup_works",
    ),
    "An error is a `ConfigurationError`": ("auth/test_directory::test_nothing_reaches_it",),
    "It names the sources": ("auth/test_directory::test_the_ways_out_work",),
    "The same rules hold for each": ("settings/test_trust::test_a_directory_sends_nothing_of_the_users_away",),
    "A named file that asks for": (
        "settings/test_trust::test_a_named_file_does_not_vouch_for_what_a_found_one_answers",
    ),
    "Clients of LiteLLM's Proxy": ("litellm/test_proxy_clients::test_every_setting_but_litellm_s_own_is_refused",),
    "`client.explain()` shows each method": ("auth/test_chain::test_what_is_passed_over_says_where_it_came_from",),
    "The logger `azure_connector.auth`": ("auth/test_bad_input::test_the_whole_story_is_in_the_debug_log",),
    "An error names the link": ("auth/test_bad_input::test_entras_trace_id_is_kept_for_its_support",),
}


def sentences() -> list[str]:
    """The page's prose, sentence by sentence: no code, no tables, no headings."""
    text = re.sub(r"```.*?```|<!--.*?-->", "", PAGE.read_text(encoding="utf-8"), flags=re.DOTALL)
    parts = re.split(r"\n\s*\n|\n(?=- )", text)
    prose = [" ".join(part.split()).removeprefix("- ") for part in parts if not part.lstrip().startswith(("#", "|"))]
    return [one for part in prose if part for one in re.split(r"(?<=[.!?:])\s+(?=[A-Z`*])", part)]


@each_row("sentence", sentences(), ids=lambda sentence: sentence[:40])
def test_a_sentence_has_its_test(sentence: str) -> None:
    assert [start for start in PROOFS if sentence.startswith(start)], f"no test is named for: {sentence}"


@cache
def functions(path: str) -> frozenset[str]:
    tree = ast.parse((ROOT / "tests" / f"{path}.py").read_text(encoding="utf-8"))
    return frozenset(node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef))


@each_row("start", PROOFS)
def test_the_named_tests_exist_and_the_sentence_still_stands(start: str) -> None:
    for named in PROOFS[start]:
        path, _, name = named.partition("::")
        assert not name or name in functions(path), f"there is no {named}"
    assert any(sentence.startswith(start) for sentence in sentences()), f"the page does not say any more: {start}"
