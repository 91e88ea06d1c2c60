"""Directory listings (--listing), as clients get them: what is in them and
what is not, in both forms, in chunks, and while the directory changes. How a
row is rendered has its tables in test/unit.
"""
import base64
import hashlib
import html.parser
import json
import os
import re
import shutil
import threading
from urllib.parse import unquote_to_bytes

import pytest

from support import (HSTATIC_PLAIN, NOBODY, Client, Ended, environment, fetch,
                     is_root, request, until, write)

JSON = 'Accept: application/json'


class Page(html.parser.HTMLParser):
    """The links of the table, and what stands between tags of interest."""

    def __init__(self, text):
        super().__init__()
        self.links, self.within, self.texts = [], None, {}
        self.feed(text)

    def handle_starttag(self, tag, attributes):
        fields = dict(attributes)
        self.within = tag
        if tag == 'a' and 'href' in fields:
            self.links.append(fields['href'])

    def handle_endtag(self, tag):
        self.within = None

    def handle_data(self, data):
        self.texts[self.within] = self.texts.get(self.within, '') + data


def names(answer):
    return [e['name'] for e in json.loads(answer.body)['entries']]


def test_what_is_listed(site, serve):
    for name in ('b.txt', 'a.txt', '.hidden', '_redirects', '_headers',
                 'dir/_headers', 'dir/x', 'sub/index.html', 'a.txt.gz'):
        write(site, name, '')
    os.mkfifo(os.path.join(site, 'pipe'))
    os.symlink('a.txt', os.path.join(site, 'inside'))
    os.symlink('../outside', os.path.join(site, 'outside'))
    os.symlink('/etc/passwd', os.path.join(site, 'absolute'))
    os.symlink('nowhere', os.path.join(site, 'dangling'))
    os.mkdir(os.path.join(site, 'empty'))
    write(os.path.dirname(site), 'outside', 'secret')
    server = serve(site, '-l')
    answer = fetch(server, '/', JSON)
    assert names(answer) == ['dir', 'empty', 'sub', 'a.txt', 'a.txt.gz',
                             'b.txt', 'inside']
    # In the root alone they steer the server.
    assert names(fetch(server, '/dir/', JSON)) == ['_headers', 'x']
    assert names(fetch(server, '/empty/', JSON)) == []
    assert fetch(server, '/sub/', JSON).body == b''
    # Everything that is listed is served, and the other way round.
    for entry in json.loads(answer.body)['entries']:
        target = '/' + entry['name']
        status = fetch(server, target).status
        assert status == (301 if entry['type'] == 'directory' else 200)
    for name in ('pipe', 'outside', 'absolute', 'dangling', '.hidden'):
        assert fetch(server, '/' + name).status == 404


def test_off_by_default(site, serve):
    write(site, 'dir', 'a', '')
    assert fetch(serve(site), '/dir/').status == 404


@pytest.mark.parametrize('target, lines, is_json', [
    ('/', (), False),
    ('/', ('Accept: text/html,*/*;q=0.8',), False),
    ('/', (JSON,), True),
    ('/?format=json', ('Accept: text/html',), True),
    ('/?format=html', (JSON,), False),
    ('/?a=b&format=json&c', (), True),
])
def test_forms(site, serve, target, lines, is_json):
    write(site, 'a', '12345')
    answer = fetch(serve(site, '-l'), target, *lines)
    assert answer['Vary'] == 'Accept'
    assert answer['Cache-Control'] == 'no-cache'
    assert answer['Content-Length'] is None
    assert answer['Transfer-Encoding'] == 'chunked'
    assert answer['Content-Type'] == (
        'application/json' if is_json else 'text/html; charset=utf-8')
    if is_json:
        entry, = json.loads(answer.body)['entries']
        assert (entry['name'], entry['size']) == ('a', 5)
    else:
        assert './a' in Page(answer.body.decode()).links


NASTY = [b'<script>alert(1)</script>'.replace(b'/', b'\\'), b'"onload=x "',
         b"'quote'", b'&amp;', b'a:b', b'%2e%2e', b'?x=1', b'#x', b' lead',
         b'new\nline', b'tab\t', b'\xff\xfe', 'größe 🎈'.encode(), b'x' * 255,
         b'javascript:alert(1)', b'a%00b', b'-', b'\\', b'</title>'.replace(
             b'/', b'|')]


def test_names_are_escaped(site, serve):
    for name in NASTY:
        with open(os.path.join(site.encode(), name), 'wb') as f:
            f.write(name)
    server = serve(site, '-l')
    page = Page(fetch(server).body.decode())
    links = [link for link in page.links if link.startswith('./')]
    assert {unquote_to_bytes(link[2:]) for link in links
            if link != './'} == set(NASTY)
    assert 'alert' not in page.texts['script']
    for link in links:
        if link == './':
            continue
        # The link leads to the very file.
        assert fetch(server, link[1:]).body == unquote_to_bytes(link[2:])
    listed = names(fetch(server, '/', JSON))
    assert len(listed) == len(NASTY)
    assert 'größe 🎈' in listed


