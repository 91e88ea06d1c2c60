"""Limits, each at its exact boundary, and clients that are slow or hostile:
408 (RFC 9110 15.5.9), 413 (15.5.14), 414 (15.5.15), 431 (RFC 6585 5), full
connections, and the last answer that must survive the close (RFC 9112 9.6).
"""
import os
import select
import signal
import time

import pytest

from support import (PATIENCE, Client, Ended, fetch, folder, free_port, pause,
                     request, serving, settle, until, write)
from test_fixture import words

BIG = 24 << 20


@pytest.fixture
def root(site):
    settle(write(site, 'index.html', 'here'))
    settle(write(site, 'big.bin', words(0, BIG)))
    return site


@pytest.fixture(scope='module')
def plain():
    """A server with the limits that it has by default."""
    with folder() as path:
        write(path, 'index.html', 'here')
        with serving(path) as server:
            yield server


def check_late(client, start, least=0.9, most=10):
    """A 408 that says that it is the last, then the end."""
    answer = client.response()
    assert answer.status == 408 and answer.is_last
    assert answer['Cache-Control'] == 'no-store'
    assert least < time.monotonic() - start < most
    assert client.is_over()


def test_a_slow_head_is_408(root, serve):
    server = serve(root, '--head-timeout', '1')
    with Client(server) as client:
        start = time.monotonic()
        client.send('GET / HTTP/1.1\r\nHost: ')
        check_late(client, start)


def test_a_head_that_trickles_is_408_all_the_same(root, serve):
    """The clock runs from the first byte; a byte now and then is no head."""
    server = serve(root, '--head-timeout', '1', '--idle-timeout', '60')
    with Client(server) as client:
        start = time.monotonic()
        client.send('GET / HTTP/1.1\r\nX: ')
        while not select.select([client.sock], [], [], 0.1)[0]:
            assert time.monotonic() - start < 10
            client.send('x')
        check_late(client, start)


def test_the_second_head_has_its_own_clock(root, serve):
    server = serve(root, '--head-timeout', '1', '--idle-timeout', '60')
    with Client(server) as client:
        for _ in range(3):
            assert client.get('/').status == 200
            assert not select.select([client.sock], [], [], 0.6)[0]
        start = time.monotonic()
        client.send('G')
        check_late(client, start)


def test_a_slow_body_is_408(root, serve):
    server = serve(root, '--body-timeout', '1', '--head-timeout', '30')
    for lines, first in ((['Content-Length: 10'], 'x'),
                         (['Transfer-Encoding: chunked'], '5\r\nab')):
        with Client(server) as client:
            start = time.monotonic()
            client.ask('/', 'GET', *lines)
            client.send(first)
            check_late(client, start)


def test_an_idle_connection_is_closed_without_a_word(root, serve):
    server = serve(root, '--idle-timeout', '1')
    with Client(server) as used, Client(server) as fresh:
        start = time.monotonic()
        assert used.get('/').status == 200
        assert used.is_over() and fresh.is_over()
        assert 0.9 < time.monotonic() - start < 10


def test_an_empty_line_does_not_count_as_a_request(root, serve):
    """RFC 9112 2.2: it is ignored, so it must not hold the connection."""
    server = serve(root, '--idle-timeout', '1', '--head-timeout', '1')
    with Client(server) as client:
        start = time.monotonic()
        client.send('\r\n')
        client.sock.settimeout(PATIENCE)
        while client.fill():
            pass
        assert time.monotonic() - start < 10


def test_a_stalled_reader_is_cut_off(root, serve):
    """Seen from outside: the one place that there is becomes free."""
    server = serve(root, '--send-timeout', '1', '--connections', '1', '-w',
                   '1')
    with Client(server, receive_buffer=8 << 10) as stalled:
        stalled.ask('/big.bin')
        stalled.head()
        start = time.monotonic()
        assert fetch(server).body == b'here'
        assert 0.8 < time.monotonic() - start < 10
        with pytest.raises((Ended, ConnectionResetError)):
            stalled.take(BIG)


def test_a_slow_reader_is_not_a_stalled_one(root, serve):
    server = serve(root, '--send-timeout', '1', '--idle-timeout', '1')
    with Client(server, receive_buffer=64 << 10) as slow:
        slow.ask('/big.bin')
        slow.head()
        end, got = time.monotonic() + 3, 0
        while time.monotonic() < end:
            assert slow.take(256 << 10) == words(got, 256 << 10)
            got += 256 << 10
            select.select([], [], [], 0.2)
        assert slow.take(BIG - got) == words(got, BIG - got)


