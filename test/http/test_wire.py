"""What goes over the wire: order, framing, versions, and rules that hold for
every answer (RFC 9112, RFC 9110), by tables and by random valid requests.
"""
import os
import random
import re
import socket
import struct

import pytest

from support import Client, fetch, folder, request, serving, settle, write
from test_fixture import words

HASHED = '/assets/app.3f9a1c7e.js'


@pytest.fixture(scope='module')
def server():
    with folder() as root:
        for i in range(100):
            write(root, 'n/%d.txt' % i, 'file %d' % i)
        write(root, 'index.html', '<p>home')
        write(root, 'about.html', '<p>about')
        write(root, '404.html', '<p>nothing')
        write(root, 'image.png', words(0, 5000))
        write(root, 'empty.txt', '')
        write(root, 'mid.bin', words(0, 40 << 10))
        write(root, 'dir/file.txt', 'x')
        write(root, HASHED[1:], 'let hashed')
        write(root, 'coded.css', 'p { color: red }' * 50)
        write(root, 'big.bin', words(0, 4 << 20))
        for base, _, names in os.walk(root):
            for name in names:
                settle(os.path.join(base, name))
        for suffix in ('.gz', '.br', '.zst'):
            write(root, 'coded.css' + suffix, 'coded' + suffix)
        with serving(root) as running:
            yield running


@pytest.fixture
def client(server):
    with Client(server) as c:
        yield c


def segments_received(sock):
    """Segments with data, as the kernel counts them (tcp(7), TCP_INFO);
    over loopback that is one for each write of the peer, or fewer."""
    info = sock.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, 256)
    return struct.unpack_from('I', info, 152)[0]


def test_100_pipelined_requests_in_few_writes(client):
    client.send(b''.join(request('/n/%d.txt' % i) for i in range(100)))
    for i in range(100):
        assert client.response().body == b'file %d' % i
    assert client.is_quiet()
    assert 1 <= segments_received(client.sock) <= 25


def test_pipelined_requests_of_all_kinds_keep_their_order(client):
    asked = [('GET', '/', 200), ('HEAD', '/about', 200), ('GET', '/none', 404),
             ('POST', '/', 405), ('BREW', '/', 501), ('GET', '/mid.bin', 200),
             ('OPTIONS', '*', 204), ('GET', '/dir', 301),
             ('GET', '/big.bin', 200), ('HEAD', '/big.bin', 200),
             ('GET', '/%zz', 400), ('GET', '/empty.txt', 200)]
    client.send(b''.join(request(t, m) for m, t, _ in asked * 5))
    for method, target, status in asked * 5:
        answer = client.response(method)
        assert answer.status == status, target
        if target == '/big.bin' and method == 'GET':
            assert answer.body == words(0, 4 << 20)
    assert client.is_quiet()


def test_pipelined_requests_with_bodies(client):
    one = request('/about', 'GET', 'Content-Length: 5') + b'GET /'
    two = request('/none', 'GET', 'Transfer-Encoding: chunked') + \
        b'5;a="b"\r\nGET /\r\n0\r\nT: x\r\n\r\n'
    client.send((one + two) * 20 + request('/'))
    for _ in range(20):
        assert client.response().body == b'<p>about'
        assert client.response().body == b'<p>nothing'
    assert client.response().body == b'<p>home'
    assert client.is_quiet()


def test_every_way_to_cut_a_pipeline(server):
    """Wherever the packets end, the answers are the same."""
    data = request('/about') + request('/', 'GET', 'Content-Length: 3') + \
        b'abc' + request('/n/7.txt')
    for cut in range(1, len(data)):
        with Client(server) as client:
            client.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            client.send(data[:cut])
            client.send(data[cut:])
            assert [client.response().body for _ in range(3)] == [
                b'<p>about', b'<p>home', b'file 7']


def test_byte_by_byte(client):
    client.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    for byte in request('/about', 'GET', 'Content-Length: 3') + b'abc':
        client.send(bytes([byte]))
    assert client.response().body == b'<p>about'


def test_close_ends_a_pipeline(client):
    """RFC 9112 9.6: nothing after the close option is processed."""
    client.send(request('/about') + request('/', 'GET', 'Connection: close') +
                request('/none'))
    assert not client.response().is_last
    answer = client.response()
    assert answer.body == b'<p>home' and answer.is_last
    assert client.is_over()


