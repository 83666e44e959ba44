"""The control's descriptions of TRs."""

from __future__ import annotations

import io
import zipfile
from typing import Dict, List

import pytest

from sapi_kiwoom import catalogue
from simulator.qt.enc import dat, enc


def blocks(text: str) -> Dict[str, List[List[str]]]:
    """Read as programs do: by the lines that begin and end a block, by the names before ``=``."""
    found: Dict[str, List[List[str]]] = {}
    lines: List[List[str]] = []
    for line in text.splitlines():
        if line.startswith("@START_"):
            lines = found.setdefault(line, [])
        elif "=" in line and line.startswith("\t"):
            name, numbers = line.split("=")
            lines.append([name.strip(), *(each.strip() for each in numbers.split(","))])
    return found


def test_a_file_is_a_zip_with_the_text_under_the_code_in_capitals() -> None:
    tr = catalogue.tr("opt10081")
    archive = zipfile.ZipFile(io.BytesIO(enc(tr)))
    assert archive.namelist() == ["OPT10081.dat"]
    assert archive.read("OPT10081.dat").decode("cp949") == dat(tr)


def test_a_text_has_inputs_a_single_and_a_multi_record() -> None:
    text = dat(catalogue.tr("opt10081"))
    assert "\r\n" in text
    read = blocks(text)
    assert list(read) == [
        "@START_주식일봉차트조회요청",
        "@START_주식일봉차트=*,*,*",
        "@START_주식일봉차트조회=600,4,*",
    ]
    assert [each[0] for each in read["@START_주식일봉차트조회요청"]] == [
        "종목코드",
        "기준일자",
        "수정주가구분",
    ]
    assert ["현재가", "20", "20", "10"] in read["@START_주식일봉차트조회=600,4,*"]


@pytest.mark.parametrize("code", sorted(catalogue.trs()))
def test_every_tr_keeps_its_fields_in_order(code: str) -> None:
    tr = catalogue.tr(code)
    read = list(blocks(dat(tr)).values())
    records = [each.fields for each in (tr.single, tr.multi) if each]
    expected = [[field.name for field in fields] for fields in (tr.inputs, *records)]
    assert [[field[0] for field in fields] for fields in read] == expected
    assert enc(tr)
