"""RFC 9113, section 8, and what HTTP means whatever carries it: heads that
are malformed, heads that are refused, bodies, and answers byte for byte.
"""
import pytest

from conftest import SIZES, content
from h2peer import *  # noqa: F403

GET = [(':method', 'GET'), (':scheme', 'http'), (':path', '/small.txt'),
       (':authority', 'localhost')]


def without(name):
    return [pair for pair in GET if pair[0] != name]


# Lists of fields that are no request (8.1.1): the stream is reset.
MALFORMED = {
    '8.2.1 upper case': GET + [('X-TEST', 'ok')],
    '8.2.1 a space in a name': GET + [('x test', 'ok')],
    '8.2.1 an empty name': GET + [('', 'ok')],
    '8.2.1 a colon in a name': GET + [('x:y', 'ok')],
    '8.2.1 a byte above ASCII in a name': GET + [(b'x\xff', b'ok')],
    '8.2.1 NUL in a value': GET + [('x', 'a\0b')],
    '8.2.1 LF in a value': GET + [('x', 'a\nb')],
    '8.2.1 CR in a value': GET + [('x', 'a\rb')],
    '8.2.1 a space before a value': GET + [('x', ' a')],
    '8.2.1 a tab behind a value': GET + [('x', 'a\t')],
    '8.2.2 Connection': GET + [('connection', 'keep-alive')],
    '8.2.2 Keep-Alive': GET + [('keep-alive', 'timeout=1')],
    '8.2.2 Proxy-Connection': GET + [('proxy-connection', 'close')],
    '8.2.2 Transfer-Encoding': GET + [('transfer-encoding', 'chunked')],
    '8.2.2 Upgrade': GET + [('upgrade', 'h2c')],
    '8.2.2 TE other than trailers': GET + [('te', 'trailers, deflate')],
    '8.3 an unknown pseudo-field': GET + [(':test', 'ok')],
    '8.3 that of an answer': GET + [(':status', '200')],
    '8.3 behind another field': without(':path') + [
        ('x', 'y'), (':path', '/')],
    '8.3.1 an empty :path': without(':path') + [(':path', '')],
    '8.3.1 no :method': without(':method'),
    '8.3.1 no :scheme': without(':scheme'),
    '8.3.1 no :path': without(':path'),
    '8.3.1 two :method': GET[:1] + GET,
    '8.3.1 two :scheme': GET[1:2] + GET,
    '8.3.1 two :path': GET[2:3] + GET,
    '8.3.1 two :authority': GET[3:] + GET,
    '8.3.1 a :method that is no token': without(':method') + [
        (':method', 'G T')],
    '8.3.1 :authority and Host differ': GET + [('host', 'other')],
    '8.5 CONNECT with a path': without(':method') + [(':method', 'CONNECT')],
}


@pytest.mark.parametrize('name', MALFORMED)
def test_malformed(peer, name):
    p = peer()
    p.send(frame(HEADERS, 5, 1, p.encoder.encode(MALFORMED[name])))
    assert p.fails(1) == PROTOCOL_ERROR
    # The tables of both sides go on together.
    assert p.get(3, '/small.txt').status == 200


# What is well formed, and its status: as HTTP/1.1 says.
STATUS = {
    'plain': (GET, 200),
    'HEAD': ([(':method', 'HEAD')] + without(':method'), 200),
    'OPTIONS *': ([(':method', 'OPTIONS'), (':scheme', 'http'),
                   (':path', '*'), (':authority', 'a')], 204),
    '* for GET': (without(':path') + [(':path', '*')], 400),
    'a path that does not begin with a slash': (
        without(':path') + [(':path', 'small.txt')], 400),
    'POST': ([(':method', 'POST')] + without(':method'), 405),
    'an unknown method': ([(':method', 'FETCH')] + without(':method'), 501),
    'CONNECT': ([(':method', 'CONNECT'), (':authority', 'a:1')], 405),
    'not there': (without(':path') + [(':path', '/nothing')], 404),
    'a directory': (without(':path') + [(':path', '/dir')], 301),
    'a bad escape': (without(':path') + [(':path', '/%zz')], 400),
    'a fragment': (without(':path') + [(':path', '/#x')], 400),
    'Host alone': (without(':authority') + [('host', 'localhost')], 200),
    'Host and :authority': (GET + [('host', 'LOCALHOST')], 200),
    'no host at all': (without(':authority'), 400),
    'an authority that is none': (
        without(':authority') + [(':authority', 'a b')], 400),
    'userinfo': (without(':authority') + [(':authority', 'u@a')], 400),
    'https on a plain connection': (
        without(':scheme') + [(':scheme', 'https')], 421),
    'another scheme': (without(':scheme') + [(':scheme', 'ftp')], 400),
    'TE: trailers': (GET + [('te', 'trailers')], 200),
    'two Content-Length': (GET + [('content-length', '0')] * 2, 400),
    'Expect': (GET + [('expect', 'magic')], 417),
    'a condition': (GET + [('if-none-match', '*')], 304),
    'a range': (GET + [('range', 'bytes=10-19')], 206),
    'no range': (GET + [('range', 'bytes=5000-')], 416),
    'a long path': (without(':path') + [(':path', '/' + 'a' * 9000)], 414),
    'a long head': (GET + [('x-%d' % i, 'y' * 1000) for i in range(17)], 431),
    'many fields': (GET + [('x%d' % i, 'y') for i in range(101)], 431),
    'cookies in crumbs': (GET + [('cookie', 'a=b'), ('cookie', 'c=d')], 200),
}