def test_continue_before_the_body(client):
    """RFC 9110 10.1.1."""
    client.ask('/about', 'GET', 'Expect: 100-continue', 'Content-Length: 4')
    interim = client.head()
    assert interim.status == 100 and interim.fields == []
    client.send('body')
    answer = client.response()
    assert answer.body == b'<p>about' and not answer.interim
    assert client.get('/').status == 200


def test_no_continue_when_it_makes_no_sense(server):
    # The body is refused: the final answer at once.
    with Client(server) as client:
        client.ask('/', 'PUT', 'Expect: 100-continue',
                   'Content-Length: 9999999')
        answer = client.response()
        assert answer.status == 413 and not answer.interim
        assert client.is_over()
    # There is no body: nothing is waited for.
    with Client(server) as client:
        answer = client.get('/', 'Expect: 100-continue')
        assert answer.status == 200 and not answer.interim
    # HTTP/1.0 does not know it (10.1.1: must ignore).
    with Client(server) as client:
        client.ask('/', 'GET', 'Expect: 100-continue', 'Content-Length: 1',
                   version='1.0')
        client.send('x')
        answer = client.response()
        assert answer.status == 200 and not answer.interim
    # Any other expectation: 417.
    assert fetch(server, '/', 'Expect: tea').status == 417


def test_http_1_0(server):
    """RFC 9112 9.3: closes by default; keep-alive is said on both sides."""
    with Client(server) as client:
        answer = client.get('/about', version='1.0')
        assert answer.version == '1.1' and answer.body == b'<p>about'
        assert client.is_over()
    with Client(server) as client:
        for _ in range(3):
            answer = client.get('/about', 'Connection: Keep-Alive',
                                version='1.0')
            assert answer['Connection'].lower() == 'keep-alive'
        assert client.get('/', version='1.0').status == 200
        assert client.is_over()
    with Client(server) as client:
        client.send(b'GET /about HTTP/1.0\r\n\r\n')
        assert client.response().body == b'<p>about'


def test_connection_close_in_a_list(server):
    for value in ('close', 'Close', 'foo, close', 'keep-alive, close'):
        with Client(server) as client:
            assert client.get('/', 'Connection: ' + value).is_last
            assert client.is_over()
    with Client(server) as client:
        assert not client.get('/', 'Connection: closed, not-close').is_last
        assert client.get('/').status == 200


def masked(answer):
    return [(n, 'D' if n == 'Date' else v) for n, v in answer.fields]


@pytest.mark.parametrize('lines', [
    [], ['Accept-Encoding: gzip, br, zstd'], ['If-None-Match: *'],
    ['If-Match: "x"'], ['If-Modified-Since: Fri, 01 Jan 2100 00:00:00 GMT'],
    ['Accept-Encoding: identity;q=0, *;q=0'],
])
def test_head_is_get_without_a_body(client, lines):
    """RFC 9110 9.3.2: the same fields, Content-Length included."""
    for target in ('/', '/about', '/none', '/dir', '/dir/', '/image.png',
                   '/empty.txt', '/mid.bin', '/big.bin', HASHED, '/coded.css',
                   '/.hidden', '/%zz', '/n/5.txt?query', '/404.html'):
        get = client.get(target, *lines)
        head = client.get(target, *lines, method='HEAD')
        assert get.status == head.status, target
        assert masked(get) == masked(head), target
    assert client.is_quiet()


def test_absolute_form(client):
    """RFC 9112 3.2.2: accepted, and its authority is what counts."""
    for target, body in (('http://localhost/about', b'<p>about'),
                         ('http://localhost:8080/about', b'<p>about'),
                         ('HTTP://other.example/about?q', b'<p>about'),
                         ('http://localhost', b'<p>home'),
                         ('http://localhost?q', b'<p>home'),
                         ('http://[::1]:80/', b'<p>home')):
        answer = client.get(target)
        assert answer.status == 200 and answer.body == body, target
    answer = client.get('http://localhost/dir?a=b')
    assert answer.status == 301 and answer['Location'] == '/dir/?a=b'
    # RFC 9110 7.4: an https resource, on a connection that is not secured.
    assert client.get('https://localhost/about').status == 421


