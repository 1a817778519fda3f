"""What a worker says when something breaks."""

import errno

import pytest

from smallimg.errors import TrainingError
from smallimg.runs.sitting import FULL_DISK, NO_MEMORY, explain


@pytest.mark.parametrize(
    ("error", "sentence"),
    [
        (TrainingError("The loss became nan: lower its rate."), "The loss became nan: lower its rate."),
        (MemoryError(), NO_MEMORY),
        (RuntimeError("[enforce fail at alloc_cpu.cpp] DefaultCPUAllocator: can't allocate memory: …"), NO_MEMORY),
        (RuntimeError("CUDA out of memory. Tried to allocate"), NO_MEMORY),
        (OSError(errno.ENOSPC, "No space left on device"), FULL_DISK),
        (
            RuntimeError("[enforce fail at inline_container.cc] . PytorchStreamWriter failed: file write failed"),
            FULL_DISK,
        ),
        (RuntimeError("shapes differ\nat line 3"), "Training broke off (shapes differ): the log tells more."),
        (PermissionError(errno.EACCES, "Permission denied"), "Training broke off ([Errno 13] Permission denied)"),
    ],
)
def test_errors_become_sentences(error: Exception, sentence: str) -> None:
    assert explain(error, what="Training").startswith(sentence)
