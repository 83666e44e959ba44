"""The description of a TR as the control's ``data`` folder has it: ``<trcode>.enc``, a ZIP with a text."""

from __future__ import annotations

import io
from typing import Iterable, List
from zipfile import ZipFile, ZipInfo

from sapi_kiwoom.catalogue import Field, Tr

_WHEN = (2026, 1, 2, 0, 0, 0)


def enc(tr: Tr) -> bytes:
    """The file ``<trcode>.enc``: a ZIP that holds ``<TRCODE>.dat``."""
    file = io.BytesIO()
    with ZipFile(file, "w") as archive:
        archive.writestr(
            ZipInfo(f"{tr.code.upper()}.dat", _WHEN), dat(tr).encode("cp949", errors="replace")
        )
    return file.getvalue()


def dat(tr: Tr) -> str:
    """The text: blocks of ``name = start, length, FID``.

    A single record says ``*,*,*``, a multi record how many rows it has at most. TRType is 1 for quotes
    and 2 for accounts; TRName and GFID are internal to the real one and made up here.
    """
    lines = ["[TRINFO]", f"TRName={tr.code.upper()}"]
    lines += [f"TRType={2 if tr.code.lower().startswith('opw') else 1}", "GFID=0", "[INPUT]"]
    lines += _block(tr.title, "", tr.inputs)
    lines += ["", "[OUTPUT]"]
    if tr.single is not None:
        lines += _block(tr.single.name, "=*,*,*", tr.single.fields)
    if tr.multi is not None:
        lines += _block(tr.multi.name, f"={tr.multi.rows},4,*", tr.multi.fields)
    return "\r\n".join([*lines, ""])


def _block(name: str, size: str, fields: Iterable[Field]) -> List[str]:
    lines = [f"@START_{name}{size}"]
    start = 0
    for field in fields:
        lines.append(f"\t{field.name}\t=\t{start}\t,\t{field.width}\t,\t{field.fid}")
        start += field.width
    return [*lines, f"@END_{name}{size}"]
