"""Floor and load against each other, and load against servers that lie."""
import contextlib
import socket
import threading
import time

import check
import pytest
from conftest import KIB, REQUEST

LOOPS = ('epoll', 'uring')
OK = b'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok'


@contextlib.contextmanager
def server(answer):
    """Calls answer(connection) for each connection; gives the port."""
    listener = socket.create_server(('127.0.0.1', 0))

    def serve():
        while True:
            try:
                conn = listener.accept()[0]
            except OSError:
                return
            threading.Thread(target=run, args=(conn,), daemon=True).start()

    def run(conn):
        with conn, contextlib.suppress(OSError):
            answer(conn)

    threading.Thread(target=serve, daemon=True).start()
    try:
        yield listener.getsockname()[1]
    finally:
        # Closing alone would not wake who accepts.
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()


def answer_with(reply):
    def answer(conn):
        while conn.recv(65536):
            conn.sendall(reply)
    return answer


def is_clean(counts):
    return counts['answers'] > 0 and counts['errors'] == 0 and \
        counts['unexpected'] == 0


@pytest.mark.parametrize('loop', LOOPS)
def test_keep_alive(tools, loop):
    with tools.floor(loop=loop) as port:
        first, second = tools.load(port, '--conns', 8, ms=(100, 100))
    assert is_clean(first) and is_clean(second)
    assert first['bytes'] == first['answers'] * len(KIB)
    assert (first['opened'], second['opened']) == (8, 0)
    assert 0 < first['p50_us'] <= first['p99_us'] <= first['max_us'] * 1.02


@pytest.mark.parametrize('loop', LOOPS)
def test_one_connection_per_request(tools, loop):
    with tools.floor('--close', loop=loop) as port:
        counts, = tools.load(port, '--conns', 8, '--close')
    assert is_clean(counts)
    assert counts['opened'] == counts['answers']


@pytest.mark.parametrize('loop', LOOPS)
def test_pipelining(tools, loop):
    with tools.floor(loop=loop) as port:
        counts, = tools.load(port, '--conns', 4, '--depth', 16)
    assert is_clean(counts)
    assert counts['answers'] % 16 == 0


@pytest.mark.parametrize('loop', LOOPS)
def test_paced(tools, loop):
    with tools.floor(loop=loop) as port:
        counts, = tools.load(port, '--conns', 8, '--rate', 2000, '--spin')
    assert is_clean(counts) and counts['answers'] == 200
    assert counts['elapsed_us'] >= 99000
    # It spun all the time, and counts only what it did.
    assert counts['cpu_us'] < counts['elapsed_us'] / 2


def test_paced_counts_from_when_it_was_due(tools):
    """A stop of 300 ms delays all that were due meanwhile (50 at 100/s)."""
    stops = [0.3]

    def answer(conn):
        while conn.recv(65536):
            time.sleep(stops.pop() if stops else 0)
            conn.sendall(OK)

    with server(answer) as port:
        counts, = tools.load(port, '--rate', 100, ms=(500,))
    assert is_clean(counts) and counts['answers'] == 50
    assert counts['max_us'] >= 290e3 and counts['p50_us'] > 20e3


@pytest.mark.parametrize('loop', LOOPS)
def test_large_answers(tools, loop):
    body = bytes(range(256)) * 1600
    with tools.floor(loop=loop, body=body) as port:
        counts, = tools.load(port, '--conns', 4)
    assert is_clean(counts)
    assert counts['bytes'] == counts['answers'] * len(body)


def test_sendfile(tools):
    body = bytes(range(256)) * 12000
    file = tools.write('large', body)
    with tools.floor('--sendfile', file, body=body) as port:
        answer = check.Asker(port).ask(REQUEST)
        counts, = tools.load(port, '--conns', 4)
    assert answer.body == body
    assert is_clean(counts)
    assert counts['bytes'] == counts['answers'] * len(body)


