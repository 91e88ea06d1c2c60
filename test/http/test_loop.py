"""Which event loop the workers get: what was asked for, or what can be had,
and what is said of it. The rest of the suites runs on either."""
import os
import re
import signal
import stat

import pytest

from support import (HSTATIC, Client, environment, fetch, folder, serving,
                     settle, until, write)
from test_cli import check_failure, run

# Runs the server where io_uring_setup fails with ERROR, as in a container
# that forbids it: a filter of seccomp(2), by hand.
WITHOUT = '''#!/usr/bin/python3
import ctypes, os, struct, sys
ops = [(0x20, 0, 0, 0), (0x15, 0, 1, 425), (0x06, 0, 0, 0x50000 | %d),
       (0x06, 0, 0, 0x7fff0000)]
code = ctypes.create_string_buffer(
    b''.join(struct.pack('HBBI', *op) for op in ops))
program = struct.pack('HxxxxxxP', len(ops), ctypes.addressof(code))
libc = ctypes.CDLL(None, use_errno=True)
assert libc.prctl(38, 1, 0, 0, 0) == 0
assert libc.prctl(22, 2, program, 0, 0) == 0
os.execv(%r, ['hstatic', *sys.argv[1:]])
'''
EPERM, ENOMEM, ENOSYS = 1, 12, 38


@pytest.fixture
def without():
    """without(errno): a server's binary that has no io_uring."""
    with folder() as path:
        def make(error):
            name = write(path, 'hstatic-%d' % error,
                         WITHOUT % (error, os.path.abspath(HSTATIC)))
            os.chmod(name, os.stat(name).st_mode | stat.S_IXUSR)
            return name
        yield make


def loops(server):
    """What each worker said that it has."""
    return re.findall(r'worker \d+ is ready, loop: (\w+)', server.log())


@pytest.mark.parametrize('asked, workers, got', [
    ('auto', 1, 'uring'), ('auto', 2, 'epoll'), ('uring', 1, 'uring'),
    ('uring', 2, 'uring'), ('epoll', 1, 'epoll'), ('epoll', 2, 'epoll')])
def test_the_loop_that_was_asked_for(site, asked, workers, got):
    write(site, 'a.txt', 'a')
    with serving(site, '--loop', asked, '-v', '-w', str(workers)) as server:
        assert fetch(server, '/a.txt').body == b'a'
        until(lambda: loops(server) == [got] * workers, 'all')
        assert 'io_uring' not in server.log()


@pytest.mark.parametrize('error', [EPERM, ENOMEM, ENOSYS])
def test_auto_does_without(site, without, error):
    write(site, 'a.txt', 'a')
    with serving(site, '--loop=auto', '-w', '1',
                 binary=without(error)) as server:
        assert fetch(server, '/a.txt').body == b'a'
        assert server.log().count('\n') == 1
    with serving(site, '--loop=auto', '-v', '-w', '1',
                 binary=without(error)) as server:
        assert loops(server) == ['epoll']
        assert os.strerror(error) in server.log()
        assert 'io_uring' in server.log()


@pytest.mark.parametrize('error, words', [
    (EPERM, ['kernel.io_uring_disabled', 'container']),
    (ENOMEM, ['ulimit -l']),
    (ENOSYS, ['Linux 6.1'])])
def test_uring_says_why_it_cannot_begin(site, without, error, words):
    result = run('--loop=uring', '-p', '0', '-w', '2', site,
                 binary=without(error))
    check_failure(result, os.strerror(error), '--loop=epoll', *words)
    assert result.stderr.count('\n') == 1


def test_epoll_does_not_ask_for_it(site, without):
    with serving(site, '--loop=epoll', '-v', '-w', '1',
                 binary=without(EPERM)) as server:
        assert loops(server) == ['epoll']
        assert 'io_uring' not in server.log()


def test_the_environment_chooses(site):
    with serving(site, '-v', '-w', '1',
                 env=environment(HSTATIC_LOOP='epoll')) as server:
        assert loops(server) == ['epoll']


def test_version_names_the_loops():
    assert 'event loops: epoll, uring' in run('--version').stdout


# Files by memory and by sendfile, over a roll, on one connection that is
# handed over each time.
@pytest.mark.parametrize('loop', ['epoll', 'uring'])
def test_a_connection_outlives_its_workers(site, loop):
    bodies = {'/small': b'small' * 100, '/large': os.urandom(3 << 20)}
    for name, body in bodies.items():
        settle(write(site, name[1:], body))
    with serving(site, '--loop', loop, '-v', '-w', '2') as server, \
            Client(server) as client:
        for _ in range(3):
            for name, body in bodies.items():
                assert client.get(name).body == body
            old = set(server.workers())
            server.signal(signal.SIGHUP)
            until(lambda: not old & set(server.workers()), 'the roll')
        assert client.get('/small').body == bodies['/small']
        assert set(loops(server)) == {loop}