# The line without its CRLF counts.
@pytest.mark.parametrize('limit', [None, 64, 100, 8000, 32768])
def test_414_at_the_boundary(site, limit):
    write(site, 'index.html', 'here')
    options = [] if limit is None else ['--request-line-max', str(limit),
                                        '--head-max', '64K']
    limit = limit or 8192
    with serving(site, *options) as server:
        for excess, status in ((0, 200), (1, 414)):
            target = '/?' + 'q' * (limit + excess - len('GET /? HTTP/1.1'))
            answer = fetch(server, target)
            assert answer.status == status
            assert answer.is_last == (status == 414)


def test_414_before_the_line_ends(plain):
    """A line without end is refused when it is too long, not before."""
    with Client(plain) as client:
        client.send('GET /' + 'a' * (8192 - 5))
        assert client.is_quiet()
        client.send('aaaa')
        assert client.response().status == 414
        assert client.is_over()


def padded(size, fields=1):
    """A request with a head of exactly so many bytes."""
    lines = ['X-%d: ' % i for i in range(fields)]
    bare = len(request('/', 'GET', *lines))
    lines[-1] += 'v' * (size - bare)
    whole = request('/', 'GET', *lines)
    assert len(whole) == size
    return whole


@pytest.mark.parametrize('limit', [None, 256, 1000, 65536])
def test_431_by_bytes_at_the_boundary(site, limit):
    write(site, 'index.html', 'here')
    options = [] if limit is None else ['--head-max', str(limit),
                                        '--request-line-max', '100']
    limit = limit or 16384
    with serving(site, *options) as server:
        for excess, status in ((-1, 200), (0, 200), (1, 431)):
            with Client(server) as client:
                client.send(padded(limit + excess))
                assert client.response().status == status


def test_431_in_pieces(plain):
    """The same boundary when every byte comes alone or nearly so."""
    for size, status in ((16384, 200), (16385, 431)):
        data = padded(size, 20)
        with Client(plain) as client:
            for i in range(0, len(data), 61):
                if select.select([client.sock], [], [], 0)[0]:
                    break
                client.send(data[i:i + 61])
            assert client.response().status == status


@pytest.mark.parametrize('limit', [None, 1, 7, 99])
def test_431_by_count_at_the_boundary(site, limit):
    write(site, 'index.html', 'here')
    options = [] if limit is None else ['--fields-max', str(limit)]
    limit = limit or 100
    with serving(site, *options) as server:
        for count, status in ((limit, 200), (limit + 1, 431)):
            lines = ['X: y'] * (count - 1)   # Host is the first
            answer = fetch(server, '/', *lines)
            assert answer.status == status
            assert answer.is_last == (status == 431)


def chunked(size):
    return b'%x\r\n%s\r\n0\r\n\r\n' % (size, b'x' * size)


@pytest.mark.parametrize('limit', [None, 0, 1, 5000])
def test_413_at_the_boundary(site, limit):
    write(site, 'index.html', 'here')
    options = [] if limit is None else ['--body-max', str(limit)]
    limit = 1 << 20 if limit is None else limit
    with serving(site, *options) as server:
        for size, status in ((limit, 200), (limit + 1, 413)):
            with Client(server) as client:
                client.ask('/', 'GET', 'Content-Length: %d' % size)
                if status == 200:
                    client.send(b'x' * size)
                    assert client.response().body == b'here'
                    assert client.get('/').status == 200
                else:
                    # Refused by its length alone, before it is sent.
                    answer = client.response()
                    assert answer.status == 413 and answer.is_last
                    assert client.is_over()
        for size, status in ((limit, 200), (limit + 1, 413)):
            with Client(server) as client:
                client.ask('/', 'GET', 'Transfer-Encoding: chunked')
                try:
                    client.send(b'0\r\n\r\n' if size == 0 else chunked(size))
                except OSError:
                    assert status == 413
                assert client.response().status == status


def test_many_small_chunks_count_together(site):
    write(site, 'index.html', 'here')
    with serving(site, '--body-max', '100') as server:
        for count, status in ((100, 200), (101, 413)):
            with Client(server) as client:
                client.ask('/', 'POST', 'Transfer-Encoding: chunked')
                client.send(b'1\r\nx\r\n' * count + b'0\r\n\r\n')
                want = 405 if status == 200 else 413
                assert client.response().status == want


def test_connections_beyond_the_limit_wait_and_are_served(root, serve):
    server = serve(root, '-w', '1', '--connections', '4')
    first = [Client(server) for _ in range(4)]
    for client in first:
        assert client.get('/').status == 200
    waiting = [Client(server) for _ in range(6)]
    for client in waiting:
        client.ask('/')
    # Those who are in go on being served, those outside hear nothing.
    for client in first:
        assert client.get('/').status == 200
    assert all(client.is_quiet() for client in waiting)
    for client in first:
        client.close()
    for client in waiting:
        assert client.response().body == b'here'
        client.close()