def test_the_policy_lets_only_its_own_script_run(site, serve):
    """The hashes are those of the page as it was sent (CSP 3, 2.3.1)."""
    answer = fetch(serve(site, '-l'))
    policy = answer['Content-Security-Policy']
    assert "default-src 'none'" in policy and 'unsafe' not in policy
    for tag in ('style', 'script'):
        inline, = re.findall(rb'<%s>(.*?)</%s>' % (tag.encode(),
                                                   tag.encode()),
                             answer.body, re.S)
        digest = base64.b64encode(hashlib.sha256(inline).digest()).decode()
        assert "%s-src 'sha256-%s'" % (tag, digest) in policy
    assert not re.search(rb' (?:on\w+|style)=', answer.body)


def test_heads_and_old_clients(site, serve):
    write(site, 'a', '')
    server = serve(site, '-l')
    with Client(server) as client:
        head = client.get('/', method='HEAD')
        assert head['Transfer-Encoding'] == 'chunked'
        assert head['Content-Type'] == 'text/html; charset=utf-8'
        # Several in a row, each to its end, on one connection.
        client.send(b''.join(request('/?format=json') for _ in range(5))
                    + request('/a'))
        for _ in range(5):
            assert names(client.response()) == ['a']
        assert client.response().status == 200
        assert client.get('/', 'If-None-Match: *').status == 304
        assert client.get('/', 'If-Match: "x"').status == 412
        assert client.get('/', 'Range: bytes=0-1').status == 200
    with Client(server) as client:
        old = client.get('/?format=json', 'Connection: keep-alive',
                         version='1.0')
        assert old['Transfer-Encoding'] is None and old.is_last
        assert names(old) == ['a']


def test_a_hundred_thousand_entries(site, serve):
    """In pieces, while others are served, in bounded memory."""
    count = 100000
    for i in range(count):
        os.close(os.open('%s/file-%06d.txt' % (site, i), os.O_CREAT))
    write(site, 'sub', 'a', 'small')
    server = serve(site, '-l', '-w', '1', binary=HSTATIC_PLAIN,
                   env=environment(HSTATIC_SANDBOX_KILLS='1',
                                   HSTATIC_SANDBOX='require'))
    with Client(server, receive_buffer=4096) as slow, Client(server) as other:
        slow.ask('/')
        assert slow.head().status == 200
        # The listing waits for its reader, and nobody for the listing.
        for _ in range(50):
            assert other.get('/sub/a').body == b'small'
        worker, = server.workers()
        with open('/proc/%d/status' % worker) as f:
            memory = int(re.search(r'VmRSS:\s+(\d+) kB', f.read())[1])
        assert memory < 32 << 10
        answer = other.get('/', JSON)
        assert len(names(answer)) == count + 1
        assert names(answer)[1] == 'file-000000.txt'
        assert names(answer)[-1] == 'file-%06d.txt' % (count - 1)
        page = slow.take_chunks()
        assert page.count(b'<tr>') >= count


def fill(site, name, count):
    os.makedirs(os.path.join(site, name), exist_ok=True)
    for i in range(count):
        os.close(os.open('%s/%s/file-%06d.txt' % (site, name, i),
                         os.O_CREAT))


def resident_kb(server):
    worker, = server.workers()
    with open('/proc/%d/status' % worker) as f:
        return int(re.search(r'VmRSS:\s+(\d+) kB', f.read())[1])


def test_a_listing_leaves_others_their_turn(site, serve):
    """Counted, not timed: how often another is answered before the first of
    many listings asked for at once has ended."""
    fill(site, 'huge', 100000)
    write(site, 'a', 'small')
    server = serve(site, '-l', '-w', '1', binary=HSTATIC_PLAIN)
    with Client(server) as greedy, Client(server) as other:
        # Those without a body have nothing to be read for.
        greedy.send(request('/huge/', 'HEAD') * 16
                    + request('/huge/', 'GET', JSON) * 16)
        for _ in range(16):
            assert greedy.head()['Transfer-Encoding'] == 'chunked'
        greedy.head()
        turns, got = 0, greedy.buffer
        greedy.sock.setblocking(False)
        while b'\n]}\n' not in got:
            assert other.get('/a').body == b'small'
            turns += 1
            try:
                got = got[-8:] + greedy.sock.recv(1 << 16)
            except BlockingIOError:
                pass
    assert turns > 50


