"""RFC 9113, sections 3 to 7: frames and states, each rule broken once. A
case gives the bytes to send and what has to come of it.
"""
import pytest

from h2peer import *  # noqa: F403


def opened(p, path='/large.bin'):
    """Stream 1 in half-closed (remote), its answer held by its window."""
    p.send(p.request(1, path))


# What ends the connection: bytes (of a peer `p`), and the error that it gets.
CONNECTION = {
    '3.4 no SETTINGS': (
        lambda p: PREFACE + frame(PING, 0, 0, b'x' * 8), PROTOCOL_ERROR),
    '3.4 an ACK for SETTINGS': (
        lambda p: PREFACE + frame(SETTINGS, ACK, 0), PROTOCOL_ERROR),
    '4.2 a frame of more than 16384': (
        lambda p: frame(DATA, 0, 1, b'', 16385), FRAME_SIZE_ERROR),
    '4.2 a head of more than 16384': (
        lambda p: frame(HEADERS, 4, 1, b'', 16385), FRAME_SIZE_ERROR),
    '4.3 no HPACK': (
        lambda p: frame(HEADERS, 5, 1, b'\x40\x0a\xff'), COMPRESSION_ERROR),
    '4.3 PRIORITY inside a head': (
        lambda p: frame(HEADERS, 1, 1, p.block()) +
        frame(PRIORITY, 0, 1, number(0) + b'\0'), PROTOCOL_ERROR),
    '4.3 HEADERS of another stream inside a head': (
        lambda p: frame(HEADERS, 1, 1, p.block()) + p.request(3),
        PROTOCOL_ERROR),
    '5.1 idle: DATA': (
        lambda p: frame(DATA, 1, 1, b'test'), PROTOCOL_ERROR),
    '5.1 idle: RST_STREAM': (
        lambda p: frame(RST_STREAM, 0, 1, number(8)), PROTOCOL_ERROR),
    '5.1 idle: WINDOW_UPDATE': (
        lambda p: frame(WINDOW_UPDATE, 0, 1, number(8)), PROTOCOL_ERROR),
    '5.1 idle: CONTINUATION': (
        lambda p: frame(CONTINUATION, 4, 1, p.block()), PROTOCOL_ERROR),
    '5.1.1 an even stream': (
        lambda p: p.request(2), PROTOCOL_ERROR),
    '5.1.1 HEADERS without a stream': (
        lambda p: p.request(0), PROTOCOL_ERROR),
    '5.1.1 a lower stream': (
        lambda p: p.request(5) + p.request(3), PROTOCOL_ERROR),
    '5.3.2 depends on itself': (
        lambda p: frame(PRIORITY, 0, 1, number(1) + b'\0'), PROTOCOL_ERROR),
    '5.5 an unknown frame inside a head': (
        lambda p: frame(HEADERS, 1, 1, p.block()) + frame(22, 0, 0),
        PROTOCOL_ERROR),
    '6.1 DATA without a stream': (
        lambda p: frame(DATA, 0, 0, b'test'), PROTOCOL_ERROR),
    '6.1 more padding than DATA': (
        lambda p: p.request(1, flags=0, method='POST') +
        frame(DATA, PADDED | 1, 1, b'\x06test'), PROTOCOL_ERROR),
    '6.1 padded, and empty': (
        lambda p: p.request(1, flags=0, method='POST') +
        frame(DATA, PADDED | 1, 1, b''), PROTOCOL_ERROR),
    '6.2 more padding than HEADERS': (
        lambda p: frame(HEADERS, PADDED | 5, 1, b'\xff' + p.block()),
        PROTOCOL_ERROR),
    '6.2 HEADERS too short for its priority': (
        lambda p: frame(HEADERS, HAS_PRIORITY | 5, 1, b'\0\0'),
        FRAME_SIZE_ERROR),
    '6.2 HEADERS that depend on themselves': (
        lambda p: frame(HEADERS, HAS_PRIORITY | 5, 1,
                        number(1) + b'\0' + p.block()), PROTOCOL_ERROR),
    '6.3 PRIORITY without a stream': (
        lambda p: frame(PRIORITY, 0, 0, number(1) + b'\0'), PROTOCOL_ERROR),
    '6.3 PRIORITY of the wrong size': (
        lambda p: frame(PRIORITY, 0, 1, b'\0' * 4), FRAME_SIZE_ERROR),
    '6.4 RST_STREAM without a stream': (
        lambda p: frame(RST_STREAM, 0, 0, number(8)), PROTOCOL_ERROR),
    '6.4 RST_STREAM of the wrong size': (
        lambda p: p.request(1, flags=0) + frame(RST_STREAM, 0, 1, b'\0' * 3),
        FRAME_SIZE_ERROR),
    '6.5 SETTINGS ACK with a payload': (
        lambda p: frame(SETTINGS, ACK, 0, b'\0'), FRAME_SIZE_ERROR),
    '6.5 SETTINGS on a stream': (
        lambda p: frame(SETTINGS, 0, 1, settings((3, 100))), PROTOCOL_ERROR),
    '6.5 half a setting': (
        lambda p: frame(SETTINGS, 0, 0, b'\0\3\0'), FRAME_SIZE_ERROR),
    '6.5.2 ENABLE_PUSH of 2': (
        lambda p: frame(SETTINGS, 0, 0, settings((ENABLE_PUSH, 2))),
        PROTOCOL_ERROR),
    '6.5.2 INITIAL_WINDOW_SIZE too large': (
        lambda p: frame(SETTINGS, 0, 0, settings((WINDOW, 1 << 31))),
        FLOW_CONTROL_ERROR),
    '6.5.2 MAX_FRAME_SIZE too small': (
        lambda p: frame(SETTINGS, 0, 0, settings((FRAME_SIZE, 16383))),
        PROTOCOL_ERROR),
    '6.5.2 MAX_FRAME_SIZE too large': (
        lambda p: frame(SETTINGS, 0, 0, settings((FRAME_SIZE, 1 << 24))),
        PROTOCOL_ERROR),
    '9218 2.1 NO_RFC7540_PRIORITIES of 2': (
        lambda p: frame(SETTINGS, 0, 0, settings((NO_7540, 2))),
        PROTOCOL_ERROR),
    '6.6 PUSH_PROMISE': (
        lambda p: p.request(1, flags=0) +
        frame(PUSH_PROMISE, 4, 1, number(2) + p.block()), PROTOCOL_ERROR),
    '6.7 PING on a stream': (
        lambda p: frame(PING, 0, 1, b'x' * 8), PROTOCOL_ERROR),
    '6.7 PING of the wrong size': (
        lambda p: frame(PING, 0, 0, b'x' * 6), FRAME_SIZE_ERROR),
    '6.8 GOAWAY on a stream': (
        lambda p: frame(GOAWAY, 0, 1, number(0) * 2), PROTOCOL_ERROR),
    '6.8 GOAWAY cut short': (
        lambda p: frame(GOAWAY, 0, 0, number(0)), FRAME_SIZE_ERROR),
    '6.9 WINDOW_UPDATE of 0': (
        lambda p: frame(WINDOW_UPDATE, 0, 0, number(0)), PROTOCOL_ERROR),
    '6.9 WINDOW_UPDATE of the wrong size': (
        lambda p: frame(WINDOW_UPDATE, 0, 0, b'\0\0\1'), FRAME_SIZE_ERROR),
    '6.9.1 a window of more than 2^31-1': (
        lambda p: frame(WINDOW_UPDATE, 0, 0, number(0x7fffffff)) * 2,
        FLOW_CONTROL_ERROR),
    '6.9.2 a stream made larger than that': (
        lambda p: p.request(1, '/large.bin') +
        frame(WINDOW_UPDATE, 0, 1, number(0x7fff0000)) +
        frame(SETTINGS, 0, 0, settings((WINDOW, 0x7fffffff))),
        FLOW_CONTROL_ERROR),
    '6.10 CONTINUATION without a stream': (
        lambda p: frame(HEADERS, 1, 1, p.block()) +
        frame(CONTINUATION, 4, 0, b''), PROTOCOL_ERROR),
    '6.10 CONTINUATION behind the end of a head': (
        lambda p: p.request(1, flags=0) +
        frame(CONTINUATION, 4, 1, b''), PROTOCOL_ERROR),
    '6.10 CONTINUATION behind DATA': (
        lambda p: p.request(1, flags=0) + frame(DATA, 0, 1, b'x') +
        frame(CONTINUATION, 4, 1, b''), PROTOCOL_ERROR),
    '6.10 SETTINGS inside a head': (
        lambda p: frame(HEADERS, 1, 1, p.block()) + frame(SETTINGS, 0, 0),
        PROTOCOL_ERROR),
    '9218 7.1 PRIORITY_UPDATE on a stream': (
        lambda p: frame(PRIORITY_UPDATE, 0, 1, number(1)), PROTOCOL_ERROR),
    '9218 7.1 PRIORITY_UPDATE for no stream': (
        lambda p: frame(PRIORITY_UPDATE, 0, 0, number(0)), PROTOCOL_ERROR),
    '9218 7.1 PRIORITY_UPDATE cut short': (
        lambda p: frame(PRIORITY_UPDATE, 0, 0, b'\0'), FRAME_SIZE_ERROR),
    'RFC 7541 2.3.3 an index beyond the table': (
        lambda p: frame(HEADERS, 5, 1, p.block() + b'\xff\x50'),
        COMPRESSION_ERROR),
    'RFC 7541 4.2 a size update behind a field': (
        lambda p: frame(HEADERS, 5, 1, p.block() + b'\x20'),
        COMPRESSION_ERROR),
    'RFC 7541 5.2 padding of more than 7 bits': (
        lambda p: frame(HEADERS, 5, 1, p.block() +
                        b'\x00\x85\xf2\xb2\x4a\x84\xff'
                        b'\x84\x49\x50\x9f\xff'), COMPRESSION_ERROR),
    'RFC 7541 5.2 padding of zeros': (
        lambda p: frame(HEADERS, 5, 1, p.block() +
                        b'\x00\x85\xf2\xb2\x4a\x87\xff'
                        b'\x83\x49\x50\x90'), COMPRESSION_ERROR),
    'RFC 7541 5.2 EOS': (
        lambda p: frame(HEADERS, 5, 1, p.block() +
                        b'\x00\x85\xf2\xb2\x4a\x84\xff'
                        b'\x87\x49\x51\xff\xff\xff\xfa\x7f'),
        COMPRESSION_ERROR),
    'RFC 7541 6.1 index 0': (
        lambda p: frame(HEADERS, 5, 1, p.block() + b'\x80'),
        COMPRESSION_ERROR),
    'RFC 7541 6.3 a table larger than was allowed': (
        lambda p: frame(HEADERS, 5, 1, b'\x3f\xe2\x1f' + p.block()),
        COMPRESSION_ERROR),
    'RFC 7541 5.1 an integer without an end': (
        lambda p: frame(HEADERS, 5, 1, b'\xff' + b'\xff' * 20),
        COMPRESSION_ERROR),
}


