"""_redirects and _headers of a site that is served, --spa and --cors: what
comes back, how fresh it is, and what is said about lines that cannot be
honoured. The grammar has its tables in test/unit.
"""
import os

import pytest

from support import Client, fetch, settle, until, write

HTML = 'Accept: text/html,application/xhtml+xml,*/*;q=0.8'

REDIRECTS = '''\
# a comment
/old            /new
/old/*          /new/:splat       302
/user/:id       /u/:id.html       200
/there          /elsewhere        301
/forced         /elsewhere        307!
/missing/*      /sorry.html       404
/away/*         https://example.com/:splat?from=us  308
/dir            /elsewhere        301!
/loop/a         /loop/b           200
/loop/b         /loop/a           200
/hidden         /.secret          200
/rules          /_headers         200
'''

HEADERS = '''\
/*
  X-Frame-Options: DENY
  X-Robots-Tag: none
/assets/*
  Cache-Control: public, max-age=99
  ! X-Robots-Tag
/u/:id
  X-Id: ":id"
/there
  Content-Type: text/special
  Vary: Cookie
  Server: mine
'''


@pytest.fixture
def ruled(site):
    write(site, '_redirects', REDIRECTS)
    write(site, '_headers', HEADERS)
    for name in ('index.html', 'there', 'forced', 'sorry.html', 'u/7.html',
                 'dir/index.html', 'assets/app.js', 'assets/a.0a1b2c3d.js',
                 '.secret'):
        settle(write(site, name, 'this is %s' % name))
    return site


@pytest.mark.parametrize('target, status, location', [
    ('/old', 301, '/new'),
    ('/old/', 301, '/new'),
    ('/old?a=1&b', 301, '/new?a=1&b'),
    ('/old/x/y', 302, '/new/x/y'),
    ('/old/%2e%2e/old/x', 302, '/new/x'),
    ('/old//evil.example', 302, '/new/evil.example'),
    ('/old/a%0d%0aX:y', 302, '/new/a%0D%0AX:y'),
    ('/old/%3Cb%3E?x', 302, '/new/%3Cb%3E?x'),
    ('/away/x/y', 308, 'https://example.com/x/y?from=us'),
    ('/forced', 307, '/elsewhere'),
    ('/dir', 301, '/elsewhere'),
    ('/dir/', 301, '/elsewhere'),
])
def test_redirects(ruled, serve, target, status, location):
    answer = fetch(serve(ruled), target)
    assert (answer.status, answer['Location']) == (status, location)
    assert answer['Cache-Control'] == 'no-cache'
    assert answer['X-Frame-Options'] == 'DENY'
    assert b'<h1>%d ' % status in answer.body


@pytest.mark.parametrize('target, status, body', [
    ('/there', 200, b'this is there'),          # a file comes before a rule
    ('/user/7', 200, b'this is u/7.html'),
    ('/missing/x.js', 404, b'this is sorry.html'),
    ('/user/8', 404, None),                     # leads to no file
    ('/loop/a', 404, None),                     # one rule, and no other
    ('/hidden', 404, None),
    ('/rules', 404, None),
    ('/_redirects', 404, None),
    ('/%5fheaders', 404, None),
])
def test_rewrites(ruled, serve, target, status, body):
    answer = fetch(serve(ruled), target)
    assert answer.status == status
    assert body is None or answer.body == body
    assert answer['Location'] is None
    assert b'secret' not in answer.body
    assert b'X-Frame' not in answer.body


def test_headers_of_a_file(ruled, serve):
    server = serve(ruled)
    asset = fetch(server, '/assets/app.js')
    assert asset['Cache-Control'] == 'public, max-age=99'
    assert asset['X-Frame-Options'] == 'DENY'
    assert asset['X-Robots-Tag'] is None
    hashed = fetch(server, '/assets/a.0a1b2c3d.js')
    assert hashed['Cache-Control'] == 'public, max-age=99'
    there = fetch(server, '/there')
    assert there['Content-Type'] == 'text/special'
    assert there['Vary'] == 'Cookie'
    assert there['Server'] == 'mine'
    # RFC 9110 15.4.5: what a 200 would say of caching, a 304 says
    same = fetch(server, '/assets/app.js', 'If-None-Match: ' + asset['ETag'])
    assert (same.status, same['Cache-Control']) == (304, 'public, max-age=99')
    part = fetch(server, '/there', 'Range: bytes=0-3')
    assert (part.status, part['Content-Type']) == (206, 'text/special')
    parts = fetch(server, '/there', 'Range: bytes=0-1,3-4')
    assert parts['Content-Type'].startswith('multipart/byteranges; boundary=')