def test_options(client):
    """RFC 9110 9.3.7, 15.3.5: no content, hence no length of it."""
    for target in ('*', '/', '/none', 'http://localhost'):
        answer = client.get(target, method='OPTIONS')
        assert answer.status == 204, target
        assert set(re.split(r',\s*', answer['Allow'])) == {
            'GET', 'HEAD', 'OPTIONS'}
        assert answer['Content-Length'] is None
    assert client.get('/').status == 200


def test_other_methods(client):
    for method in ('POST', 'PUT', 'DELETE', 'PATCH', 'TRACE', 'PROPFIND'):
        answer = client.get('/', method=method)
        assert answer.status == 405 and answer['Allow']
        assert answer['Cache-Control'] == 'no-store'
    for method in ('get', 'Get', 'BREW', 'G', 'GETT', "!#$%&'*+-.^_`|~"):
        assert client.get('/', method=method).status == 501, method


def test_half_close(server):
    """The client says all, then listens: it gets all, then the end."""
    with Client(server) as client:
        client.send(request('/about') + request('/big.bin') + request('/'))
        client.sock.shutdown(socket.SHUT_WR)
        assert client.response().body == b'<p>about'
        assert client.response().body == words(0, 4 << 20)
        assert client.response().body == b'<p>home'
        assert client.is_over()


def test_half_close_in_the_middle(server):
    """RFC 9112 8: an incomplete request is not served."""
    for data in (b'GET / HTT', b'GET / HTTP/1.1\r\nHost: x\r\n',
                 request('/', 'GET', 'Content-Length: 5') + b'abc'):
        with Client(server) as client:
            client.send(data)
            client.sock.shutdown(socket.SHUT_WR)
            assert client.response().status == 400
            assert client.is_over()


def test_a_connection_without_a_request(server):
    with Client(server) as client:
        client.sock.shutdown(socket.SHUT_WR)
        assert client.is_over()


def test_the_small_answer_is_one_write(client):
    """Head and body in one segment: no second packet for 8 bytes."""
    before = segments_received(client.sock)
    for _ in range(10):
        assert client.get('/about').status == 200
    assert segments_received(client.sock) - before == 10


# Random valid requests, and what must be true of every answer.

TARGETS = ['/', '/about', '/image.png', '/empty.txt', '/mid.bin', HASHED,
           '/coded.css', '/none', '/dir', '/n/1.txt', '/big.bin?x', '/.x',
           '/a/../about', '//about', '/%61bout', '/404', '/n/', '*']
COMPRESSIBLE = {'/', '/about', HASHED, '/coded.css', '/n/1.txt',
                '/empty.txt', '/a/../about', '//about', '/%61bout', '/404'}
FIELDS = [
    'Range: bytes=0-3', 'Range: bytes=-5', 'Range: bytes=9999999-',
    'Range: bytes=0-1,3-4', 'Range: lines=1-2', 'Range: bytes=x',
    'If-None-Match: *', 'If-None-Match: "none", W/"x"', 'If-Match: *',
    'If-Match: "none"', 'If-Range: "none"',
    'If-Modified-Since: Fri, 01 Jan 2100 00:00:00 GMT',
    'If-Modified-Since: Fri, 01 Jan 1999 00:00:00 GMT',
    'If-Modified-Since: rubbish',
    'If-Unmodified-Since: Fri, 01 Jan 1999 00:00:00 GMT',
    'If-Range: Fri, 01 Jan 1999 00:00:00 GMT',
    'Accept-Encoding: gzip', 'Accept-Encoding: br;q=0.5, zstd;q=1.0',
    'Accept-Encoding: *', 'Accept-Encoding: identity;q=0',
    'Accept-Encoding:', 'Accept: text/html', 'Accept: */*;q=0.1',
    'User-Agent: a (b; c) \xe4', 'Cookie: a=b', 'X-Empty:', 'Pragma: no-cache',
    'Content-Length: 0', 'Connection: keep-alive', 'Connection: x-y',
    'Upgrade: h2c', 'Expect: 100-continue',
]


