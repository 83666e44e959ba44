"""The catalogue's tables fit together."""

import pytest

from sapi_kiwoom import catalogue
from sapi_kiwoom.errors import KiwoomError
from simulator.answers import ANSWERS

TRS = list(catalogue.trs().values())


def blocks(tr):
    yield tr.inputs
    yield from (record.fields for record in (tr.single, tr.multi) if record)


@pytest.mark.parametrize("tr", TRS, ids=lambda tr: tr.code)
def test_names_and_keys_are_unique_in_their_block(tr):
    assert tr.inputs
    assert tr.single or tr.multi
    for fields in blocks(tr):
        for attribute in ("name", "key"):
            values = [getattr(field, attribute) for field in fields]
            assert len(set(values)) == len(values)
        assert all(field.width > 0 for field in fields)
        assert all(field.key.isidentifier() and field.key == field.key.lower() for field in fields)
    if tr.multi:
        assert tr.multi.rows > 0
    if tr.cursor:
        assert tr.cursor.input in [field.name for field in tr.inputs]
        assert tr.cursor.field in [field.name for field in tr.multi.fields]


def test_only_inputs_may_be_left_empty():
    assert not any(
        field.optional for tr in TRS for fields in list(blocks(tr))[1:] for field in fields
    )


def test_a_code_is_found_in_any_spelling():
    assert catalogue.tr("OPT10081") is catalogue.tr("opt10081")
    assert catalogue.tr("optkwfid").code == "OPTKWFID"
    with pytest.raises(KiwoomError, match="opt99998"):
        catalogue.tr("opt99998")


def test_every_tr_has_an_answer():
    assert set(ANSWERS) == set(catalogue.trs())