def test_an_asset_rule_never_reaches_what_stands_in(ruled, serve):
    server = serve(ruled, '-s')
    for target, lines in (('/assets/none.js', ()),
                          ('/assets/none', (HTML,)),        # --spa
                          ('/assets/app.js', ('If-Match: "x"',)),
                          ('/assets/app.js', ('Range: bytes=99-',)),
                          ('/u/9', ()), ('/user/7', ())):
        answer = fetch(server, target, *lines)
        assert answer['Cache-Control'] in ('no-cache', 'no-store'), target
        assert answer['X-Frame-Options'] == 'DENY'
        assert answer['X-Id'] is None
        assert answer['X-Robots-Tag'] == 'none'
    assert fetch(server, '/u/7')['X-Id'] == '"7"'
    options = fetch(server, '/assets/app.js', method='OPTIONS')
    assert options['X-Frame-Options'] == 'DENY'
    assert options['Cache-Control'] is None


def rename_over(path, text):
    write(path + '.new', text)
    os.rename(path + '.new', path)


@pytest.mark.parametrize('how', [rename_over, write])
def test_a_changed_rule_counts_at_once(site, serve, how):
    path = os.path.join(site, '_redirects')
    headers = os.path.join(site, '_headers')
    write(site, 'index.html', 'home')
    server = serve(site, '-w', '2')
    with Client(server) as client:
        for i in range(50):
            how(path, '/x /to-%d 302\n' % i)
            how(headers, '/\n  X-Turn: %d\n' % i)
            assert client.get('/x')['Location'] == '/to-%d' % i
            assert client.get('/')['X-Turn'] == str(i)
        os.unlink(path)
        os.unlink(headers)
        assert client.get('/x').status == 404
        assert client.get('/')['X-Turn'] is None
        how(path, '/x /back\n')
        assert client.get('/x')['Location'] == '/back'


def test_rules_go_with_their_root(site, serve):
    """A root that is switched brings its own."""
    for name in 'ab':
        write(site, name, '_redirects', '/x /%s\n' % name)
        write(site, name, 'index.html', name)
    link = os.path.join(site, 'current')
    os.symlink('a', link)
    with Client(serve(link, '-w', '1')) as client:
        for i in range(40):
            want = 'ab'[i % 2]
            os.symlink(want, link + '.new')
            os.rename(link + '.new', link)
            assert client.get('/x')['Location'] == '/' + want


def test_broken_lines_are_named(site, serve):
    write(site, '_redirects', '/a /b\n/c\n/d /e 299\n')
    write(site, '_headers', '/*\n  Content-Length: 3\n  X-Good: 1\n')
    server = serve(site, '-w', '3')
    # At the start the other lines count, and each is reported once.
    assert fetch(server, '/a').status == 301
    assert fetch(server, '/')['X-Good'] == '1'
    log = server.log()
    for name, line in (('_redirects', 2), ('_redirects', 3), ('_headers', 2)):
        assert log.count('%s/%s:%d: ' % (site, name, line)) == 1, log
    assert '_redirects:1:' not in log
    # Later a broken file keeps what there was.
    rename_over(os.path.join(site, '_redirects'), '/a /changed\nnonsense x\n')
    for _ in range(8):
        assert fetch(server, '/a')['Location'] == '/b'
    until(lambda: 'the rules stay as they were' in server.log(), 'the report')
    rename_over(os.path.join(site, '_redirects'), '/a /changed\n')
    for _ in range(8):
        assert fetch(server, '/a')['Location'] == '/changed'


def test_rules_that_cannot_be_read_are_told(site, serve):
    os.mkfifo(os.path.join(site, '_redirects'))
    os.symlink('/etc/passwd', os.path.join(site, '_headers'))
    write(site, 'index.html', 'home')
    server = serve(site)
    assert fetch(server).body == b'home'
    assert server.log().count(
        '_redirects: is no regular file: it is ignored') == 1
    assert server.log().count('_headers: is a link that leads out of the '
                              'root, or nowhere: it is ignored') == 1


def test_reports_are_limited(site, serve):
    write(site, '_redirects', 'x\n' * 500)
    server = serve(site)
    assert server.log().count('_redirects:') == 21
    assert '_redirects: and 480 lines more like these' in server.log()


def test_a_new_root_is_a_new_beginning(site, serve):
    """However its rules are: nothing of the old site is kept."""
    write(site, 'a', '_redirects', '/x /one\n')
    write(site, 'b', '_redirects', '/x /two\n/y nonsense 999\n')
    link = os.path.join(site, 'current')
    os.symlink('a', link)
    with Client(serve(link, '-w', '1')) as client:
        assert client.get('/x')['Location'] == '/one'
        os.symlink('b', link + '.new')
        os.rename(link + '.new', link)
        assert client.get('/x')['Location'] == '/two'


