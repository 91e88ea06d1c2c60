"""What is sent when: windows (RFC 9113 5.2, 6.9), priorities (RFC 9218),
streams at a time, GOAWAY; and the limits, each with what it says.
"""
import signal
import time

import pytest
import support

from conftest import SIZES, content
from h2peer import *  # noqa: F403


def test_window_of_one_byte(peer):
    """6.9.2: as many bytes as the window has."""
    p = peer((WINDOW, 1))
    p.send(p.request(1, '/small.txt'))
    p.until(lambda: p.answers[1].body)
    p.pong()
    assert p.answers[1].body == content(1000)[:1]


def test_window_opened_by_settings(peer):
    p = peer((WINDOW, 0))
    p.send(p.request(1, '/small.txt'))
    p.until(lambda: p.answers[1].fields)
    p.pong()
    assert p.answers[1].body == b''
    p.send(frame(SETTINGS, 0, 0, settings((WINDOW, 1))))
    p.until(lambda: p.answers[1].body)
    assert p.answers[1].body == content(1000)[:1]


def test_window_that_is_negative(peer):
    """6.9.2: what was sent counts against the new size."""
    p = peer((WINDOW, 3))
    p.send(p.request(1, '/small.txt'))
    p.until(lambda: len(p.answers[1].body) == 3)
    p.send(frame(SETTINGS, 0, 0, settings((WINDOW, 2))),
           frame(WINDOW_UPDATE, 0, 1, number(2)))
    p.until(lambda: len(p.answers[1].body) == 4)
    p.pong()
    assert len(p.answers[1].body) == 4


def test_window_of_the_connection(peer):
    """5.2: all streams share it; heads and empty bodies need none."""
    p = peer((WINDOW, 1 << 20))
    p.send(p.request(1, '/large.bin'))
    p.until(lambda: len(p.answers[1].body) == 65535)
    p.send(p.request(3, '/small.txt'),
           p.request(5, '/small.txt', method='HEAD'))
    assert p.whole(5).status == 200
    p.until(lambda: p.answers[3].fields)
    assert p.answers[3].body == b''
    p.send(frame(WINDOW_UPDATE, 0, 0, number(1 << 21)))
    assert p.whole(1).body == content(SIZES['large.bin'])
    assert p.whole(3).body == content(1000)


def test_frames_are_no_larger_than_16k(peer):
    p = peer((WINDOW, 1 << 22), (FRAME_SIZE, 1 << 20), window=1 << 24)
    answer = p.get(1, '/large.bin')
    assert max(len(f.payload) for f in answer.frames) == 16384


def first_seen(order):
    return list(dict.fromkeys(order))


def all_of(p, streams):
    for stream in streams:
        p.whole(stream)


def held(peer, *requests):
    """Asks for all of them while no data may be sent; then lets it go."""
    p = peer((WINDOW, 1 << 22))
    p.send(p.request(101, '/large.bin'))
    p.until(lambda: len(p.answers[101].body) == 65535)
    p.send(frame(RST_STREAM, 0, 101, number(CANCEL)))
    p.order.clear()
    for stream, path, priority in requests:
        extra = [('priority', priority)] if priority else []
        p.send(p.request(stream, path, extra=extra))
    for stream, _, _ in requests:
        p.until(lambda: p.answers[stream].fields)
    return p


def let_go(p):
    p.send(frame(WINDOW_UPDATE, 0, 0, number(1 << 26)))


def test_urgency(peer):
    """RFC 9218 4.1: the most urgent first, 3 where nothing is said."""
    p = held(peer, (103, '/large.bin', 'u=5'), (105, '/middle.bin', None),
             (107, '/middle.bin', 'u=0'), (109, '/middle.bin', 'u=2'),
             (111, '/middle.bin', 'u=9'))
    let_go(p)
    all_of(p, (103, 105, 107, 109, 111))
    assert first_seen(p.order) == [107, 109, 105, 111, 103]


def test_one_after_the_other(peer):
    """RFC 9218 10: those of one urgency in the order of their ids."""
    p = held(peer, *((stream, '/middle.bin', None)
                     for stream in (103, 105, 107)))
    let_go(p)
    all_of(p, (103, 105, 107))
    assert p.order == [103, 103, 105, 105, 107, 107]


def test_incremental(peer):
    """RFC 9218 4.2: they share."""
    p = held(peer, (103, '/large.bin', 'i'), (105, '/large.bin', 'u=3, i'))
    let_go(p)
    all_of(p, (103, 105))
    assert p.order[:6] == [103, 105] * 3


