"""The log of answers: durable, whole lines only, several writers, no answer twice."""

import os
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from alc.answers import Answer, AnswerLog
from alc.errors import InputError


def answer(key: str, label: str | None = "cat", sample: int = 3) -> Answer:
    return Answer(key, sample, "anna", label, "2026-03-01T10:00:00Z")


def test_what_is_appended_is_read(tmp_path: Path) -> None:
    log = AnswerLog(tmp_path / "new" / "answers.jsonl")
    assert log.read() == []
    odd = Answer("b:1", 0, "Ana\nLima \u2028 <script>", "dög,\"'", "2026-03-01T10:00:00+02:00", "suggested")
    assert log.append([answer("a:1"), odd]) == 2
    assert log.append([answer("a:2", None)]) == 1
    for reader in (log, AnswerLog(log.path)):
        assert reader.read() == [answer("a:1"), odd, answer("a:2", None)]
    assert len(log.path.read_bytes().splitlines()) == 3


def test_a_key_counts_once(tmp_path: Path) -> None:
    log = AnswerLog(tmp_path / "answers.jsonl")
    assert log.append([answer("a:1"), answer("a:1", "dog"), answer("a:2")]) == 2
    before = log.path.read_bytes()
    assert log.append([answer("a:2"), answer("a:1", "dog")]) == 0
    assert AnswerLog(log.path).append([answer("a:1")]) == 0
    assert log.path.read_bytes() == before
    assert [each.label for each in log.read()] == ["cat", "cat"]


def test_two_logs_see_what_the_other_adds(tmp_path: Path) -> None:
    first, second = AnswerLog(tmp_path / "answers.jsonl"), AnswerLog(tmp_path / "answers.jsonl")
    assert first.append([answer("a:1")]) == 1
    assert second.append([answer("a:1"), answer("a:2")]) == 1
    assert first.append([answer("a:2"), answer("a:3")]) == 1
    assert [each.key for each in second.read()] == ["a:1", "a:2", "a:3"]


def test_a_crash_at_any_byte_loses_no_earlier_answer(tmp_path: Path) -> None:
    path = tmp_path / "answers.jsonl"
    AnswerLog(path).append([answer("a:1"), answer("a:2")])
    acknowledged = path.read_bytes()
    AnswerLog(path).append([answer("a:3", "dög")])
    whole = path.read_bytes()
    for size in range(len(acknowledged), len(whole)):
        path.write_bytes(whole[:size])
        assert [each.key for each in AnswerLog(path).read()] == ["a:1", "a:2"]
        log = AnswerLog(path)
        assert log.append([answer("a:4")]) == 1
        assert [each.key for each in AnswerLog(path).read()] == ["a:1", "a:2", "a:4"]
        assert path.read_bytes().startswith(acknowledged)


def test_a_reader_that_was_there_before_the_crash_goes_on(tmp_path: Path) -> None:
    path = tmp_path / "answers.jsonl"
    log = AnswerLog(path)
    log.append([answer("a:1")])
    with path.open("ab") as file:
        file.write(b'{"key":"a:2","samp')
    assert [each.key for each in log.read()] == ["a:1"]
    AnswerLog(path).append([answer("a:3")])
    assert [each.key for each in log.read()] == ["a:1", "a:3"]


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("", ["line 2", "no JSON"]),
        ("[]", ["line 2", "other fields"]),
        (answer("a:1", "dog").to_json(), ["line 2", "another answer has the key 'a:1'"]),
        (answer("a:2").to_json().replace('"none"', '"all"'), ["line 2", "shown is 'all'"]),
        (answer("a:2").to_json().replace("2026-", "soon-"), ["line 2", "time is 'soon-"]),
        (answer("a:2").to_json().replace(":3,", ":-3,"), ["line 2", "sample_id is -3"]),
        ("\x00\x00", ["line 2", "no JSON"]),
    ],
)
def test_a_broken_line_is_named(line: str, words: list[str], tmp_path: Path) -> None:
    path = tmp_path / "answers.jsonl"
    path.write_text(f"{answer('a:1').to_json()}\n{line}\n{answer('a:9').to_json()}\n")
    before = path.read_bytes()
    for use in (lambda: AnswerLog(path).read(), lambda: AnswerLog(path).append([answer("a:5")])):
        with pytest.raises(InputError) as caught:
            use()
        for word in words:
            assert word in str(caught.value)
    assert path.read_bytes() == before


def test_another_file_in_its_place_is_read_from_the_start(tmp_path: Path) -> None:
    log = AnswerLog(tmp_path / "answers.jsonl")
    log.append([answer("a:1")])
    other = tmp_path / "other.jsonl"
    other.write_text(answer("b:1").to_json() + "\n" + answer("b:2").to_json() + "\n")
    other.replace(log.path)
    assert [each.key for each in log.read()] == ["b:1", "b:2"]
    log.path.unlink()
    assert log.read() == []


def test_a_disk_that_refuses_leaves_the_log_as_it_was(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    log = AnswerLog(tmp_path / "answers.jsonl")
    log.append([answer("a:1")])
    before = log.path.read_bytes()
    write = os.write

    def full(descriptor: int, content: bytes) -> int:
        if len(content) < 30:
            raise OSError(28, "No space left on device")
        return write(descriptor, content[:-20])

    with monkeypatch.context() as patch:
        patch.setattr(os, "write", full)
        with pytest.raises(OSError, match="No space"):
            log.append([answer("a:2")])
    assert log.path.read_bytes() == before
    assert log.append([answer("a:2")]) == 1
    assert [each.key for each in log.read()] == ["a:1", "a:2"]


WRITER = """
import sys
from pathlib import Path
from alc.answers import Answer, AnswerLog
log = AnswerLog(Path(sys.argv[1]))
for number in range(40):
    keys = [f"shared:{number}", f"{sys.argv[2]}:{number}"]
    log.append([Answer(key, number, sys.argv[2], "x" * 50, "2026-01-01") for key in keys])
"""


def test_two_processes_at_once_lose_and_double_nothing(tmp_path: Path) -> None:
    path = tmp_path / "answers.jsonl"
    writers = [subprocess.Popen([sys.executable, "-c", WRITER, str(path), name]) for name in ("one", "two")]
    assert [writer.wait(timeout=60) for writer in writers] == [0, 0]
    keys = [each.key for each in AnswerLog(path).read()]
    assert sorted(keys) == sorted(f"{who}:{number}" for who in ("one", "two", "shared") for number in range(40))


def test_several_threads_may_share_a_log(tmp_path: Path) -> None:
    log = AnswerLog(tmp_path / "answers.jsonl")

    def work(name: int) -> None:
        for number in range(10):
            log.append([answer(f"{name}:{number}")])

    threads = [threading.Thread(target=work, args=(name,)) for name in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(log.read()) == len(AnswerLog(log.path).read()) == 40
