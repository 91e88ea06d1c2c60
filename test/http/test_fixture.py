"""Bodies and ranges (RFC 9110 14), byte for byte, around every size at which
the server changes how it sends. Word i of a file, 8 bytes, holds i: a body
tells its own offset, where zeros would hide a wrong one.
"""
import array
import email
import os
import random
import re

import pytest

from support import Client, folder, serving, settle, write

KEPT = 32 << 10     # up to here a body is sent from memory
HASHED = 1 << 20    # up to here the ETag is made of the bytes
HUGE = 5 << 30      # beyond what 32 bits can count
BORDER = 4 << 30
MIDDLE = (2 << 30) - (32 << 20)
MIDDLE_LENGTH = 64 << 20

SIZES = [0, 1, 9, KEPT - 1, KEPT, KEPT + 1, (64 << 10) - 1, 64 << 10,
         (64 << 10) + 1, HASHED - 1, HASHED, HASHED + 1]


def words(first, length):
    """The bytes [first, first + length) of the endless fixture."""
    start, end = first // 8, (first + length + 7) // 8
    numbers = array.array('Q', range(start, end))
    if numbers.itemsize != 8 or array.array('H', [1]).tobytes()[0] != 1:
        numbers.byteswap()
    skip = first - start * 8
    return numbers.tobytes()[skip:skip + length]


def huge_make(path):
    """Sparse, with words only where a test looks at them."""
    with open(path, 'wb') as f:
        f.truncate(HUGE)
        for first, length in ((0, 1 << 20), (BORDER - (1 << 20), 2 << 20),
                              (HUGE - (1 << 20), 1 << 20),
                              (MIDDLE, MIDDLE_LENGTH)):
            f.seek(first)
            f.write(words(first, length))


@pytest.fixture(scope='module')
def server():
    with folder() as root:
        for size in SIZES:
            settle(write(root, '%d.bin' % size, words(0, size)))
        huge_make(os.path.join(root, 'huge.bin'))
        settle(os.path.join(root, 'huge.bin'))
        with serving(root) as running:
            yield running


@pytest.fixture
def client(server):
    with Client(server) as c:
        yield c


def check_part(answer, size, first, length):
    """A 206 of one range."""
    assert answer.status == 206
    assert answer['Content-Range'] == 'bytes %d-%d/%d' % (
        first, first + length - 1, size)
    assert int(answer['Content-Length']) == length
    assert answer.body == words(first, length)


def check_refused(answer, size):
    assert answer.status == 416
    assert answer['Content-Range'] == 'bytes */%d' % size


def parts(answer, size):
    """The (first, length) of each part of a multipart/byteranges body."""
    assert answer.status == 206 and answer['Content-Range'] is None
    kind = answer['Content-Type']
    assert re.fullmatch(
        r'multipart/byteranges; ?boundary="?[^"\s]{1,70}"?', kind)
    whole = b'Content-Type: ' + kind.encode() + b'\r\n\r\n' + answer.body
    message = email.message_from_bytes(whole)
    boundary = message.get_boundary().encode()
    # RFC 2046 5.1.1: CRLF "--" boundary, and "--" after the last.
    pieces = re.split(rb'(?:^|\r\n)--' + re.escape(boundary), answer.body)
    assert pieces[0] == b'' and pieces[-1] in (b'--', b'--\r\n')
    found = []
    for piece in pieces[1:-1]:
        head, body = piece.split(b'\r\n\r\n', 1)
        assert re.search(rb'(?im)^Content-Type: application/octet-stream\r?$',
                         head)
        match = re.search(rb'(?im)^Content-Range: bytes (\d+)-(\d+)/(\d+)\r?$',
                          head)
        first, last = int(match[1]), int(match[2])
        assert int(match[3]) == size
        assert body == words(first, last - first + 1)
        found.append((first, last - first + 1))
    return found


@pytest.mark.parametrize('size', SIZES)
def test_whole(client, size):
    """GET, HEAD and GET again, on one connection."""
    for method in ('GET', 'HEAD', 'GET'):
        answer = client.get('/%d.bin' % size, method=method)
        assert answer.status == 200
        assert int(answer['Content-Length']) == size
        assert answer['Accept-Ranges'] == 'bytes'
        assert answer.body == (b'' if method == 'HEAD' else words(0, size))
    assert client.is_quiet()