@pytest.mark.parametrize('name', CONNECTION)
def test_connection_error(peer, name):
    make, error = CONNECTION[name]
    p = peer(greet='3.4' not in name)
    p.send(make(p))
    assert p.ends() == error, p.goaway
    assert p.goaway[2], 'a GOAWAY says why'


# What is the fault of one stream: the connection goes on.
STREAM = {
    '5.1 half-closed: DATA': (
        lambda p: p.request(1, '/large.bin') + frame(DATA, 1, 1, b'test'),
        STREAM_CLOSED),
    '5.1 half-closed: HEADERS': (
        lambda p: p.request(1, '/large.bin') + p.request(1),
        STREAM_CLOSED),
    '6.9 WINDOW_UPDATE of 0': (
        lambda p: p.request(1, '/large.bin') +
        frame(WINDOW_UPDATE, 0, 1, number(0)), PROTOCOL_ERROR),
    '6.9.1 a window of more than 2^31-1': (
        lambda p: p.request(1, '/large.bin') +
        frame(WINDOW_UPDATE, 0, 1, number(0x7fffffff)) * 2,
        FLOW_CONTROL_ERROR),
    '6.3 PRIORITY of the wrong size': (
        lambda p: p.request(1, flags=0) + frame(PRIORITY, 0, 1, b'\0' * 4),
        FRAME_SIZE_ERROR),
    '8.1 trailers that do not end the stream': (
        lambda p: p.request(1, flags=0, method='POST') +
        frame(HEADERS, 4, 1, p.encoder.encode([('x', 'y')])),
        PROTOCOL_ERROR),
    '8.1 a pseudo-field in trailers': (
        lambda p: p.request(1, flags=0, method='POST') +
        frame(DATA, 0, 1, b'test') + p.request(1), PROTOCOL_ERROR),
    '8.1.1 less than its Content-Length': (
        lambda p: p.request(1, flags=0, method='POST',
                            extra=[('content-length', '5')]) +
        frame(DATA, 1, 1, b'test'), PROTOCOL_ERROR),
    '8.1.1 more than its Content-Length': (
        lambda p: p.request(1, flags=0, method='POST',
                            extra=[('content-length', '1')]) +
        frame(DATA, 1, 1, b'te') , PROTOCOL_ERROR),
    '8.1.1 more, of several frames': (
        lambda p: p.request(1, flags=0, method='POST',
                            extra=[('content-length', '3')]) +
        frame(DATA, 0, 1, b'te') + frame(DATA, 1, 1, b'st'),
        PROTOCOL_ERROR),
    '8.1.1 a Content-Length, and no body': (
        lambda p: p.request(1, extra=[('content-length', '1')]),
        PROTOCOL_ERROR),
}