def test_priority_update(peer):
    """RFC 9218 7.1: for a stream that is there, and for one to come."""
    p = held(peer, (103, '/middle.bin', None), (105, '/middle.bin', None))
    p.send(frame(PRIORITY_UPDATE, 0, 0, number(107) + b'u=0'),
           frame(PRIORITY_UPDATE, 0, 0, number(105) + b'u=1'),
           p.request(107, '/middle.bin', extra=[('priority', 'u=7')]))
    p.until(lambda: p.answers[107].fields)
    let_go(p)
    all_of(p, (103, 105, 107))
    assert first_seen(p.order) == [107, 105, 103]


def test_urgent_overtakes_large(peer):
    """A request that comes while a large body goes out is read."""
    p = peer((WINDOW, 1 << 22), window=1 << 26)
    p.send(*(p.request(s, '/large.bin', extra=[('priority', 'u=6')])
             for s in range(1, 81, 2)))
    p.until(lambda: len(p.answers[1].body) > 100000)
    p.send(p.request(81, '/small.txt', extra=[('priority', 'u=0')]))
    p.whole(81)
    assert not p.answers[79].has_ended
    all_of(p, range(1, 81, 2))
    assert p.answers[79].body == content(SIZES['large.bin'])


def test_streams_at_a_time(peer):
    """5.1.2: one more than the limit is refused, and may be asked again."""
    p = peer((WINDOW, 0))
    most = p.settings[STREAMS]
    p.send(*(p.request(s, '/small.txt') for s in range(1, 2 * most + 3, 2)))
    assert p.fails(2 * most + 1) == REFUSED_STREAM
    p.send(frame(SETTINGS, 0, 0, settings((WINDOW, 65535))),
           frame(WINDOW_UPDATE, 0, 0, number(1 << 20)))
    all_of(p, range(1, 2 * most, 2))
    assert p.get(2 * most + 3, '/small.txt').body == content(1000)


def test_reset_while_it_is_sent(peer):
    p = peer((WINDOW, 1 << 20), window=1 << 20)
    p.send(p.request(1, '/large.bin'))
    p.until(lambda: p.answers[1].body)
    p.send(frame(RST_STREAM, 0, 1, number(CANCEL)))
    assert p.get(3, '/small.txt').body == content(1000)


def flood(p, bytes_of, times=4000):
    for i in range(times):
        p.send(bytes_of(i))
        if i % 50 == 0 and p.goaway is None:
            # Whoever floods may read, or the socket would stop it.
            p.socket.settimeout(0.001)
            try:
                while True:
                    p.read()
            except (TimeoutError, Ended):
                pass
        if p.has_ended or p.goaway:
            break
    assert p.ends() == ENHANCE_YOUR_CALM
    return p.goaway[2]


# RFC 9113 10.5: what may not go on for ever, and what is said of it.
FLOODS = {
    'PING': (lambda p, i: frame(PING, 0, 0, b'x' * 8), 'PING'),
    'SETTINGS': (lambda p, i: frame(SETTINGS, 0, 0), 'SETTINGS'),
    'rapid reset': (
        lambda p, i: p.request(2 * i + 1) +
        frame(RST_STREAM, 0, 2 * i + 1, number(CANCEL)), 'reset'),
    'PRIORITY': (
        lambda p, i: frame(PRIORITY, 0, 1, number(0) + b'\0'), 'priority'),
    'PRIORITY_UPDATE': (
        lambda p, i: frame(PRIORITY_UPDATE, 0, 0, number(1) + b'i'),
        'priority'),
    'unknown': (lambda p, i: frame(99, 0, 0), 'unknown'),
    'WINDOW_UPDATE': (
        lambda p, i: frame(WINDOW_UPDATE, 0, 0, number(1)), 'WINDOW_UPDATE'),
    'faulty streams': (
        lambda p, i: p.request(2 * i + 1, extra=[('te', 'x')]), 'faulty'),
    'made to reset': (
        lambda p, i: p.request(2 * i + 1, '/large.bin') +
        frame(WINDOW_UPDATE, 0, 2 * i + 1, number(0)), 'faulty'),
}


@pytest.mark.parametrize('name', FLOODS)
def test_flood(peer, name):
    make, word = FLOODS[name]
    p = peer()
    assert word in flood(p, lambda i: make(p, i))