@pytest.mark.parametrize('loop', LOOPS)
def test_floor_counts_ends_in_pieces(tools, loop):
    with tools.floor(loop=loop, body=b'ok') as port, \
            check.connect(port) as sock, sock.makefile('rb') as file:
        requests = REQUEST * 3 + b'\r\r\n\r\n'
        for at in range(0, len(requests), 7):
            sock.sendall(requests[at:at + 7])
            time.sleep(0.002)
        assert [check.read_answer(file).body for _ in range(4)] == [b'ok'] * 4


def test_requests_in_turn_and_at_random(tools):
    seen = []

    def answer(conn):
        while data := conn.recv(65536):
            seen.append(data.split()[1])
            conn.sendall(OK)

    tools.requests = tools.write('several', b''.join(
        b'GET /%d HTTP/1.1\r\n\r\n' % n for n in range(5)))
    with server(answer) as port:
        tools.load(port, ms=(30,))
        assert seen[:6] == [b'/0', b'/1', b'/2', b'/3', b'/4', b'/0']
        seen.clear()
        tools.load(port, '--random', ms=(30,))
    assert len(set(seen)) == 5 and seen[:5] != sorted(set(seen))


def test_idle_connections_are_held(tools):
    with tools.floor() as port:
        counts, = tools.load(port, '--idle', '--conns', 50,
                             '--source', '127.0.9.1', ms=())
    assert counts == {'open': 50, 'unexpected': 0}


def test_closed_between_slices_is_opened_anew(tools):
    def answer(conn):
        conn.recv(65536)
        conn.sendall(OK.replace(b'\r\n\r\n', b'\r\nConnection: close\r\n\r\n'))

    with server(answer) as port:
        counts, = tools.load(port)
    assert is_clean(counts) and counts['opened'] >= counts['answers'] > 1


BAD = {
    'ends too early': OK.replace(b'2\r', b'3\r'),
    'more than it said': OK + b'!',
    'no length': b'HTTP/1.1 200 OK\r\n\r\n',
    'bad length': OK.replace(b'2\r', b'2x\r'),
    'two lengths': OK.replace(b'\r\n\r\n',
                              b'\r\nContent-Length: 2\r\n\r\n'),
    'chunked': OK.replace(b'Content-Length: 2',
                          b'Transfer-Encoding: chunked'),
    'bad status': OK.replace(b'200', b'2x0'),
    'no HTTP': b'SSH-2.0-OpenSSH_9.2\r\n\r\n',
    'no end': b'HTTP/1.1 200 OK\r\n' + b'A: b\r\n' * 2000,
    'nothing': b'',
}


@pytest.mark.parametrize('what', BAD)
def test_load_notices_bad_answers(tools, what):
    def answer(conn):
        conn.recv(65536)
        conn.sendall(BAD[what])

    with server(answer) as port:
        counts, = tools.load(port, ms=(30,))
    assert counts['errors'] > 0


@pytest.mark.parametrize('reply', (
    b'HTTP/1.1 204 No Content\r\n\r\n',
    b'HTTP/1.1 304 Not Modified\r\nContent-Length: 9\r\n\r\n',
    b'HTTP/1.1 200 OK\r\ncontent-LENGTH:  2\r\nServer: x\r\n\r\nok'),
    ids=('204', '304', '200'))
def test_load_knows_where_answers_end(tools, reply):
    with server(answer_with(reply)) as port:
        counts, = tools.load(port, '--status', reply.split()[1].decode())
    assert is_clean(counts) and counts['answers'] > 1


def test_load_counts_another_status(tools):
    with tools.floor() as port:
        counts, = tools.load(port, '--status', 304)
    assert counts['unexpected'] == counts['answers'] > 0


def test_a_head_in_pieces(tools):
    def answer(conn):
        while conn.recv(65536):
            for at in range(0, len(OK), 9):
                conn.sendall(OK[at:at + 9])
                time.sleep(0.001)

    with server(answer) as port:
        counts, = tools.load(port)
    assert is_clean(counts) and counts['answers'] > 1