def test_listings_take_so_much_memory(site, serve):
    """Of clients that ask and do not read."""
    fill(site, 'huge', 100000)
    write(site, 'small', 'a', '')
    server = serve(site, '-l', '-w', '1', binary=HSTATIC_PLAIN)
    clients = []

    def ask():
        clients.append(Client(server, receive_buffer=4096))
        clients[-1].send(request('/huge/') * 8)
        return clients[-1].head()

    for _ in range(12):
        assert ask().status == 200
    assert resident_kb(server) < 64 << 10
    answer = ask()
    while answer.status == 200:
        assert len(clients) <= 64
        answer = ask()
    assert answer.status == 503 and answer['Retry-After']
    assert len(clients) > 16
    assert resident_kb(server) < 160 << 10
    for client in clients:
        client.close()
    until(lambda: fetch(server, '/small/').status == 200, 'room again')


def test_so_many_listings_at_a_time(site, serve):
    fill(site, 'dir', 30000)
    server = serve(site, '-l', '-w', '1')
    clients = [Client(server, receive_buffer=4096) for _ in range(65)]
    for client in clients[:64]:
        client.ask('/dir/')
        assert client.head().status == 200
    assert clients[64].get('/dir/').status == 503
    assert clients[64].get('/dir/file-000000.txt').status == 200
    clients[0].close()
    until(lambda: clients[64].get('/dir/').status == 200, 'room again')
    for client in clients[1:]:
        client.close()


@pytest.mark.parametrize('how', ['renamed', 'replaced', 'switched'])
def test_a_listing_is_of_what_it_began_with(site, serve, how):
    """Wherever the directory goes, none of its names is lost."""
    fill(site, 'v1/dir', 30000)
    fill(site, 'v2/dir', 3)
    root = os.path.join(site, 'current')
    os.symlink('v1', root)
    server = serve(root, '-l', '-w', '1')
    with Client(server, receive_buffer=4096) as slow:
        slow.ask('/dir/')
        assert slow.head().status == 200
        if how == 'switched':
            os.symlink('v2', root + '.new')
            os.rename(root + '.new', root)
        else:
            os.rename(site + '/v1/dir', site + '/v1/away')
        if how == 'replaced':
            fill(site, 'v1/dir', 3)
        if how == 'renamed':
            until(lambda: fetch(server, '/dir/').status == 404, 'the name')
        else:
            until(lambda: len(names(fetch(server, '/dir/', JSON))) == 3,
                  'the other one')
        page = slow.take_chunks()
        assert page.count(b'href="./file-') == 30000
        assert page.endswith(b'</script>\n')


def test_a_listing_that_is_cut_does_not_look_whole(site, serve):
    fill(site, 'dir', 30000)
    server = serve(site, '-l', '-w', '1')
    with Client(server, receive_buffer=4096) as slow:
        slow.ask('/dir/')
        assert slow.head().status == 200
        shutil.rmtree(site + '/dir')
        with pytest.raises(Ended):
            slow.take_chunks()
    assert fetch(server, '/').status == 200


def test_a_directory_that_changes_meanwhile(site, serve):
    """Each listing is whole: what stays is in it, once, whatever comes and
    goes beside it."""
    for i in range(2000):
        write(site, 'stays-%04d' % i, '')
    stays = {'stays-%04d' % i for i in range(2000)}
    server = serve(site, '-l')
    stop = threading.Event()

    def churn():
        while not stop.is_set():
            for i in range(100):
                write(site, 'comes-%d' % i, '')
            for i in range(100):
                os.unlink('%s/comes-%d' % (site, i))

    thread = threading.Thread(target=churn)
    thread.start()
    try:
        with Client(server) as client:
            for _ in range(30):
                listed = names(client.get('/', JSON))
                assert len(listed) == len(set(listed))
                assert stays <= set(listed)
                assert all(n.startswith('comes-') for n in
                           set(listed) - stays)
    finally:
        stop.set()
        thread.join()


def test_a_client_that_goes_away(site, serve):
    for i in range(3000):
        write(site, '%04d' % i, '')
    server = serve(site, '-l', '-w', '1')
    for _ in range(20):
        client = Client(server, receive_buffer=4096)
        client.ask('/')
        client.head()
        client.reset()
    assert fetch(server, '/0000').status == 200


def test_a_directory_that_may_not_be_read(site, serve):
    write(site, 'shut', 'a', 'content')
    os.chmod(os.path.join(site, 'shut'), 0o311)
    # Root may read everything: somebody else serves.
    who = {'user': NOBODY} if is_root() else {}
    server = serve(site, '-l', **who)
    assert fetch(server, '/shut/').status == 403
    assert fetch(server, '/shut/a').body == b'content'
    assert names(fetch(server, '/', JSON)) == ['shut']
