"""Modules of Windows, as programs import them. No Qt is needed for these."""

from __future__ import annotations

import importlib
import importlib.util
import sys
from pathlib import Path
from typing import Any, Iterator

import pytest

import simulator
from sapi_kiwoom.signatures import EVENTS, METHODS
from simulator.qt import desktop

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="Windows has the real ones")


@pytest.fixture
def windows(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(desktop, "_closed", False)
    with simulator.install():
        yield importlib.import_module


def test_modules_come_and_go(windows: Any) -> None:
    assert windows("pythoncom").com_error is windows("pywintypes").com_error
    assert windows("win32com.client") is windows("win32com").client


def test_nothing_stays_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import platform

    monkeypatch.chdir(tmp_path)
    before = (platform.architecture(), list(sys.path), list(sys.meta_path), dict(sys.modules))
    installation = simulator.install()
    importlib.import_module("win32con")
    installation.remove()
    installation.remove()
    own = {name: each for name, each in sys.modules.items() if not name.startswith("simulator.qt")}
    after = (platform.architecture(), list(sys.path), list(sys.meta_path), own)
    assert after[:3] == before[:3]
    assert "win32con" not in own
    assert list(tmp_path.iterdir()) == []


def test_it_looks_like_a_32_bit_windows_with_an_administrator(windows: Any) -> None:
    import builtins
    import ctypes
    import platform

    assert platform.architecture()[0] == "32bit"
    assert vars(ctypes)["windll"].shell32.IsUserAnAdmin()
    assert vars(builtins)["WindowsError"] is OSError


def test_the_registry_leads_from_the_name_to_the_file(windows: Any) -> None:
    winreg = windows("winreg")
    with winreg.OpenKey(winreg.HKEY_CLASSES_ROOT, r"KHOPENAPI.KHOpenAPICtrl.1\CLSID") as key:
        clsid, kind = winreg.QueryValueEx(key, "")
    assert (clsid, kind) == ("{A1574A0D-6BFA-4BD7-9020-DED88711818D}", winreg.REG_SZ)
    path = rf"SOFTWARE\Classes\CLSID\{clsid}\InprocServer32"
    assert winreg.QueryValue(winreg.HKEY_LOCAL_MACHINE, path) == r"C:\OpenAPI\khopenapi.ocx"
    with pytest.raises(FileNotFoundError):
        winreg.OpenKey(winreg.HKEY_LOCAL_MACHINE, r"SOFTWARE\Nobody")
    with pytest.raises(PermissionError):
        winreg.CreateKey(winreg.HKEY_CLASSES_ROOT, "KHOPENAPI.KHOpenAPICtrl.1")


def test_the_standard_library_lives_with_a_registry(windows: Any) -> None:
    windows("winreg")
    spec = importlib.util.find_spec("mimetypes")
    assert spec is not None and spec.loader is not None
    types = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(types)
    types.init()
    assert types.guess_type("a.html")[0] == "text/html"


def test_the_type_library_is_read_as_pywin32_reads_it(windows: Any) -> None:
    pythoncom, client = windows("pythoncom"), windows("win32com.client")
    identifier = windows("pywintypes").IID
    (spec,) = [each for each in client.selecttlb.EnumTlbs() if "6D8C2B4D" in each.clsid]
    library = pythoncom.LoadTypeLib(spec.dll)
    generator = client.genpy.Generator(library, spec.dll, None, bBuildHidden=1)
    items, _, _, _ = generator.BuildOleItemsFromType()
    methods = items[identifier("{CF20FBB6-EDD4-4BE5-A473-FEF91977DEB6}")].mapFuncs
    events = items[identifier("{7335F12D-8973-4BD5-B7F0-12DF03D175B7}")].mapFuncs
    assert list(methods) == list(METHODS)
    assert list(events) == list(EVENTS)
    entry = methods["CommRqData"]
    assert entry.names == ("CommRqData", "sRQName", "sTrCode", "nPrevNext", "sScreenNo")
    text, number = pythoncom.VT_BSTR, pythoncom.VT_I4
    assert [each[0] for each in entry.desc[2]] == [text, text, number, text]
    assert (entry.desc[0], entry.desc[8][0]) == (3, number)
    with pytest.raises(pythoncom.com_error):
        pythoncom.LoadRegTypeLib(identifier("{00000000-0000-0000-0000-000000000000}"), 1, 0, 0)


def test_a_program_that_types_a_password_finds_a_window_until_it_presses_the_button(
    windows: Any,
) -> None:
    gui, api, con = windows("win32gui"), windows("win32api"), windows("win32con")
    found: Any = []
    gui.EnumWindows(lambda handle, extra: extra.append(gui.GetWindowText(handle)), found)
    assert found == ["Open API Login"]
    window = gui.FindWindow(None, "Open API Login")
    field = gui.GetDlgItem(window, 0x3E9)
    api.SendMessage(field, con.EM_REPLACESEL, 0, "secret")
    assert gui.GetWindowText(field) == "secret"
    api.PostMessage(gui.GetDlgItem(window, 1), con.WM_LBUTTONDOWN, 0, 0)
    api.PostMessage(gui.GetDlgItem(window, 1), con.WM_LBUTTONUP, 0, 0)
    assert gui.FindWindow(None, "Open API Login") == 0
    assert gui.FindWindow(None, "opstarter") == 0
    with pytest.raises(windows("pywintypes").error):
        gui.GetDlgItem(window, 1)


def test_pywinauto_finds_the_same_window(windows: Any) -> None:
    pywinauto = windows("pywinauto")
    dialog = pywinauto.Application().connect(title="Open API Login").window(title="Open API Login")
    assert dialog.exists()
    dialog.Edit2.set_focus()
    dialog.Edit2.type_keys("secret")
    dialog.child_window(title="로그인").click()
    assert not dialog.exists()
    with pytest.raises(pywinauto.findwindows.ElementNotFoundError):
        pywinauto.Application().connect(title="Open API Login")


def test_jobs_and_processes_are_pretended(windows: Any) -> None:
    job_of, process = windows("win32job"), windows("win32process")
    job = job_of.CreateJobObject(None, "job")
    limits = job_of.QueryInformationJobObject(job, job_of.JobObjectExtendedLimitInformation)
    limits["BasicLimitInformation"]["LimitFlags"] |= job_of.JOB_OBJECT_LIMIT_KILL_ON_JOB_CLOSE
    job_of.SetInformationJobObject(job, job_of.JobObjectExtendedLimitInformation, limits)
    job_of.AssignProcessToJobObject(job, process.GetCurrentProcess())
    assert windows("win32com.client").Dispatch("WScript.Shell").AppActivate("nobody") is False
