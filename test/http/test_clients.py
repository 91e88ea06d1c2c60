"""Clients as people have them: curl and wget fetch, resume, revalidate."""
import gzip
import os
import shutil
import subprocess

import pytest

from support import folder, serving, settle, write
from test_fixture import words

SIZE = 3 << 20
TEXT = b'hello'

# The same five bytes, as the encoders of brotli and zstd store them.
BROTLI = b'\x0b\x02\x80hello\x03'
ZSTD = b'\x28\xb5\x2f\xfd\x20\x05\x29\x00\x00hello'


@pytest.fixture(scope='module')
def server():
    with folder() as root:
        settle(write(root, 'index.html',
                     '<a href="sub/page.html">p</a><img src="big.bin">'))
        settle(write(root, 'sub/page.html', '<a href="/index.html">i</a>'))
        settle(write(root, 'big.bin', words(0, SIZE)))
        for name, suffix, coded in (
                ('g.txt', '.gz', gzip.compress(TEXT)), ('b.txt', '.br', BROTLI),
                ('z.txt', '.zst', ZSTD)):
            settle(write(root, name, TEXT))
            write(root, name + suffix, coded)
        with serving(root, '--body-max', '1M') as running:
            running.url = 'http://127.0.0.1:%d' % running.port
            yield running


@pytest.fixture
def place():
    with folder() as path:
        yield path


def tool(place, name, *arguments):
    """Runs a client that must be there; gives its status and its output."""
    assert shutil.which(name), '%s is missing: tools/deps test' % name
    env = {k: v for k, v in os.environ.items()
           if not k.lower().endswith('_proxy')}
    done = subprocess.run([name, *arguments], cwd=place, capture_output=True,
                          timeout=60, env={**env, 'HOME': place})
    return done.returncode, done.stdout, done.stderr.decode(errors='replace')


def curl(place, *arguments):
    return tool(place, 'curl', '-q', '-sS', '--max-time', '30', *arguments)


def content(place, name):
    with open(os.path.join(place, name), 'rb') as f:
        return f.read()


CODE = ('-w', '%{http_code}')


def test_curl_get(server, place):
    status, out, _ = curl(place, server.url + '/big.bin')
    assert status == 0 and out == words(0, SIZE)


def test_curl_uses_one_connection(server, place):
    status, out, _ = curl(place, '-o', 'a', '-o', 'b', '-o', 'c', '-w',
                          '%{num_connects}', server.url + '/big.bin',
                          server.url + '/none', server.url + '/index.html')
    assert status == 0 and out == b'100'