@pytest.mark.parametrize('name', STATUS)
def test_status(peer, name):
    fields, status = STATUS[name]
    p = peer()
    block = p.encoder.encode(fields)
    parts = [block[at:at + 16384] for at in range(0, len(block), 16384)]
    p.send(*[frame(CONTINUATION if i else HEADERS,
                   (0 if i else 1) | (4 if i == len(parts) - 1 else 0), 1,
                   part) for i, part in enumerate(parts)])
    answer = p.whole(1)
    assert answer.status == status and answer.has_ended
    if 'content-length' in answer.fields and name != 'HEAD':
        assert len(answer.body) == int(answer.fields['content-length'])
    assert p.get(3, '/small.txt').status == 200
    for name in answer.fields:
        assert name == name.lower()
    for name in ('connection', 'transfer-encoding', 'keep-alive'):
        assert name not in answer.fields


def test_bodies(peer):
    """Byte for byte, small and large, again and again."""
    p = peer((WINDOW, 1 << 22), window=1 << 24)
    stream = 1
    for _ in range(3):
        for name, size in SIZES.items():
            assert p.get(stream, '/' + name).body == content(size)
            stream += 2


def test_head_has_no_body(peer):
    p = peer()
    answer = p.get(1, '/large.bin', method='HEAD')
    assert answer.fields['content-length'] == str(SIZES['large.bin'])
    assert answer.body == b'' and len(answer.frames) == 1


def test_multipart(peer):
    p = peer(window=1 << 20)
    answer = p.get(1, '/middle.bin',
                   extra=[('range', 'bytes=0-9,5000-5009,19990-')])
    assert answer.status == 206
    for at in 0, 5000, 19990:
        assert content(20000)[at:at + 10] in answer.body
    assert len(answer.body) == int(answer.fields['content-length'])


def test_listing(peer):
    """A body of which nobody knows the length (8.1): DATA until it ends."""
    p = peer((WINDOW, 1 << 22), window=1 << 24)
    answer = p.get(1, '/many/')
    assert answer.status == 200 and 'content-length' not in answer.fields
    assert answer.body.count(b'xxxxxxxxxxxxxxxxxxxx') >= 2000
    assert b'01999-xxxx' in answer.body
    assert p.get(3, '/many/', method='HEAD').body == b''


def test_listing_through_a_small_window(peer):
    p = peer((WINDOW, 1000))
    p.send(p.request(1, '/many/'))
    answer = p.answers[1]
    while not answer.has_ended:
        before = len(answer.body)
        p.until(lambda: answer.has_ended or len(answer.body) >= before + 1000)
        more = len(answer.body) - before
        if more:
            p.send(frame(WINDOW_UPDATE, 0, 0, number(more)),
                   frame(WINDOW_UPDATE, 0, 1, number(more)))
    assert answer.body.count(b'xxxxxxxxxxxxxxxxxxxx') >= 2000


def test_posted_bodies(peer):
    """8.1: read to their end, and given back to the client's window."""
    p = peer()
    for stream, size in (1, 10), (3, 100000), (5, 1 << 20):
        p.send(p.request(stream, flags=0, method='POST',
                         extra=[('content-length', str(size))]))
        sent = 0
        window = {0: 65535, stream: 65535}
        seen = 0
        while sent < size:
            for one in p.seen[seen:]:
                if one.type == WINDOW_UPDATE:
                    window[one.stream] += int.from_bytes(one.payload, 'big')
            seen = len(p.seen)
            step = min(16384, size - sent, window.get(0), window[stream])
            if step == 0:
                p.read()
                continue
            sent += step
            window[0] -= step
            window[stream] -= step
            p.send(frame(DATA, int(sent == size), stream, b'x' * step))
        assert p.whole(stream).status == 405
        p.seen.clear()
        # The connection's window need not be whole again: a new one.
        p = peer()


def test_trailers(peer):
    p = peer()
    p.send(p.request(1, flags=0, method='POST'), frame(DATA, 0, 1, b'test'),
           frame(HEADERS, 5, 1, p.encoder.encode([('x-test', 'ok')])))
    assert p.whole(1).status == 405


def test_body_too_large(peer):
    """413 at once, and the client need not go on (8.1)."""
    p = peer()
    p.send(p.request(1, flags=0, method='POST',
                     extra=[('content-length', str((1 << 20) + 1))]))
    answer = p.whole(1)
    assert answer.status == 413
    p.until(lambda: answer.error is not None)
    assert answer.error == NO_ERROR
    p.send(frame(DATA, 0, 1, b'late'))
    assert p.is_alive()


def test_table_of_the_client(peer):
    """RFC 7541 4.2: a client without a table is told that we use none."""
    p = peer((TABLE_SIZE, 0))
    p.decoder.max_allowed_table_size = 0
    assert p.get(1, '/small.txt').status == 200
    first = p.answers[1].frames[0].payload
    assert first[0] == 0x20
    assert p.get(3, '/small.txt').frames[0].payload[0] == 0x88
