"""``call``: what ``key=value`` means to a method."""

import pytest

from sapi_kiwoom.cli.call import parameters


@pytest.mark.parametrize(
    ("method", "texts", "meant"),
    [
        ("get-stock-name", ["stock_code=015760"], {"stock_code": "015760"}),
        (
            "request-tr",
            ["tr=opt10001", "inputs.종목코드=005930", "inputs.tick=1", "typed=true", "max_pages=3"],
            {"tr": "opt10001", "inputs": {"종목코드": "005930", "tick": "1"}, "typed": True, "max_pages": 3},
        ),
        ("request-stocks", ["stock_codes=005930,000660"], {"stock_codes": ["005930", "000660"]}),
        ("request-stocks", ['stock_codes=["005930"]'], {"stock_codes": ["005930"]}),
        ("advance", ["seconds=1.5"], {"seconds": 1.5}),
        ("cancel-task", ["task_id=a1"], {"task_id": "a1"}),
        ("cancel-task", ['task_id={"a": 1}'], {"task_id": {"a": 1}}),
        ("request-tr", ["max_pages=many"], {"max_pages": "many"}),
        ("no-such-method", ["a.b=1"], {"a.b": "1"}),
    ],
)  # fmt: skip
def test_texts_become_what_the_schema_wants(method, texts, meant):
    given = [(name, value) for name, _, value in (text.partition("=") for text in texts)]
    assert parameters(method, given) == meant