def single_cases(size):
    """(spec, first, length): RFC 9110 14.1.2; first None is a 416."""
    yield '0-0', 0, 1
    yield '%d-%d' % (size - 1, size - 1), size - 1, 1
    yield '0-', 0, size
    yield '0-%d' % (size - 1), 0, size
    yield '0-%d' % size, 0, size
    yield '0-18446744073709551615', 0, size
    yield '%d-' % (size - 1), size - 1, 1
    yield '%d-' % (size // 2), size // 2, size - size // 2
    yield '-1', size - 1, 1
    yield '-%d' % size, 0, size
    yield '-%d' % (size + 1), 0, size
    yield '%d-' % size, None, 0
    yield '%d-%d' % (size, size + 9), None, 0
    yield '-0', None, 0


@pytest.mark.parametrize('size', [s for s in SIZES if s])
def test_single_ranges(client, size):
    for spec, first, length in single_cases(size):
        answer = client.get('/%d.bin' % size, 'Range: bytes=' + spec)
        if first is None:
            check_refused(answer, size)
        else:
            check_part(answer, size, first, length)


def test_an_empty_file_has_no_range(client):
    """RFC 9110 14.1.2: nothing in it can be selected."""
    for spec in ('0-0', '0-', '-0', '1-2'):
        check_refused(client.get('/0.bin', 'Range: bytes=' + spec), 0)
    # A suffix of what is empty is all of it; both readings are honest.
    answer = client.get('/0.bin', 'Range: bytes=-5')
    assert answer.status in (200, 416) and (
        answer.status == 416 or answer.body == b'')


@pytest.mark.parametrize('size', [KEPT + 1, HASHED, HASHED + 1])
def test_multiple_ranges(client, size):
    """RFC 9110 14.6: each part says what it is, in the order asked for."""
    asked = [(0, 1), (size - 7, 7), (8, 16), (size // 2, 1000)]
    spec = ', '.join('%d-%d' % (f, f + n - 1) for f, n in asked)
    answer = client.get('/%d.bin' % size, 'Range: bytes=' + spec)
    assert parts(answer, size) == asked
    answer = client.get('/%d.bin' % size,
                        'Range: bytes=-3,0-1,%d-' % (2 * size))
    assert parts(answer, size) == [(size - 3, 3), (0, 2)]
    assert client.is_quiet()


def test_one_satisfiable_of_several_is_no_multipart(client):
    """RFC 9110 15.3.7.2: a single part is not sent as multipart."""
    answer = client.get('/%d.bin' % HASHED, 'Range: bytes=5-9,%d-' % HASHED)
    check_part(answer, HASHED, 5, 5)


def test_too_many_or_overlapping_ranges_give_the_whole(client):
    """RFC 9110 14.2 and 17.15: a server may ignore such a Range."""
    many = ','.join('%d-%d' % (i * 10, i * 10) for i in range(200))
    for spec in (many, '0-9,5-14', '0-,0-'):
        answer = client.get('/%d.bin' % HASHED, 'Range: bytes=' + spec)
        assert answer.status == 200 and answer.body == words(0, HASHED)


def random_spec(rng, size):
    """A valid spec with the range that it selects, or None."""
    first = rng.choice([rng.randrange(size), rng.randrange(min(size, 50)),
                        size - 1 - rng.randrange(min(size, 50)),
                        size + rng.randrange(50)])
    length = rng.choice([1, 7, rng.randrange(1, 70000), size])
    kind = rng.randrange(3)
    if kind == 0:
        last = first + length - 1
        spec, end = '%d-%d' % (first, last), min(last + 1, size)
    elif kind == 1:
        spec, end = '%d-' % first, size
    else:
        count = rng.choice([1, rng.randrange(1, size + 50)])
        return '-%d' % count, (max(0, size - count), min(count, size))
    return spec, (first, end - first) if first < size else None


@pytest.mark.parametrize('seed', range(8))
def test_random_ranges(client, seed):
    """Over one keep-alive connection; the seed makes a failure repeatable."""
    rng = random.Random(seed)
    for _ in range(60):
        size = rng.choice([s for s in SIZES if s])
        spec, want = random_spec(rng, size)
        answer = client.get('/%d.bin' % size, 'Range: bytes=' + spec)
        if want is None:
            check_refused(answer, size)
        else:
            check_part(answer, size, *want)
    assert client.is_quiet()


def test_huge_length(client):
    answer = client.get('/huge.bin', method='HEAD')
    assert answer.status == 200
    assert answer['Content-Length'] == str(HUGE)


@pytest.mark.parametrize('spec, first, length', [
    ('0-99', 0, 100),
    ('%d-%d' % (BORDER - 50, BORDER + 49), BORDER - 50, 100),
    ('%d-%d' % (BORDER - 1, BORDER - 1), BORDER - 1, 1),
    ('%d-%d' % (BORDER, BORDER), BORDER, 1),
    ('%d-%d' % (BORDER + 1, BORDER + 999999), BORDER + 1, 999999),
    ('%d-' % (HUGE - 1000), HUGE - 1000, 1000),
    ('-1', HUGE - 1, 1),
    ('-1048576', HUGE - 1048576, 1048576),
    ('%d-%d' % (HUGE - 5, HUGE + 5), HUGE - 5, 5),
])
def test_huge_ranges(client, spec, first, length):
    check_part(client.get('/huge.bin', 'Range: bytes=' + spec), HUGE, first,
               length)


def test_huge_refusals(client):
    """2^64 and a bit must not come round to the beginning."""
    for spec in ('%d-' % HUGE, '%d-%d' % (HUGE, 2 * HUGE),
                 '18446744073709551615-'):
        check_refused(client.get('/huge.bin', 'Range: bytes=' + spec), HUGE)
    answer = client.get('/huge.bin', 'Range: bytes=18446744073709551616-')
    check_refused(answer, HUGE)


def test_huge_multipart(client):
    asked = [(0, 8), (BORDER - 4, 8), (HUGE - 8, 8)]
    spec = ','.join('%d-%d' % (f, f + n - 1) for f, n in asked)
    answer = client.get('/huge.bin', 'Range: bytes=' + spec)
    assert parts(answer, HUGE) == asked


def test_huge_middle(client):
    """64 MiB from the middle, then the connection still works."""
    answer = client.get('/huge.bin', 'Range: bytes=%d-%d' % (
        MIDDLE, MIDDLE + MIDDLE_LENGTH - 1))
    check_part(answer, HUGE, MIDDLE, MIDDLE_LENGTH)
    check_part(client.get('/1.bin', 'Range: bytes=0-0'), 1, 0, 1)


def test_huge_stream_begins_and_can_be_left(server):
    """The whole, read for 32 MiB, then dropped: nobody else suffers."""
    with Client(server) as client:
        client.ask('/huge.bin')
        answer = client.head()
        assert answer.status == 200
        assert client.take(1 << 20) == words(0, 1 << 20)
        assert client.take(31 << 20) == bytes(31 << 20)
        client.reset()
    with Client(server) as other:
        assert other.get('/9.bin').body == words(0, 9)