@pytest.mark.parametrize('got', [1, 1000, SIZE // 2, SIZE - 1])
def test_curl_resumes(server, place, got):
    write(place, 'big.bin', words(0, got))
    status, out, _ = curl(place, '-C', '-', '-O', *CODE,
                          server.url + '/big.bin')
    assert status == 0 and out == b'206'
    assert content(place, 'big.bin') == words(0, SIZE)


def test_curl_resumes_what_is_whole(server, place):
    """RFC 9110 15.5.17: 416, which curl takes for done."""
    write(place, 'big.bin', words(0, SIZE))
    _, out, _ = curl(place, '-C', '-', '-O', *CODE, server.url + '/big.bin')
    assert out == b'416'
    assert content(place, 'big.bin') == words(0, SIZE)


def test_curl_ranges(server, place):
    for spec, first, length in (('0-9', 0, 10), ('-5', SIZE - 5, 5),
                                ('3145720-', 3145720, 8)):
        _, out, _ = curl(place, '-r', spec, server.url + '/big.bin')
        assert out == words(first, length)
    _, out, _ = curl(place, '-r', '0-1,4-5', '-i', server.url + '/big.bin')
    assert b'multipart/byteranges' in out and out.count(b'\r\n--') == 3


@pytest.mark.parametrize('name', ['g.txt', 'b.txt', 'z.txt'])
def test_curl_compressed(server, place, name):
    """What was coded beforehand is decoded to the same by the client."""
    status, out, _ = curl(place, '--compressed', server.url + '/' + name)
    assert (status, out) == (0, TEXT)
    _, head, _ = curl(place, '-I', '--compressed', server.url + '/' + name)
    assert b'Content-Encoding: ' in head
    _, head, _ = curl(place, '-I', server.url + '/' + name)
    assert b'Content-Encoding: ' not in head


def test_curl_time_condition(server, place):
    curl(place, '-R', '-o', 'big.bin', server.url + '/big.bin')
    _, out, _ = curl(place, '-z', 'big.bin', '-o', 'other', *CODE,
                     server.url + '/big.bin')
    assert out == b'304'
    assert not os.path.exists(os.path.join(place, 'other')) or \
        content(place, 'other') == b''
    _, out, _ = curl(place, '-z', '1 Jan 1999', '-o', 'other', *CODE,
                     server.url + '/big.bin')
    assert out == b'200' and content(place, 'other') == words(0, SIZE)


def test_curl_etag(server, place):
    for want in (b'200', b'304', b'304'):
        _, out, _ = curl(place, '--etag-save', 'tag', '--etag-compare', 'tag',
                         '-o', 'index.html', *CODE,
                         server.url + '/index.html')
        assert out == want
    assert b'sub/page' in content(place, 'index.html')


def test_curl_head_and_http_1_0(server, place):
    _, out, _ = curl(place, '-I', server.url + '/big.bin')
    assert b'Content-Length: %d\r\n' % SIZE in out
    _, out, _ = curl(place, '--http1.0', server.url + '/g.txt')
    assert out == TEXT


def test_curl_uploads_are_refused(server, place):
    write(place, 'small', b'x' * 5000)
    write(place, 'large', b'x' * (4 << 20))
    for name, want in (('small', b'405'), ('large', b'413')):
        # curl asks before it sends a large body: it hears the answer. One
        # that does not ask may find the connection reset while it sends.
        for more in ([], ['-H', 'Transfer-Encoding: chunked'],
                     ['-H', 'Expect: 100-continue']):
            _, out, _ = curl(place, '-T', name, '-o', 'out', *CODE, *more,
                             server.url + '/x')
            assert out == want, more
    _, out, _ = curl(place, '-d', 'a=b', '-o', 'out', *CODE, server.url + '/')
    assert out == b'405'


def test_curl_follows_a_directory(server, place):
    _, out, _ = curl(place, '-L', '-o', 'out', '-w',
                     '%{http_code} %{num_redirects} %{url_effective}',
                     server.url + '/sub?x=1')
    assert out == b'404 1 ' + server.url.encode() + b'/sub/?x=1'


def test_curl_cannot_leave_the_root(server, place):
    for path in ('/../../../../etc/passwd', '/%2e%2e/%2e%2e/etc/passwd',
                 '/sub/..%2f..%2f..%2fetc/passwd', '/..\\..\\etc/passwd'):
        _, out, _ = curl(place, '--path-as-is', '-o', 'out', *CODE,
                         server.url + path)
        assert out in (b'404', b'400'), path


def test_curl_over_a_unix_socket(place):
    write(place, 'site/index.html', 'unix')
    path = os.path.join(place, 's')
    with serving(os.path.join(place, 'site'), bind='unix:' + path):
        _, out, _ = curl(place, '--unix-socket', path, 'http://x/')
    assert out == b'unix'


def test_curl_in_parallel(server, place):
    arguments = []
    for i in range(20):
        arguments += ['-o', 'f%d' % i, server.url + '/big.bin']
    status, _, _ = curl(place, '-Z', *arguments)
    assert status == 0
    for i in range(20):
        assert content(place, 'f%d' % i) == words(0, SIZE)


def wget(place, *arguments):
    return tool(place, 'wget', '--no-config', '--tries=1', '--timeout=20',
                *arguments)


@pytest.mark.parametrize('got', [0, 1, 1000, SIZE - 1, SIZE])
def test_wget_resumes(server, place, got):
    write(place, 'big.bin', words(0, got))
    status, _, said = wget(place, '-c', server.url + '/big.bin')
    assert status == 0, said
    assert content(place, 'big.bin') == words(0, SIZE)


def test_wget_timestamping(server, place):
    assert wget(place, '-N', server.url + '/big.bin')[0] == 0
    status, _, said = wget(place, '-N', server.url + '/big.bin')
    assert status == 0 and '304' in said
    assert content(place, 'big.bin') == words(0, SIZE)


def test_wget_mirrors(server, place):
    status, _, said = wget(place, '-r', '-p', '-nH', server.url + '/')
    assert status == 0, said
    assert content(place, 'sub/page.html').startswith(b'<a href')
    assert content(place, 'big.bin') == words(0, SIZE)


def test_wget_spider(server, place):
    assert wget(place, '--spider', server.url + '/big.bin')[0] == 0
    assert wget(place, '--spider', server.url + '/none')[0] == 8
