"""What the tests of the benchmark share: its modules, its two programs."""
import contextlib
import json
import os
import subprocess
import sys

import pytest

TOP = os.path.dirname(os.path.dirname(os.path.dirname(
    os.path.abspath(__file__))))
sys.path.insert(0, os.path.join(TOP, 'bench'))
import check      # noqa: E402
import servers    # noqa: E402
import workloads  # noqa: E402

KIB = b'0123456789abcdef' * 64
REQUEST = b'GET / HTTP/1.1\r\nHost: x\r\n\r\n'


class Tools:
    """Runs floor and load in a folder of the test's own."""

    def __init__(self, folder):
        self.folder = folder
        self.requests = self.write('requests', REQUEST)

    def write(self, name, content):
        path = self.folder / name
        path.write_bytes(content)
        return str(path)

    @contextlib.contextmanager
    def floor(self, *options, body=KIB, loop='epoll'):
        """A floor that answers with `body`; gives its port."""
        port = servers.free_port()
        head = workloads.floor_head('200 OK', len(body))
        content = head if '--sendfile' in options else head + body
        process = subprocess.Popen(
            [servers.program('bench/floor'), '--port', str(port), '--answer',
             self.write('answer', content), '--loop', loop, *options])
        try:
            while process.poll() is None:
                with contextlib.suppress(OSError):
                    check.connect(port).close()
                    break
            yield port
        finally:
            process.kill()
            process.wait()

    def load(self, port, *options, ms=(100,)):
        """The counts of each slice."""
        process = subprocess.run(
            [servers.program('bench/load'), '--port', str(port),
             '--requests', self.requests, *map(str, options)],
            input=''.join('go %d\n' % m for m in ms), text=True, check=True,
            stdout=subprocess.PIPE, timeout=30)
        return [json.loads(line) for line in process.stdout.splitlines()]


@pytest.fixture
def tools(tmp_path):
    return Tools(tmp_path)
