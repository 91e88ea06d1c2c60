"""Listeners beyond the plain port: Unix sockets, whose files come and go, and
machines without IPv6.
"""
import ctypes
import errno
import os
import socket
import stat
import subprocess

import pytest

from support import HSTATIC, environment, folder, serving, write
from test_cli import ask, check_failure, run


@pytest.fixture
def place():
    with folder() as path:
        yield path


def test_a_live_unix_socket_names_its_holder(site, place):
    path = os.path.join(place, 'socket')
    with serving(site, bind='unix:' + path) as server:
        result = run('-b', 'unix:' + path, site)
        check_failure(result, path, 'by hstatic (process %d)' % server.pid,
                      'another path')
        assert '--port' not in result.stderr
        assert stat.S_ISSOCK(os.stat(path).st_mode)


def test_a_full_queue_does_not_hang_the_next_server(site, place):
    """Nor is the socket of who is busy taken for a dead one's."""
    path = os.path.join(place, 'socket')
    with socket.socket(socket.AF_UNIX) as busy:
        busy.bind(path)
        busy.listen(0)
        clients = []
        try:
            for _ in range(3):
                clients.append(socket.socket(socket.AF_UNIX))
                clients[-1].setblocking(False)
                if clients[-1].connect_ex(path) == errno.EAGAIN:
                    break
            check_failure(run('-b', 'unix:' + path, site), 'already in use')
            assert os.path.exists(path)
        finally:
            for client in clients:
                client.close()


def test_what_is_no_socket_is_told_apart(site, place):
    path = write(place, 'precious', 'data')
    check_failure(run('-b', 'unix:' + path, site), 'already in use; what is',
                  'remove it')


@pytest.mark.parametrize('mask', [0o000, 0o077])
def test_everybody_may_connect(site, place, mask):
    """Who may not is the directory's to say, whatever the umask."""
    path = os.path.join(place, 'socket')
    old = os.umask(mask)
    try:
        with serving(site, bind='unix:' + path):
            assert stat.S_IMODE(os.stat(path).st_mode) == 0o666
    finally:
        os.umask(old)


def test_the_file_of_another_is_left_alone(site, place):
    path = os.path.join(place, 'socket')
    with serving(site, bind='unix:' + path):
        os.rename(path, path + '.old')
        with socket.socket(socket.AF_UNIX) as s:
            s.bind(path)
    assert os.path.exists(path)


def test_no_file_is_left_when_another_address_fails(site, place):
    path = os.path.join(place, 'socket')
    check_failure(run('-p0', '-b', 'unix:' + path, '-b', '192.0.2.1', site),
                  '192.0.2.1')
    assert not os.path.exists(path)


def test_the_longest_path(site):
    with folder() as place:
        path = os.path.join(place, '')
        path += 'x' * (107 - len(path))
        with serving(site, bind='unix:' + path) as server:
            assert 'unix:' + path in server.log()
            assert b' 404 ' in ask(socket.AF_UNIX, path)
        result = run('-b', 'unix:' + path + 'x', site)
        assert result.returncode == 2 and 'at most 107 bytes' in result.stderr


def test_an_abstract_socket(site):
    name = '@hstatic-test-%d' % os.getpid()
    with serving(site, bind='unix:' + name) as server:
        assert 'unix:' + name in server.log()
        assert b' 404 ' in ask(socket.AF_UNIX, '\0' + name[1:])
        check_failure(run('-b', 'unix:' + name, site),
                      'by hstatic (process %d)' % server.pid)
    assert run('-b', 'unix:@', site).returncode == 2


class Comparison(ctypes.Structure):
    """struct scmp_arg_cmp (seccomp_rule_add(3))."""
    _fields_ = [('arg', ctypes.c_uint), ('op', ctypes.c_int),
                ('a', ctypes.c_uint64), ('b', ctypes.c_uint64)]


ALLOW, FAIL, EQUAL = 0x7fff0000, 0x00050000, 4


def without_ipv6():
    """From now on in this process there is no such family."""
    library = ctypes.CDLL('libseccomp.so.2')
    library.seccomp_init.restype = ctypes.c_void_p
    context = ctypes.c_void_p(library.seccomp_init(ALLOW))
    number = library.seccomp_syscall_resolve_name(b'socket')
    rule = Comparison(0, EQUAL, socket.AF_INET6, 0)
    if library.seccomp_rule_add_array(
            context, FAIL | errno.EAFNOSUPPORT, number, 1,
            ctypes.byref(rule)) or library.seccomp_load(context):
        os._exit(99)


@pytest.mark.parametrize('options, url', [
    ([], 'http://localhost:'),
    (['-b', '*'], 'http://localhost:'),
    (['-b', '::1'], None),
    (['-b', '127.0.0.1', '-b', '::1'], None),
])
def test_a_machine_without_ipv6(site, options, url):
    """localhost and * do with IPv4; what was asked for by name does not."""
    process = subprocess.Popen(
        [os.path.abspath(HSTATIC), '-p0', *options, site], text=True,
        stderr=subprocess.PIPE, preexec_fn=without_ipv6, env=environment())
    with process.stderr:
        line = process.stderr.readline()
        process.terminate()
        rest = process.stderr.read()
    assert 'Sanitizer' not in rest
    assert process.wait(20) == (0 if url else 1)
    assert (url or '[::1]') in line and ('serving' in line) == bool(url)