@pytest.mark.parametrize('name', STREAM)
def test_stream_error(peer, name):
    make, error = STREAM[name]
    p = peer((WINDOW, 0))
    p.send(make(p))
    assert p.fails(1) == error
    p.send(frame(SETTINGS, 0, 0, settings((WINDOW, 65535))))
    assert p.get(3).status == 200


def test_closed_by_the_client(peer):
    """5.1: after RST_STREAM every frame but PRIORITY is a fault."""
    for late in (lambda p: frame(DATA, 1, 1, b'x'), lambda p: p.request(1)):
        p = peer((WINDOW, 0))
        p.send(p.request(1, flags=0, method='POST'),
               frame(RST_STREAM, 0, 1, number(CANCEL)))
        p.pong()
        p.send(late(p))
        assert p.fails(1) == STREAM_CLOSED
        assert p.is_alive()


def test_closed_by_both(peer):
    """5.1: after END_STREAM it is a fault of the connection."""
    for late in (lambda p: frame(DATA, 1, 1, b'x'), lambda p: p.request(1)):
        p = peer()
        assert p.get(1).status == 200
        p.send(late(p))
        assert p.ends() == STREAM_CLOSED


def test_closed_late_frames(peer):
    """5.1: what was on its way is no fault: WINDOW_UPDATE, RST_STREAM."""
    p = peer()
    assert p.get(1).status == 200
    p.send(frame(WINDOW_UPDATE, 0, 1, number(1000)),
           frame(RST_STREAM, 0, 1, number(CANCEL)),
           frame(PRIORITY, 0, 1, number(0) + b'\x10'))
    assert p.is_alive()


