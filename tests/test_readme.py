"""The README's table of what can go wrong, held against the tests.

Here: the test that stands behind each line.
Belongs here: a promise of the README that other modules prove.
Does not belong here: the proof.
"""

import ast
from pathlib import Path

import pytest

from tests.conftest import ROOT
from tests.test_bad_deliveries import CASES

# Line of the table (its beginning) → tests; `bad:` is a case of `test_bad_deliveries.py`.
BEHIND = {
    "a column missing, renamed": ["bad:a missing column", "bad:a renamed column", "bad:a column twice"],
    "an empty, cut-off or unreadable file": ["bad:no byte at all", "bad:a cut in the last field", "bad:a cut workbook"],
    "a file of another kind": ["bad:gzip under another name", "bad:a part packed too well", "bad:a cell far away"],
    "a link, a folder, or a name": ["bad:a link out of raw/", "bad:a folder", "bad:month 13", "bad:a name that is SQL"],
    "a workbook with macros": ["bad:macros", "bad:an encrypted workbook", "bad:a merged header", "bad:hidden rows"]
    + ["bad:a hidden column", "bad:a hidden sheet", "bad:errors", "bad:formulas without a result"],
    "rows or sums that differ": ["bad:fewer rows than were counted", "bad:another sum than was added up"],
    "a row that breaks a rule": ["test_a_row_that_breaks_one_rule_is_quarantined_for_that_rule"],
    "more than 0.5 % of the rows": [
        "bad:more than 0.5 % of bad rows",
        "test_rows_over_the_limit_are_set_aside_as_well",
    ],
    "an area missing": [
        "test_a_lost_borough_refuses_the_delivery",
        "test_a_lost_borough_lands_when_the_sidecar_declares_it_partial",
    ],
    "the same content again": ["test_the_same_content_again_is_a_no_op_under_any_name"],
    "a higher revision": ["test_a_higher_revision_lands_beside_the_older"],
    "other content for a revision": ["test_two_new_files_that_claim_one_revision_are_both_refused"],
    "a delivery that passed every check": ["test_a_withdrawn_delivery_gives_way_to_its_predecessor"],
    "a file outside the extracts": ["test_a_file_that_no_extract_would_read_stops_the_refresh"],
    "a month with far fewer": [
        "test_a_month_cut_in_half_stops_the_refresh_and_publishes_nothing",
        "test_a_confirmed_month_is_published_with_its_reason",
    ],
    "a month somewhat off": [
        "test_a_gap_is_named_in_the_last_lines",
        "test_a_lost_borough_is_named_in_the_last_lines",
        "test_a_handful_of_records_in_two_months_is_counted_in_the_last_lines",
    ],
    "a revision of commentary": ["test_a_revision_that_leaves_texts_out_is_named_in_the_last_lines"],
    "an extract that has not reached": [
        "test_exactly_the_measures_that_rest_on_what_is_late_are_provisional_on_the_scorecard"
    ],
    "a row set aside that could": ["test_a_verdict_that_quarantined_rows_could_change_says_so"],
    "a data test that fails": [
        "test_a_failing_data_test_stops_the_refresh_before_the_release",
        "test_a_refresh_over_canaries_ends_as_meant",
    ],
    "a figure that is not what": [
        "test_a_difference_that_nothing_explains_is_refused_by_measure_and_count_and_nothing_is_published"
    ],
    "a damaged ledger": ["test_a_damaged_ledger_stops_the_release_with_its_remedy"],
    "a refresh killed at any moment": [
        "test_kills_where_they_hurt_most_leave_the_old_release_or_the_new_one",
        "test_refreshes_killed_one_after_the_other_at_any_moment_are_mended_by_the_next",
    ],
    "two refreshes at once": ["test_a_second_refresh_at_the_same_time_says_so_and_exits"],
    "a file that is still being copied": [
        "test_a_delivery_is_taken_in_once_two_looks_found_it_the_same",
        "test_a_file_that_grows_while_it_is_read_is_neither_taken_in_nor_refused_until_it_is_whole",
        "test_a_file_that_grows_while_it_is_read_lands_whole_when_it_is_tried_again",
    ],
    "the disk or the network": ["test_what_may_be_gone_in_a_moment_is_tried_again_and_nothing_else"],
    "the daemon or the machine": [
        "test_a_daemon_stopped_or_killed_during_a_run_leaves_no_stuck_run_and_no_second_release"
    ],
    "readers do not have the release": [
        "test_a_release_that_is_not_there_by_its_day_is_told_without_dagster",
        "test_a_release_that_is_there_by_its_day_is_not_told_until_readers_lose_it",
        "test_what_keeps_the_service_from_seeing_is_told_before_a_release_is_late",
        "test_a_public_edition_of_another_release_is_told",
    ],
    "the mail server does not": [
        "test_a_mail_server_that_is_down_fails_no_run_and_is_said",
        "test_a_server_that_is_down_is_said_and_the_alert_goes_out_later",
    ],
    "a backup is taken": [
        "test_a_copy_begun_at_any_command_while_a_release_is_made_restores",
        "test_copies_taken_during_a_refresh_restore_on_an_empty_machine",
    ],
    "a text with markup": [
        "test_hostile_texts_show_as_text",
        "test_hostile_text_is_printed_as_text",
        "test_hostile_text_is_text_in_the_workbook",
    ],
    "a chart without alternative text": [
        "test_the_pdf_is_not_built_when_a_chart_lacks_alternative_text",
        "test_a_text_that_no_cell_can_hold_is_an_error_and_not_left_out",
    ],
    "a public edition that cannot": ["test_an_edition_that_cannot_be_made_leaves_what_the_public_has"],
    "a full disk, or a missing permission": [
        "test_a_file_that_may_not_grow_stops_the_refresh_in_words",
        "test_a_missing_permission_is_told_with_the_folders_it_is_needed_for",
    ],
    "`build.duckdb` damaged": [
        "test_a_build_that_cannot_be_opened_is_discarded_and_said",
        "test_a_refresh_that_changes_nothing_uses_no_number_also_when_the_build_is_damaged",
        "test_a_log_of_another_database_beside_the_build_discards_both",
    ],
    "a damaged file in `warehouse/landing/`": [
        "test_a_damaged_delivery_is_landed_again_from_raw_to_the_same_rows",
        "test_a_damaged_delivery_whose_file_is_gone_stops_with_its_name_and_the_remedy",
    ],
    "a damaged or half-written release": ["test_a_damaged_release_is_left_and_named_and_its_number_stays_taken"],
    "an error nobody foresaw": [
        "test_a_refresh_over_canaries_ends_as_meant",
        "test_a_build_damaged_in_the_middle_is_made_again_within_two_refreshes",
    ],
}


def _lines() -> list[str]:
    section = (ROOT / "README.md").read_text(encoding="utf-8").partition("### What can go wrong and what happens")[2]
    table = section.partition("\n\n")[2].partition("\n\n")[0].splitlines()[2:]
    return [line.split(" | ")[0].removeprefix("| ") for line in table]


def _tests(module: Path) -> set[str]:
    functions = ast.walk(ast.parse(module.read_text(encoding="utf-8")))
    return {node.name for node in functions if isinstance(node, ast.FunctionDef) and node.name.startswith("test_")}


def test_every_line_of_the_table_is_here_and_no_other() -> None:
    behind = [[line for line in _lines() if line.startswith(beginning)] for beginning in BEHIND]
    assert sorted(line for lines in behind for line in lines) == sorted(_lines())
    assert [lines for lines in behind if len(lines) != 1] == []


@pytest.mark.parametrize("beginning", BEHIND)
def test_the_tests_behind_a_line_exist(beginning: str) -> None:
    known = {name for module in (ROOT / "tests").glob("test_*.py") for name in _tests(module)}
    known |= {f"bad:{case.what}" for case in CASES}
    assert [name for name in BEHIND[beginning] if name not in known] == []
