"""Alerts that reach a mail server on this machine, once, and that stop nothing when they do not.

Here: what is sent, over which connection, how often, and what is said when it cannot be.
Belongs here: a promise about e-mail and about the watch over releases.
Does not belong here: when a release is due (`test_timetable.py`).
"""

import datetime as dt
import hashlib
import json
import os
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import dagster as dg
import pytest
from dagster._core.test_utils import create_run_for_test

from orchestration import alerts, sensors, watch
from orchestration.alerts import Alert, of_run, refusals_of, send_test, tell, unsent
from orchestration.asset_checks import deliveries_spec
from orchestration.extracts import EXTRACTS
from orchestration.guard import only_refresh
from orchestration.landing.store import Landing
from orchestration.resources import Folders
from tests.conftest import ROOT, Warehouse
from tests.deliveries import write_csv
from tests.postbox import Postbox, serving

NOW = dt.datetime(2009, 4, 12, 6, 0, tzinfo=dt.UTC)
A_DAY = dt.timedelta(days=1)
FAILED = Alert("The refresh of 2009-03 failed", "[control, 3 rows] Other rows than were counted. Deliver it again.")


@pytest.fixture
def postbox() -> Postbox:
    return Postbox()


@pytest.fixture
def serve(
    postbox: Postbox, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Callable[..., None]]:
    with serving(postbox, tmp_path_factory.mktemp("server"), monkeypatch) as start:
        yield start


@pytest.mark.parametrize(("security", "is_encrypted"), [("none", False), ("starttls", True), ("tls", True)])
def test_an_alert_arrives_over_the_connection_that_is_set(
    security: str, is_encrypted: bool, serve: Callable[..., None], postbox: Postbox, tmp_path: Path
) -> None:
    serve(security)
    assert tell(tmp_path, {"refresh": [FAILED]}, NOW) is None
    (message,) = postbox.messages
    assert postbox.over_tls == [is_encrypted]
    assert message["Subject"] == "Performance warehouse: The refresh of 2009-03 failed"
    assert message["To"] == "oncall@example.org, duty@example.org"
    assert message["From"] == "warehouse@example.org"
    assert FAILED.text in message.get_content()


