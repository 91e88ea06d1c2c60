"""A server for the suites of this folder, and peers of it."""
import os
import sys

import pytest

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [HERE, os.path.join(os.path.dirname(HERE), 'http')]
pytest.register_assert_rewrite('h2peer')

import support  # noqa: E402
from h2peer import Peer  # noqa: E402

SIZES = {'small.txt': 1000, 'middle.bin': 20000, 'large.bin': 1 << 20}


def content(size):
    """Each 8 bytes tell their own offset."""
    return b''.join(b'%08x' % at for at in range(0, size, 8))[:size]


@pytest.fixture(scope='session')
def tree():
    with support.folder() as path:
        for name, size in SIZES.items():
            with open(os.path.join(path, name), 'wb') as f:
                f.write(content(size))
        with open(os.path.join(path, 'index.html'), 'w') as f:
            f.write('<!doctype html><title>t</title>')
        os.mkdir(os.path.join(path, 'many'))
        for i in range(2000):
            name = '%05d-%s' % (i, 'x' * 20)
            open(os.path.join(path, 'many', name), 'w').close()
        os.mkdir(os.path.join(path, 'dir'))
        yield path


@pytest.fixture(scope='session')
def server(tree):
    with support.serving(tree, '--listing') as server:
        yield server


@pytest.fixture
def peer(server):
    """Makes peers; the server must have outlived them."""
    peers = []

    def make(*args, **kwargs):
        peers.append(Peer(server.port, *args, **kwargs))
        return peers[-1]

    yield make
    for one in peers:
        one.socket.close()
    with Peer(server.port) as one:
        assert one.get(1).status == 200