def test_preface_is_checked(server):
    """3.4: what does not begin with it is HTTP/1, or nothing."""
    with Peer(server.port, greet=False) as p:
        p.send(b'INVALID CONNECTION PREFACE\r\n\r\n')
        p.bytes = b''
        assert p.socket.recv(12) == b'HTTP/1.1 400'


@pytest.mark.parametrize('size', (1, 3, 14, 16, 18, 23))
def test_preface_in_pieces(peer, size):
    p = peer(greet=False)
    p.send(PREFACE[:size])
    p.send(PREFACE[size:] + frame(SETTINGS, 0, 0))
    assert p.get(1).status == 200


def test_one_byte_at_a_time(peer):
    p = peer()
    for byte in p.request(1, '/small.txt'):
        p.send(bytes([byte]))
    assert len(p.whole(1).body) == 1000


def test_settings_of_ours(peer):
    """6.5.2: what we promise, before anything else."""
    p = peer()
    assert p.seen[0].type == SETTINGS
    assert p.settings == {STREAMS: 128, LIST_SIZE: 16384, NO_7540: 1}


def test_unknown_is_ignored(peer):
    """4.1, 5.5, 6.5.2: types, flags, settings and the reserved bit."""
    p = peer((0xff, 1))
    p.send(frame(22, 0xff, 0, b'x' * 8), frame(22, 0, 1, b'x'),
           frame(PING, 0x16, 0, b'aaaaaaaa'),
           frame(PING, 0, 1 << 31, b'bbbbbbbb'))
    p.send(frame(PING, 0, 0, b'cccccccc'))
    p.until(lambda: len(p.pongs) == 3)
    assert p.pongs == [b'aaaaaaaa', b'bbbbbbbb', b'cccccccc']


def test_ping_ack_is_not_answered(peer):
    p = peer()
    p.send(frame(PING, ACK, 0, b'aaaaaaaa'))
    assert p.pong(b'bbbbbbbb') and p.pongs == [b'bbbbbbbb']


def test_padding_and_priority(peer):
    """6.1, 6.2: both are taken off."""
    p = peer()
    p.send(frame(HEADERS, PADDED | HAS_PRIORITY | END_HEADERS, 1,
                 b'\x03' + number(0) + b'\x10' + p.block('/', 'GET') +
                 b'\0' * 3),
           frame(DATA, PADDED | END_STREAM, 1, b'\x04test' + b'\0' * 4))
    assert p.whole(1).status == 200


def test_continuations(peer):
    """6.10: a head in pieces, one of them empty."""
    p = peer()
    block = p.block('/small.txt', extra=[('x-%d' % i, 'y' * 100)
                                         for i in range(20)])
    p.send(frame(HEADERS, END_STREAM, 1, block[:1]),
           frame(CONTINUATION, 0, 1, b''),
           frame(CONTINUATION, 0, 1, block[1:700]),
           frame(CONTINUATION, END_HEADERS, 1, block[700:]))
    assert p.whole(1).status == 200


def test_error_closes(peer):
    """5.4.1: after a GOAWAY with an error comes the end."""
    p = peer()
    p.send(p.request(1), frame(PING, 0, 0, b'x'))
    assert p.ends() == FRAME_SIZE_ERROR and p.has_ended
    assert p.goaway[0] == 1


def test_goaway_of_the_client(peer):
    """6.8: what it has asked for it gets; then the connection ends."""
    p = peer(window=1 << 20)
    p.send(p.request(1, '/middle.bin'),
           frame(GOAWAY, 0, 0, number(0) + number(NO_ERROR) + b'bye'))
    assert len(p.whole(1).body) == 20000
    assert p.ends() in (None, NO_ERROR)