def test_a_304_says_nothing_of_its_body(site, serve):
    """RFC 9110 15.4.5"""
    write(site, '_headers', '/*\n  Content-Type: text/plain\n'
          '  Content-Language: en\n  Content-Security-Policy: x\n'
          '  Cache-Control: max-age=5\n')
    write(site, 'a.html', 'page')
    server = serve(site)
    whole = fetch(server, '/a')
    assert whole['Content-Language'] == 'en'
    same = fetch(server, '/a', 'If-None-Match: ' + whole['ETag'])
    assert same.status == 304
    assert same['Content-Type'] is None and same['Content-Language'] is None
    assert same['Content-Security-Policy'] == 'x'
    assert same['Cache-Control'] == 'max-age=5'


def test_a_listing_is_no_asset(site, serve):
    write(site, '_headers', '/assets/*\n  Cache-Control: immutable\n'
          '  X-A: 1\n/*\n  Content-Security-Policy: none\n'
          '  ! Content-Type\n  X-B: 1\n  Cache-Control: max-age=9\n')
    write(site, 'assets', 'a.js', '1')
    answer = fetch(serve(site, '-l'), '/assets/')
    assert answer['Cache-Control'] == 'no-cache'
    assert answer['X-A'] is None and answer['X-B'] == '1'
    assert answer['Content-Type'] == 'text/html; charset=utf-8'
    assert "script-src 'sha256-" in answer['Content-Security-Policy']


def test_a_file_of_rules_that_is_too_large(site, serve):
    write(site, '_redirects', '#' * (1 << 20) + '\n')
    write(site, 'index.html', 'home')
    server = serve(site, '-w', '1')
    assert fetch(server).body == b'home'
    assert '_redirects: is larger than 1 MiB: it is ignored' in server.log()


def test_long_locations_are_refused(site, serve):
    write(site, '_redirects',
          '/x/* /y/%s\n' % '/'.join([':splat'] * 20))
    server = serve(site)
    assert fetch(server, '/x/' + 'a' * 100).status == 301
    assert fetch(server, '/x/' + 'a' * 1000).status == 414


def test_many_headers_have_room(site, serve):
    """8 KiB of them, on an answer with a listing's chunks as well."""
    lines = ''.join('  X-%d: %s\n' % (i, 'v' * 120) for i in range(60))
    write(site, '_headers', '/*\n' + lines)
    write(site, 'dir', 'a', 'b')
    write(site, 'index.html', 'home')
    server = serve(site, '-l')
    for target in ('/', '/none', '/dir/', '/dir'):
        answer = fetch(server, target)
        assert answer['X-0'] == answer['X-59'] == 'v' * 120


@pytest.mark.parametrize('target, lines, status', [
    ('/users/7', (HTML,), 200),
    ('/users/7/', (HTML,), 200),
    ('/users/7?tab=1.x', (HTML,), 200),
    ('/users/7', ('Accept: */*',), 404),
    ('/users/7', (), 404),
    ('/app.js', (HTML,), 404),
    ('/users/a.b', (HTML,), 404),
    ('/.git/config', (HTML,), 404),
    ('/_headers', (HTML,), 404),
])
def test_spa(site, serve, target, lines, status):
    write(site, 'index.html', 'the application')
    server = serve(site, '--spa')
    answer = fetch(server, target, *lines)
    assert answer.status == status
    if status == 404:
        assert answer['Cache-Control'] == 'no-store'
        return
    assert answer.body == b'the application'
    assert answer['Cache-Control'] == 'no-cache'
    assert answer['Vary'] == 'Accept, Accept-Encoding'
    again = fetch(server, target, *lines, 'If-None-Match: ' + answer['ETag'])
    assert again.status == 304
    assert again['Vary'] == 'Accept, Accept-Encoding'


def test_without_spa_a_route_is_absent(site, serve):
    write(site, 'index.html', 'the application')
    assert fetch(serve(site), '/users/7', HTML).status == 404


def test_cors(site, serve):
    write(site, 'a.json', '{}')
    server = serve(site, '--cors')
    for target, status in (('/a.json', 200), ('/none', 404)):
        answer = fetch(server, target, 'Origin: https://example.com')
        assert answer.status == status
        assert answer['Access-Control-Allow-Origin'] == '*'
        assert answer['Access-Control-Expose-Headers'] == '*'
    ask = 'Access-Control-Request-Method: GET'
    answer = fetch(server, '/a.json', ask, method='OPTIONS')
    assert answer.status == 204
    assert answer['Access-Control-Allow-Methods'] == 'GET, HEAD, OPTIONS'
    assert answer['Access-Control-Allow-Headers'] == '*'
    plain = serve(site)
    answer = fetch(plain, '/a.json', ask, method='OPTIONS')
    assert answer['Access-Control-Allow-Origin'] is None
    assert answer['Access-Control-Allow-Methods'] is None