def check_always(method, target, answer):
    status = answer.status
    assert status in (200, 204, 206, 301, 304, 400, 404, 405, 412, 416)
    assert answer['Date'] and answer['Server'] == 'hstatic'
    assert re.fullmatch(r'\w{3}, \d\d \w{3} \d{4} \d\d:\d\d:\d\d GMT',
                        answer['Date'])
    kind = answer['Content-Type'] or ''
    is_multipart = kind.startswith('multipart/byteranges')
    # RFC 9110 15.3.7: a part says which, or holds parts that do.
    assert (status == 206) == (is_multipart or (
        answer['Content-Range'] is not None and status != 416))
    if status == 416:
        assert re.fullmatch(r'bytes \*/\d+', answer['Content-Range'])
    if status == 304:
        # RFC 9110 15.4.5: what a 200 would have said of these.
        assert answer['ETag'] and answer['Cache-Control']
        assert answer['Content-Type'] is None
    if status in (200, 206) and method != 'OPTIONS':
        assert answer['ETag'] and answer['Last-Modified']
        assert answer['Accept-Ranges'] == 'bytes'
        assert answer['X-Content-Type-Options'] == 'nosniff'
    if target in COMPRESSIBLE and status in (200, 206, 304):
        assert 'accept-encoding' in answer['Vary'].lower(), target
    if status not in (200, 206, 304):
        assert 'immutable' not in (answer['Cache-Control'] or '')
        assert answer['ETag'] is None
    if status >= 400:
        assert answer['Cache-Control'] == 'no-store'
    if answer['Content-Encoding'] is not None:
        assert answer['Content-Encoding'] in ('gzip', 'br', 'zstd')
    assert answer['Transfer-Encoding'] is None
    if status == 405:
        assert answer['Allow']


@pytest.mark.parametrize('seed', range(10))
def test_random_valid_requests(server, seed):
    rng = random.Random(seed)
    with Client(server) as client:
        for _ in range(100):
            method = rng.choice(['GET', 'GET', 'HEAD', 'OPTIONS', 'POST'])
            target = rng.choice(TARGETS)
            if target == '*':
                method = 'OPTIONS'
            names, lines = set(), []
            for line in rng.sample(FIELDS, rng.randrange(6)):
                name = line.split(':')[0]
                if name not in names:
                    names.add(name)
                    lines.append(line)
            answer = client.get(target, *lines, method=method)
            try:
                check_always(method, target, answer)
            except AssertionError as problem:
                raise AssertionError('%s %s %s: %s' % (
                    method, target, lines, answer.head)) from problem
            assert not answer.is_last
        assert client.is_quiet()


def test_immutable_only_for_hashed_names_that_exist(client):
    for target, want in ((HASHED, True), (HASHED + 'x', False),
                         ('/about', False), ('/assets/', False),
                         ('/assets/none.3f9a1c7e.js', False)):
        answer = client.get(target)
        assert ('immutable' in answer['Cache-Control']) == want, target
        assert (answer['Cache-Control'] == 'no-cache') == (
            answer.status == 200 and not want)
    tag = client.get(HASHED)['ETag']
    answer = client.get(HASHED, 'If-None-Match: ' + tag)
    assert answer.status == 304 and 'immutable' in answer['Cache-Control']
    answer = client.get(HASHED, 'If-Match: "other"')
    assert answer.status == 412 and 'immutable' not in answer['Cache-Control']


def test_each_coding_has_its_own_tag(client):
    """RFC 9110 8.8.3.3: or a range of one is glued to another."""
    tags = set()
    for coding, body in (('gzip', b'coded.gz'), ('br', b'coded.br'),
                         ('zstd', b'coded.zst'), ('identity', None)):
        answer = client.get('/coded.css', 'Accept-Encoding: ' + coding)
        assert body is None or answer.body == body
        assert answer['Content-Encoding'] == (coding if body else None)
        tags.add(answer['ETag'])
        part = client.get('/coded.css', 'Accept-Encoding: ' + coding,
                          'Range: bytes=2-5', 'If-Range: ' + answer['ETag'])
        assert part.status == 206 and part.body == answer.body[2:6]
        assert part['ETag'] == answer['ETag']
    assert len(tags) == 4
