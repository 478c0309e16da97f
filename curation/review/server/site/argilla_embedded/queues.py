"""Argilla's job queues without Redis: in place of the module `argilla_server.jobs.queues`, with the same names.

What is known of a job is kept in memory, where Argilla's own code looks for it. The jobs themselves are tasks of the
server's event loop: of one queue one after the other, as one worker would run them. They die with the process;
`recovery` starts again what they would have done.
"""

import asyncio
import logging
from typing import Any

import fakeredis
from rq import Queue
from rq.job import Job, JobStatus

_LOGGER = logging.getLogger("argilla.jobs")

KEPT_SECONDS = 600
"""How long the state of a job that has ended can still be asked for."""
STOP_SECONDS = 5
"""How long the server waits, when it stops, for the jobs that are running."""


class InProcessQueue(Queue):
    """A queue whose jobs run in this process, as soon as those before them are done."""

    def __init__(self, name: str) -> None:
        super().__init__(name, connection=REDIS_CONNECTION)
        self._turn = asyncio.Lock()
        self._tasks: set[asyncio.Task[None]] = set()

    def enqueue_job(self, job: Job, *_: Any, **__: Any) -> Job:
        """Run the job as a task of the running event loop."""
        job.save()
        task = asyncio.get_running_loop().create_task(self._run(job))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return job

    async def stop(self) -> None:
        """Wait a little for the jobs that are running, then give them up."""
        if self._tasks:
            _, left = await asyncio.wait(self._tasks, timeout=STOP_SECONDS)
            for task in left:
                task.cancel()

    async def _run(self, job: Job) -> None:
        """Run a job, and again after a while where it fails and may be retried; others run meanwhile."""
        while not await self._succeeds(job):
            if not job.retries_left:
                job.set_status(JobStatus.FAILED)
                break
            wait_seconds = job.get_retry_interval()
            job.retries_left -= 1
            job.set_status(JobStatus.SCHEDULED)
            await asyncio.sleep(wait_seconds)
        asyncio.get_running_loop().call_later(KEPT_SECONDS, job.delete)

    async def _succeeds(self, job: Job) -> bool:
        async with self._turn:
            job.set_status(JobStatus.STARTED)
            try:
                await job.func(*job.args, **job.kwargs)
            except Exception:
                _LOGGER.exception("job %s failed, %s tries left", job.func_name, job.retries_left or 0)
                return False
        job.set_status(JobStatus.FINISHED)
        return True


REDIS_CONNECTION = fakeredis.FakeStrictRedis()
DEFAULT_QUEUE = InProcessQueue("default")
HIGH_QUEUE = InProcessQueue("high")
JOB_TIMEOUT_DISABLED = -1