def test_a_burst_beyond_the_limit_loses_nobody(root, serve):
    """All at once: more are accepted in one go than there are places."""
    server = serve(root, '-w', '1', '--connections', '4')
    pid, = server.workers()
    pause(pid)
    clients = [Client(server) for _ in range(20)]
    for client in clients:
        client.ask('/', 'GET', 'Connection: close')
    os.kill(pid, signal.SIGCONT)
    for client in clients:
        assert client.response().body == b'here'
        client.close()


def test_bursts_on_several_listeners_lose_nobody(root, serve):
    """Each of them gives up to a batch before the worker knows it is full."""
    ports = [free_port() for _ in range(4)]
    more = [x for p in ports[1:] for x in ('-b', '127.0.0.1:%d' % p)]
    server = serve(root, '-w', '1', '--connections', '4', *more,
                   bind='127.0.0.1:%d' % ports[0])
    pid, = server.workers()
    pause(pid)
    clients = [Client(port) for port in ports for _ in range(40)]
    for client in clients:
        client.ask('/', 'GET', 'Connection: close')
    os.kill(pid, signal.SIGCONT)
    for client in clients:
        assert client.response().body == b'here'
        client.close()


def test_200_slow_clients_hold_nobody_up(root, serve):
    server = serve(root)
    slow = [Client(server) for _ in range(200)]
    for client in slow:
        client.send('GET / HTTP/1.1\r\nX')
    for _ in range(3):
        for client in slow:
            client.send('x')
        start = time.monotonic()
        assert fetch(server).body == b'here'
        assert fetch(server, '/big.bin', 'Range: bytes=-8').status == 206
        assert time.monotonic() - start < 5
    for client in slow[:20]:
        client.send(': y\r\nHost: a\r\n\r\n')
        assert client.response().body == b'here'
    for client in slow:
        client.close()


def test_200_stalled_readers_hold_nobody_up(root, serve):
    server = serve(root)
    slow = []
    for _ in range(200):
        slow.append(Client(server, receive_buffer=4 << 10))
        slow[-1].ask('/big.bin')
    start = time.monotonic()
    assert fetch(server).body == b'here'
    assert time.monotonic() - start < 5
    for client in slow:
        client.reset()
    assert fetch(server).body == b'here'


@pytest.mark.parametrize('garbage', [1 << 10, 60 << 10, 1 << 20])
def test_a_bad_head_with_much_behind_it_is_answered(plain, garbage):
    """RFC 9112 9.6: the reset of a hasty close would destroy the answer."""
    with Client(plain) as client:
        try:
            client.send(b'GET / HTTP/1.1\r\nBad Name: x\r\n\r\n' +
                        b'g' * garbage)
        except OSError:
            pass   # cut off while it talks: the answer is there already
        answer = client.response()
        assert answer.status == 400 and answer.is_last
        assert client.is_over()


def test_a_large_body_that_is_refused_is_answered(plain):
    with Client(plain) as client:
        try:
            client.ask('/', 'PUT', 'Content-Length: 8388608')
            client.send(b'x' * (8 << 20))
        except OSError:
            pass
        assert client.response().status == 413
        assert client.is_over()


def test_lingering_ends(root, serve):
    """Two seconds, not for ever, for a client that goes on and on."""
    server = serve(root, '-w', '1', '--connections', '1')
    with Client(server) as client:
        client.send('BAD\r\n\r\n')
        assert client.response().status == 400
        start = time.monotonic()
        # It never closes; the next one gets its place all the same.
        assert fetch(server).body == b'here'
        assert time.monotonic() - start < 10


def test_a_flood_of_resets(root, serve):
    server = serve(root)
    for i in range(300):
        client = Client(server)
        if i % 3:
            client.send('GET / HTTP/1.1\r\n' + 'Host: x\r\n\r\n' * (i % 2))
        client.reset()
    assert fetch(server).body == b'here'


def test_descriptors_are_given_back(root, serve):
    """Nothing is left open by what came and went."""
    server = serve(root, '-w', '1')
    pid, = server.workers()

    def sockets():
        found = 0
        for name in os.listdir('/proc/%d/fd' % pid):
            try:
                link = os.readlink('/proc/%d/fd/%s' % (pid, name))
            except FileNotFoundError:
                continue
            found += link.startswith('socket:')
        return found

    assert fetch(server).status == 200
    until(lambda: sockets() >= 2, 'the listener and the channel')
    start = sockets()
    clients = [Client(server) for _ in range(50)]
    for i, client in enumerate(clients):
        client.ask('/big.bin' if i % 2 else '/')
        client.head()
    assert sockets() >= start + 40
    for i, client in enumerate(clients):
        client.reset() if i % 3 else client.close()
    until(lambda: sockets() <= start, 'the sockets to be closed')