def test_flood_of_empty_data(peer):
    p = peer()
    p.send(p.request(1, flags=0, method='POST'))
    assert 'empty' in flood(p, lambda i: frame(DATA, 0, 1))


def test_flood_of_continuations(peer):
    p = peer()
    p.send(frame(HEADERS, END_STREAM, 1, p.block()))
    assert 'CONTINUATION' in flood(p, lambda i: frame(CONTINUATION, 0, 1))


def test_head_without_an_end(peer):
    """What is kept of a head is limited, however large its frames."""
    p = peer()
    p.send(frame(HEADERS, END_STREAM, 1, p.block()))
    assert 'head' in flood(
        p, lambda i: frame(CONTINUATION, 0, 1, b'\0' * 16000))


def test_hpack_bomb(peer):
    """A short block that stands for a long list (RFC 7541 7.3)."""
    p = peer()
    p.send(frame(HEADERS, 5, 1, p.block(extra=[('x', 'y' * 3900)])))
    p.whole(1)
    p.send(frame(HEADERS, 5, 3, p.block() + b'\xbe' * 15000))
    assert p.ends() == ENHANCE_YOUR_CALM and 'head' in p.goaway[2]


def test_window_that_stays_shut(tree):
    """A stream, and a whole connection, that nobody reads."""
    with support.serving(tree, '--send-timeout', '1') as server:
        with Peer(server.port, (WINDOW, 0)) as p:
            p.send(p.request(1, '/small.txt'))
            assert p.fails(1) == ENHANCE_YOUR_CALM
            assert p.is_alive()
        with Peer(server.port, (WINDOW, 1 << 20)) as p:
            p.send(p.request(1, '/large.bin'))
            assert p.ends() == ENHANCE_YOUR_CALM
            assert 'window' in p.goaway[2]


def test_window_opened_a_byte_at_a_time(tree):
    with support.serving(tree, '--send-timeout', '1') as server:
        with Peer(server.port, (WINDOW, 0)) as p:
            p.send(p.request(1, '/large.bin'))
            start = time.monotonic()
            while p.answers[1].error is None:
                p.send(frame(WINDOW_UPDATE, 0, 1, number(1)))
                p.socket.settimeout(0.1)
                try:
                    while True:
                        p.read()
                except TimeoutError:
                    pass
                assert time.monotonic() - start < 15
            assert p.answers[1].error == ENHANCE_YOUR_CALM


def test_times(tree):
    """A frame that stops, a body that stops, nothing at all."""
    with support.serving(tree, '--head-timeout', '1', '--body-timeout',
                         '1', '--idle-timeout', '1') as server:
        with Peer(server.port) as p:
            p.send(b'\0\0\x08\x06')
            assert p.ends() == ENHANCE_YOUR_CALM
        with Peer(server.port) as p:
            p.send(frame(HEADERS, 0, 1, p.block()))
            assert p.ends() == ENHANCE_YOUR_CALM
        with Peer(server.port) as p:
            p.send(p.request(1, flags=0, method='POST'))
            assert p.whole(1).status == 408
        with Peer(server.port) as p:
            assert p.ends() == NO_ERROR and p.goaway[2] == 'idle'


@pytest.mark.parametrize('number_of', (signal.SIGTERM, signal.SIGHUP))
def test_drain(tree, number_of):
    """6.8: a GOAWAY that warns, one that says which is the last; what was
    asked for is answered."""
    with support.serving(tree) as server:
        with Peer(server.port, (WINDOW, 1 << 20)) as p:
            p.send(p.request(1, '/large.bin'))
            p.until(lambda: len(p.answers[1].body) == 65535)
            server.signal(number_of)
            p.until(lambda: p.goaway)
            assert p.goaway[:2] == (0x7fffffff, NO_ERROR)
            p.send(p.request(3, '/small.txt', method='HEAD'))
            p.until(lambda: p.goaway[0] == 3)
            assert p.whole(3).status == 200
            p.send(frame(WINDOW_UPDATE, 0, 0, number(1 << 21)))
            assert p.whole(1).body == content(SIZES['large.bin'])
            assert p.ends() == NO_ERROR


def test_idle_ends_with_a_drain(tree):
    with support.serving(tree) as server:
        with Peer(server.port) as p:
            assert p.get(1, '/small.txt').status == 200
            server.signal(signal.SIGTERM)
            assert p.ends() == NO_ERROR
