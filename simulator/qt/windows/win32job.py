"""Jobs that end child processes with their parent: pretended."""

from __future__ import annotations

from typing import Any, Dict

JobObjectBasicLimitInformation, JobObjectExtendedLimitInformation = 2, 9
JOB_OBJECT_LIMIT_BREAKAWAY_OK, JOB_OBJECT_LIMIT_KILL_ON_JOB_CLOSE = 0x0800, 0x2000
JOB_OBJECT_LIMIT_SILENT_BREAKAWAY_OK = 0x1000


def CreateJobObject(security: Any, name: str) -> Dict[str, Any]:
    """A job with its limits."""
    return {"BasicLimitInformation": {"LimitFlags": 0}}


def QueryInformationJobObject(job: Dict[str, Any], kind: int) -> Dict[str, Any]:
    """The limits of a job."""
    return job


def SetInformationJobObject(job: Dict[str, Any], kind: int, limits: Dict[str, Any]) -> None:
    """Change the limits of a job."""
    job.update(limits)


def AssignProcessToJobObject(job: Dict[str, Any], process: int) -> None:
    """Nothing happens."""


def IsProcessInJob(process: int, job: Any) -> bool:
    """No."""
    return False