def test_the_user_logs_in_with_the_password_in_the_file(
    serve: Callable[..., None], postbox: Postbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    serve("starttls", authenticator=postbox.knows, auth_required=True)
    (tmp_path / "password").write_text("correct horse\n", encoding="utf-8")
    monkeypatch.setenv("ALERTS_SMTP_USER", "warehouse")
    monkeypatch.setenv("ALERTS_SMTP_PASSWORD_FILE", str(tmp_path / "password"))
    assert tell(tmp_path, {"refresh": [FAILED]}, NOW) is None
    assert (len(postbox.messages), postbox.users) == (1, [b"warehouse"])


def test_without_a_recipient_nothing_is_sent_until_there_is_one(
    serve: Callable[..., None], postbox: Postbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    serve("none")
    with monkeypatch.context() as off:
        off.setenv("ALERTS_TO", "")
        assert tell(tmp_path, {"refresh": [FAILED]}, NOW) is None
    assert (postbox.messages, unsent(tmp_path)) == ([], None)
    assert tell(tmp_path, {"watch": []}, NOW) is None
    assert len(postbox.messages) == 1


def test_where_nothing_is_wrong_nothing_is_written(tmp_path: Path) -> None:
    assert tell(tmp_path, {"refresh": [], "watch": []}, NOW) is None
    assert list(tmp_path.iterdir()) == []


def test_the_same_alert_is_told_once_and_again_after_a_week(
    serve: Callable[..., None], postbox: Postbox, tmp_path: Path
) -> None:
    """Told on day 0; days 1 to 6 are silent; day 7 says it again; day 8 is silent."""
    serve("none")
    for day in range(9):
        tell(tmp_path, {"refresh": [FAILED]}, NOW + day * A_DAY)
    assert [message["Date"].datetime - NOW for message in postbox.messages] == [0 * A_DAY, 7 * A_DAY]


def test_advice_that_differs_makes_no_other_alert_and_another_reason_does(
    serve: Callable[..., None], postbox: Postbox, tmp_path: Path
) -> None:
    serve("none")
    for alert in (Alert("Failed", "No space left", "12 MB free"), Alert("Failed", "No space left", "11 MB free")):
        tell(tmp_path, {"refresh": [alert]}, NOW)
    assert len(postbox.messages) == 1
    tell(tmp_path, {"refresh": [Alert("Failed", "Permission denied")]}, NOW)
    assert len(postbox.messages) == 2


def test_what_was_mended_and_comes_back_is_told_again(
    serve: Callable[..., None], postbox: Postbox, tmp_path: Path
) -> None:
    serve("none")
    for wrong in ([FAILED], [FAILED], [], [FAILED]):
        tell(tmp_path, {"refresh": wrong}, NOW)
    assert len(postbox.messages) == 2


def test_what_is_mended_in_one_matter_is_not_forgotten_in_another(
    serve: Callable[..., None], postbox: Postbox, tmp_path: Path
) -> None:
    serve("none")
    late = Alert("No release of 2009-03", "It was due.")
    for matter, wrong in (("watch", [late]), ("refresh", []), ("watch", [late])):
        tell(tmp_path, {matter: wrong}, NOW)
    assert len(postbox.messages) == 1


def test_several_alerts_come_in_one_message(serve: Callable[..., None], postbox: Postbox, tmp_path: Path) -> None:
    serve("none")
    tell(tmp_path, {"refresh": [FAILED, Alert("Another", "Something else.")]}, NOW)
    (message,) = postbox.messages
    assert message["Subject"].endswith("failed (and 1 more)")
    assert "Something else." in message.get_content()


def test_a_server_that_is_down_is_said_and_the_alert_goes_out_later(
    serve: Callable[..., None], postbox: Postbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    serve("none")
    with monkeypatch.context() as down, socket.socket() as deaf:
        # A port that is taken and not listened on.
        deaf.bind(("localhost", 0))
        down.setenv("ALERTS_SMTP_PORT", str(deaf.getsockname()[1]))
        said = tell(tmp_path, {"refresh": [FAILED]}, NOW)
    assert said == "An alert was not sent: Connection refused (ConnectionRefusedError)."
    assert unsent(tmp_path) == "2009-04-12 06:00: Connection refused (ConnectionRefusedError)"
    # The server is there again, and somebody else looks at something else.
    assert tell(tmp_path, {"watch": []}, NOW) is None
    assert (len(postbox.messages), unsent(tmp_path)) == (1, None)


def test_what_was_mended_before_it_could_be_sent_is_not_sent(
    serve: Callable[..., None], postbox: Postbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    serve("none")
    with monkeypatch.context() as wrong:
        wrong.setenv("ALERTS_FROM", "")
        assert tell(tmp_path, {"refresh": [FAILED]}, NOW) is not None
    assert tell(tmp_path, {"refresh": []}, NOW) is None
    assert postbox.messages == []


def test_a_certificate_that_nobody_vouches_for_is_not_believed(
    serve: Callable[..., None], postbox: Postbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    serve("starttls")
    monkeypatch.setenv("ALERTS_SMTP_CA_FILE", "")
    said = tell(tmp_path, {"refresh": [FAILED]}, NOW)
    assert said is not None
    assert "certificate is not trusted" in said
    assert postbox.messages == []


def test_a_wrong_password_is_said_without_it(
    serve: Callable[..., None], postbox: Postbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    serve("starttls", authenticator=postbox.knows, auth_required=True)
    (tmp_path / "password").write_text("battery staple", encoding="utf-8")
    monkeypatch.setenv("ALERTS_SMTP_USER", "warehouse")
    monkeypatch.setenv("ALERTS_SMTP_PASSWORD_FILE", str(tmp_path / "password"))
    assert tell(tmp_path, {"refresh": [FAILED]}, NOW) == (
        "An alert was not sent: the server answered 535 (SMTPAuthenticationError)."
    )
    assert postbox.messages == []


def test_an_address_the_server_does_not_know_is_counted_and_the_others_get_it_once(
    serve: Callable[..., None], postbox: Postbox, tmp_path: Path
) -> None:
    serve("none")
    postbox.unknown = {"duty@example.org"}
    said = "An alert was not sent: the server takes no mail for 1 of the addresses in ALERTS_TO."
    assert tell(tmp_path, {"refresh": [FAILED]}, NOW) == said
    assert tell(tmp_path, {"refresh": [FAILED]}, NOW) is None
    assert len(postbox.messages) == 1
    assert unsent(tmp_path) is not None


def test_two_processes_that_tell_the_same_at_once_send_it_once(
    serve: Callable[..., None], postbox: Postbox, tmp_path: Path
) -> None:
    serve("none")
    with ThreadPoolExecutor(4) as threads:
        list(threads.map(lambda _: tell(tmp_path, {"refresh": [FAILED]}, NOW), range(4)))
    assert len(postbox.messages) == 1


@pytest.mark.parametrize(
    ("name", "value", "expected"),
    [
        ("ALERTS_SMTP_HOST", "", "ALERTS_SMTP_HOST is not set"),
        ("ALERTS_FROM", "", "ALERTS_FROM is not set"),
        ("ALERTS_FROM", "warehouse\n@example.org", "holds what is no address"),
        ("ALERTS_TO", "on call", "holds what is no address"),
        ("ALERTS_SMTP_SECURITY", "ssl", "is one of starttls, tls, none"),
        ("ALERTS_SMTP_PORT", "smtp", "is no number from 1 to 65535"),
        ("ALERTS_SMTP_PORT", "65536", "is no number from 1 to 65535"),
        ("ALERTS_SMTP_HOST", "mail..example.org", "is no name of a machine"),
        ("ALERTS_SMTP_USER", "warehouse", "the password would be seen"),
    ],
)
def test_settings_that_cannot_be_meant_are_said(
    name: str,
    value: str,
    expected: str,
    serve: Callable[..., None],
    postbox: Postbox,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    serve("none")
    monkeypatch.setenv(name, value)
    said = tell(tmp_path, {"refresh": [FAILED]}, NOW)
    assert said is not None
    assert expected in said
    assert postbox.messages == []


@pytest.mark.parametrize(
    ("password", "expected"),
    [
        ("£5 horse".encode(), "ALERTS_SMTP_USER or the password has a letter or sign beyond ASCII"),
        ("£5 horse".encode("latin-1"), "the file ALERTS_SMTP_PASSWORD_FILE names is no text in UTF-8"),
    ],
)
def test_a_password_that_cannot_be_sent_is_said_without_it_and_the_alert_goes_out_later(
    password: bytes,
    expected: str,
    serve: Callable[..., None],
    postbox: Postbox,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    serve("starttls", authenticator=postbox.knows, auth_required=True)
    (tmp_path / "password").write_bytes(password)
    monkeypatch.setenv("ALERTS_SMTP_USER", "warehouse")
    monkeypatch.setenv("ALERTS_SMTP_PASSWORD_FILE", str(tmp_path / "password"))
    assert tell(tmp_path, {"refresh": [FAILED]}, NOW) == f"An alert was not sent: {expected}."
    assert unsent(tmp_path) == f"2009-04-12 06:00: {expected}"
    (tmp_path / "password").write_text("correct horse", encoding="utf-8")
    assert tell(tmp_path, {"watch": []}, NOW) is None
    assert (len(postbox.messages), unsent(tmp_path)) == (1, None)


def test_what_no_setting_foresees_is_said_without_its_words_and_the_alert_is_kept(
    serve: Callable[..., None], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    serve("none")

    def secret(*_: object) -> None:
        raise UnicodeEncodeError("ascii", "horse", 0, 1, "ordinal not in range(128)")

    monkeypatch.setattr(alerts.Server, "send", secret)
    said = "a setting or the message holds what cannot be sent (UnicodeEncodeError)"
    assert tell(tmp_path, {"refresh": [FAILED]}, NOW) == f"An alert was not sent: {said}."
    assert send_test(tmp_path, NOW) == f"The test was not sent: {said}."
    assert unsent(tmp_path) == f"2009-04-12 06:00: {said}"


def test_an_alert_is_kept_also_when_the_code_fails_over_it(
    serve: Callable[..., None], postbox: Postbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    serve("none")
    with monkeypatch.context() as broken:
        broken.setattr(alerts, "_message", lambda *_: 1 // 0)
        with pytest.raises(ZeroDivisionError):
            tell(tmp_path, {"refresh": [FAILED]}, NOW)
    assert tell(tmp_path, {"watch": []}, NOW) is None
    assert len(postbox.messages) == 1


def test_what_was_mended_before_it_could_be_sent_waits_no_longer_whatever_else_is_wrong(
    serve: Callable[..., None], postbox: Postbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of two alerts the first is sent and lasts; the second could not be sent and is mended."""
    serve("none")
    late = Alert("No release of 2009-03", "It was due.")
    assert tell(tmp_path, {"watch": [late]}, NOW) is None
    with monkeypatch.context() as wrong:
        wrong.setenv("ALERTS_FROM", "")
        assert tell(tmp_path, {"refresh": [FAILED]}, NOW) is not None
    assert unsent(tmp_path) is not None
    assert tell(tmp_path, {"refresh": []}, NOW) is None
    assert (len(postbox.messages), unsent(tmp_path)) == (1, None)
    assert tell(tmp_path, {"watch": []}, NOW) is None
    assert unsent(tmp_path) is None


def test_a_memory_that_is_damaged_tells_twice_rather_than_never(
    serve: Callable[..., None], postbox: Postbox, tmp_path: Path
) -> None:
    serve("none")
    tell(tmp_path, {"refresh": [FAILED]}, NOW)
    (tmp_path / alerts.MEMORY).write_text('{"told": {"refresh"', encoding="utf-8")
    tell(tmp_path, {"refresh": [FAILED]}, NOW)
    assert len(postbox.messages) == 2


def test_a_warehouse_that_is_gone_is_told_of(serve: Callable[..., None], postbox: Postbox, tmp_path: Path) -> None:
    serve("none")
    assert tell(tmp_path / "unmounted", {"watch": [FAILED]}, NOW) is None
    assert len(postbox.messages) == 1
    assert not (tmp_path / "unmounted").exists()


def release(warehouse: Path, name: str) -> None:
    """As much of a release as is needed to know that it is whole, and that readers have it; deliveries may come."""
    folder = warehouse / "releases" / name
    folder.mkdir(parents=True)
    (folder / "performance.duckdb").write_bytes(b"figures")
    manifest = {
        "release_id": name,
        "reporting_month": f"{name[:7]}-01",
        "status": "final",
        "data_kind": "real",
        "provisional_because": None,
        "built_at": "2009-04-14T06:00:00+00:00",
        "deliveries": [],
        "files": {"performance.duckdb": hashlib.sha256(b"figures").hexdigest()},
    }
    (folder / "manifest.json").write_text(json.dumps(manifest), encoding="utf-8")
    for needed in (warehouse / "landing", warehouse.with_name("raw")):
        needed.mkdir(exist_ok=True)
    (warehouse / "current").unlink(missing_ok=True)
    (warehouse / "current").symlink_to(folder.relative_to(warehouse))


def watched(warehouse: Path, day: str) -> subprocess.CompletedProcess[str]:
    """`make watch` on a day, in a process of its own."""
    return subprocess.run(
        [sys.executable, "-m", "orchestration.watch", "--at", day],
        cwd=ROOT,
        env={**os.environ, "RAW_DIR": str(warehouse.with_name("raw")), "WAREHOUSE_DIR": str(warehouse)},
        capture_output=True,
        text=True,
        check=False,
    )


def test_a_release_that_is_not_there_by_its_day_is_told_without_dagster(
    serve: Callable[..., None], postbox: Postbox, tmp_path: Path
) -> None:
    """The release of April 2009 is due on 15 May; there is none of a month after March, and no service at all."""
    serve("starttls")
    release(tmp_path / "warehouse", "2009-03_r1")
    first, second = (watched(tmp_path / "warehouse", f"2009-05-{day}") for day in (16, 17))
    assert (first.returncode, second.returncode) == (1, 1), first.stderr
    assert first.stdout.startswith(
        "Readers have no release of 2009-04, which was due by 2009-05-15\nReaders have 2009-03_r1.\n"
    )
    (message,) = postbox.messages
    assert (
        message["Subject"] == "Performance warehouse: Readers have no release of 2009-04, which was due by 2009-05-15"
    )


def test_a_release_that_is_there_by_its_day_is_not_told_until_readers_lose_it(tmp_path: Path) -> None:
    raw, warehouse = tmp_path / "raw", tmp_path / "warehouse"
    for name in ("2009-03_r1", "2009-04_r1"):
        release(warehouse, name)

    def told() -> list[str]:
        return [alert.subject for alert in watch.to_act_on(raw, warehouse, dt.datetime(2009, 5, 17, tzinfo=dt.UTC))]

    late = "Readers have no release of 2009-04, which was due by 2009-05-15"
    assert told() == []
    (warehouse / "current").unlink()
    assert told() == [late]
    (warehouse / "current").symlink_to("releases/2009-03_r1")
    assert told() == [late]
    (warehouse / "current").unlink()
    (warehouse / "current").symlink_to("releases/2009-04_r1")
    assert told() == []
    (warehouse / "releases" / "2009-04_r1" / "performance.duckdb").write_bytes(b"others")
    assert told() == [late]


def test_what_keeps_the_service_from_seeing_is_told_before_a_release_is_late(tmp_path: Path) -> None:
    raw, warehouse = tmp_path / "raw", tmp_path / "warehouse"
    release(warehouse, "2009-04_r1")
    at = dt.datetime(2009, 5, 17, tzinfo=dt.UTC)
    raw.rmdir()
    (alert,) = watch.to_act_on(raw, warehouse, at)
    assert (alert.subject, alert.text) == ("Somebody must act: waiting", "Readers have 2009-04_r1.")
    assert f"Waiting: not to be seen: there is no {raw}" in alert.advice
    raw.mkdir()
    record = warehouse / "landing" / "workforce" / "0123456789abcdef" / "delivery.json"
    record.parent.mkdir(parents=True)
    record.write_text("{", encoding="utf-8")
    (alert,) = watch.to_act_on(raw, warehouse, at)
    assert alert.subject == "Somebody must act: landing" and str(record) in alert.advice


def test_a_public_edition_of_another_release_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    raw, warehouse = tmp_path / "raw", tmp_path / "warehouse"
    release(warehouse, "2009-04_r1")
    at = dt.datetime(2009, 5, 17, tzinfo=dt.UTC)
    assert watch.to_act_on(raw, warehouse, at) == []
    monkeypatch.setenv("AUDIENCE", "public")
    (alert,) = watch.to_act_on(raw, warehouse, at)
    assert alert.subject == "Somebody must act: public"
    assert alert.advice.startswith(
        "Public: the public edition is not there, and 2009-04_r1 is current: `AUDIENCE=public make refresh`"
    )
    monkeypatch.delenv("AUDIENCE")
    release(warehouse / "public", "2009-04_r1")
    edition = warehouse / "public" / "current" / "manifest.json"
    manifest = json.loads(edition.read_text(encoding="utf-8"))
    edition.write_text(json.dumps(manifest | {"made_from": "2009-04_r1"}), encoding="utf-8")
    assert watch.to_act_on(raw, warehouse, at) == []
    edition.write_text(json.dumps(manifest | {"made_from": "2009-03_r1"}), encoding="utf-8")
    (alert,) = watch.to_act_on(raw, warehouse, at)
    assert "the public edition is made from 2009-03_r1, and 2009-04_r1 is current" in alert.advice
    with only_refresh(warehouse):
        assert watch.to_act_on(raw, warehouse, at) == []


def test_a_watch_that_cannot_look_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RELEASE_WORKING_DAY", "last")
    (alert,) = watch.to_act_on(tmp_path / "raw", tmp_path / "warehouse", NOW)
    assert alert.subject == "The watch over releases cannot look"
    assert "RELEASE_WORKING_DAY" in alert.text


def test_the_watch_forgets_a_refusal_whose_file_was_taken_out(tmp_path: Path) -> None:
    raw, warehouse = tmp_path / "raw", tmp_path / "warehouse"
    for extract in ("complaints", "workforce"):
        path = write_csv(raw / extract / "2008-12.csv", [{"none": "of the columns"}])
        Landing(warehouse).land([path], EXTRACTS[extract], is_synthetic=True)
    (raw / "workforce" / "2008-12.csv").unlink()
    found = watch.taken_out(raw, warehouse)
    assert found["refused workforce"] == []
    assert found.keys() == {refusals_of(extract) for extract in EXTRACTS} - {"refused complaints"}


def test_a_test_message_says_that_it_is_one(serve: Callable[..., None], postbox: Postbox, tmp_path: Path) -> None:
    serve("starttls")
    assert send_test(tmp_path, NOW) is None
    assert postbox.messages[0]["Subject"] == "Performance warehouse: This is a test"
    assert list(tmp_path.iterdir()) == []


def test_a_test_without_a_recipient_says_why_it_is_not_sent(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("ALERTS_TO", raising=False)
    assert send_test(tmp_path, NOW) == "The test was not sent: ALERTS_TO names nobody."


def test_a_refused_delivery_and_a_failed_step_are_told_apart_and_a_step_that_went_well_is_well(tmp_path: Path) -> None:
    run = {
        "reporting_month": "2009-03",
        "seconds": {"landing__complaints": 0.1, "landing__workforce": 0.2, "deliveries": 0.1},
        "failed_steps": {
            "landing__complaints": "complaints/x.csv: [empty, 0 rows] The file is empty. Deliver it again.",
            "deliveries": "No space left on device (landing/synchronise.py, line 1).",
        },
        "checks": {f"landing/complaints: {deliveries_spec(dg.AssetKey('x')).name}": "failed"},
    }
    found = of_run(run, tmp_path)
    assert (found["landing__workforce"], found["refused workforce"], found["run"]) == ([], [], [])
    assert found["landing__complaints"] == []
    (refused,), (failed,) = found["refused complaints"], found["deliveries"]
    assert refused.subject == (
        "A delivery of complaints is refused; nothing is published until it is mended or taken out"
    )
    assert refused.text == run["failed_steps"]["landing__complaints"]
    assert failed.subject == "The refresh of 2009-03 failed in deliveries"
    assert "Make room there and run again" in failed.advice


@pytest.fixture
def instance(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[dg.DagsterInstance]:
    monkeypatch.setenv("WAREHOUSE_DIR", str(tmp_path / "warehouse"))
    with dg.instance_for_test() as made:
        yield made


def run_of(instance: dg.DagsterInstance, folders: Folders, raises: Exception | None) -> None:
    """A run of one step that takes hold of the warehouse, and fails or not."""

    @dg.op(name="step", required_resource_keys={"folders"})
    def step() -> None:
        if raises:
            raise raises

    @dg.job(resource_defs={"folders": folders.get_resource_definition()})
    def job() -> None:
        step()

    job.execute_in_process(instance=instance, raise_on_error=False)


def test_a_run_tells_when_it_fails_once_and_again_after_one_that_went_well(
    serve: Callable[..., None], postbox: Postbox, instance: dg.DagsterInstance, tmp_path: Path
) -> None:
    serve("starttls")
    folders = Folders(raw=str(tmp_path / "raw"), warehouse=str(tmp_path / "warehouse"))
    failure = dg.Failure(description="A figure that nothing explains: 3.", allow_retries=False)
    for raises, sent in ((failure, 1), (failure, 1), (None, 1), (failure, 2)):
        run_of(instance, folders, raises)
        assert len(postbox.messages) == sent
    assert postbox.messages[0]["Subject"].endswith("failed in step")
    assert "A figure that nothing explains: 3." in postbox.messages[0].get_content()


def test_a_mail_server_that_is_down_fails_no_run_and_is_said(
    instance: dg.DagsterInstance,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv("ALERTS_TO", "oncall@example.org")
    folders = Folders(raw=str(tmp_path / "raw"), warehouse=str(tmp_path / "warehouse"))
    run_of(instance, folders, dg.Failure(description="For a reason.", allow_retries=False))
    assert "Warning. An alert was not sent: ALERTS_FROM and ALERTS_SMTP_HOST is not set" in capfd.readouterr().out
    assert len(list((tmp_path / "warehouse" / "runs").glob("*.json"))) == 1


def test_a_run_that_was_killed_is_told_by_the_sensor_and_one_that_told_by_itself_is_not(
    serve: Callable[..., None], postbox: Postbox, instance: dg.DagsterInstance, tmp_path: Path
) -> None:
    serve("none")
    folders = Folders(raw=str(tmp_path / "raw"), warehouse=str(tmp_path / "warehouse"))
    run_of(instance, folders, dg.Failure(description="For a reason.", allow_retries=False))
    (told,) = instance.get_runs()
    assert (_sensed(instance, told), len(postbox.messages)) == ("It has told by itself.", 1)

    killed = create_run_for_test(instance, "monthly_refresh", tags={"dagster/partition": "2009-03"})
    instance.report_run_failed(killed, "Its process is no longer there.")
    assert (_sensed(instance, killed), len(postbox.messages)) == (None, 2)
    assert postbox.messages[1]["Subject"].endswith("A run of 2009-03 was killed, or could not start")
    assert "Its process is no longer there." in postbox.messages[1].get_content()

    takes_in = create_run_for_test(instance, "monthly_refresh")
    assert _sensed(instance, killed) == "A later run tells how things stand."
    instance.report_run_failed(takes_in, "Its process is no longer there.")
    assert _sensed(instance, takes_in) is None
    assert postbox.messages[2]["Subject"].endswith("A run that takes in deliveries was killed, or could not start")


def _sensed(instance: dg.DagsterInstance, run: dg.DagsterRun) -> str | None:
    """What the sensor on failures says of a run."""
    (failure,) = instance.all_logs(run.run_id, of_type={dg.DagsterEventType.RUN_FAILURE})
    event = failure.get_dagster_event()
    context = dg.build_run_status_sensor_context("died", event, instance, run).for_run_failure()
    skipped = sensors.died(context)
    return skipped.skip_message if isinstance(skipped, dg.SkipReason) else None


@pytest.mark.long
def test_a_refresh_from_the_command_line_tells_of_a_refused_delivery_once(
    serve: Callable[..., None], postbox: Postbox, tmp_path: Path
) -> None:
    serve("starttls")
    own = Warehouse(tmp_path / "raw", tmp_path / "warehouse")
    write_csv(own.raw / "complaints" / "2008-12.csv", [{"complaint_ref": "SECRET-1", "received": "2008-12-01"}])
    for _ in range(2):
        ended = own.refresh("2008-12")
        assert ended.returncode == 1
        (message,) = postbox.messages
    assert message["Subject"] == (
        "Performance warehouse: A delivery of complaints is refused;"
        " nothing is published until it is mended or taken out"
    )
    assert "complaints/2008-12.csv: [layout, whole file]" in message.get_content()
    assert "SECRET" not in message.as_string()
