"""The admin listener: its routes, its guards, and that it answers whatever the
workers are at. What is on its page is test/browser/test_xray.py's."""
import json
import os
import re
import signal
import socket
import stat
import subprocess

import pytest

from support import (ADMIN, HSTATIC, HSTATIC_PLAIN, Client, Ended, children,
                     environment, fetch, folder, free_port, is_root, name_of,
                     pause, request, serve, serving, site, until, write)

assert serve and site


@pytest.fixture
def admin(serve, site):
    """A server with an admin listener; its port is admin.admin_port."""
    write(site, 'index.html', 'home')
    return serve(site, '--admin', '127.0.0.1:0', '-w', '2')


def ask(server, target, *lines, **how):
    return fetch(server.admin_port, target, *lines, **how)


ROUTES = [
    ('/healthz', 200, 'text/plain; charset=utf-8', 'no-store'),
    ('/readyz', 200, 'text/plain; charset=utf-8', 'no-store'),
    ('/xray', 200, 'text/html; charset=utf-8', 'no-cache'),
    ('/xray.json', 200, 'application/json', 'no-store'),
    ('/xray?a=b', 200, 'text/html; charset=utf-8', 'no-cache'),
    ('/', 302, 'text/html; charset=utf-8', 'no-cache'),
    ('/xray/', 404, 'text/html; charset=utf-8', 'no-store'),
    ('/index.html', 404, 'text/html; charset=utf-8', 'no-store'),
    ('/metrics', 404, 'text/html; charset=utf-8', 'no-store'),
]


@pytest.mark.parametrize('target, status, kind, cache', ROUTES)
def test_routes(admin, target, status, kind, cache):
    answer = ask(admin, target)
    assert answer.status == status
    assert answer['Content-Type'] == kind
    assert answer['Cache-Control'] == cache
    assert "default-src 'none'" in answer['Content-Security-Policy']
    assert answer['Cross-Origin-Resource-Policy'] == 'same-origin'
    head = ask(admin, target, method='HEAD')
    assert head.status == status
    assert head['Content-Type'] == kind
    if target != '/xray.json':
        assert head['Content-Length'] == str(len(answer.body))


def test_words(admin):
    assert ask(admin, '/healthz').body == b'ok\n'
    assert ask(admin, '/readyz').body == b'ready\n'
    assert ask(admin, '/')['Location'] == '/xray'


def test_one_connection_takes_several(admin):
    with Client(admin.admin_port) as client:
        client.send(request('/healthz') + request('/xray.json')
                    + request('/nothing') + request('/readyz'))
        assert [client.response().status for _ in range(4)] == [
            200, 200, 404, 200]


@pytest.mark.parametrize('method, status', [
    ('POST', 405), ('PUT', 405), ('DELETE', 405), ('BREW', 501),
    ('OPTIONS', 204)])
def test_it_is_read_only(admin, method, status):
    for target in '/healthz', '/xray/events':
        answer = ask(admin, target, method=method)
        assert answer.status == status
        if status != 501:
            assert 'GET, HEAD' in answer['Allow']
        assert answer['Access-Control-Allow-Origin'] is None


def test_the_page_is_kept_until_it_changes(admin):
    page = ask(admin, '/xray')
    again = ask(admin, '/xray', 'If-None-Match: ' + page['ETag'])
    assert (again.status, again.body) == (304, b'')
    # What is true now is neither kept nor cut into pieces.
    answer = ask(admin, '/xray.json', 'If-None-Match: *', 'Range: bytes=0-1')
    assert answer.status == 200 and answer['ETag'] is None
    json.loads(answer.body)


def test_the_policy_names_what_is_there(admin):
    """Another script than ours does not run (CSP 3)."""
    policy = ask(admin, '/xray')['Content-Security-Policy']
    assert re.search(r"script-src 'sha256-[^']+'; connect-src 'self'", policy)
    assert "frame-ancestors 'none'" in policy
    assert 'unsafe' not in policy


def test_json_is_of_our_sockets(admin):
    with Client(admin) as other:
        other.get('/')
        mine = '%s:%d' % other.sock.getsockname()
        picture = json.loads(ask(admin, '/xray.json').body)
    assert picture['master'] == admin.pid and picture['complete']
    assert picture['states']['LISTEN'] == 2
    assert {one['address'] for one in picture['listeners']} == {
        '127.0.0.1:%d' % port for port in (admin.port, admin.admin_port)}
    [one] = [c for c in picture['connections'] if c['peer'] == mine]
    assert one['state'] == 'ESTAB'
    assert one['local'] == '127.0.0.1:%d' % admin.port
    assert one['bytes_sent'] > 100 and one['rtt_us'] > 0


def test_workers_say_what_they_do_while_somebody_looks(admin):
    with Client(admin) as other, listen(admin) as client:
        other.get('/')
        mine = '%s:%d' % other.sock.getsockname()

        def words():
            picture = json.loads(read_event(client, None)['data'])
            assert sorted(w['pid'] for w in picture['workers']) == \
                admin.workers()
            [one] = [c for c in picture['connections'] if c['peer'] == mine]
            return one.get('words')
        assert until(words, 'a worker to tell').startswith('idle')


def test_it_shows_what_xray_shows(admin):
    with Client(admin) as other:
        other.get('/')
        said = subprocess.run(
            [os.path.abspath(HSTATIC), 'xray', '--json', str(admin.pid)],
            env=environment(), timeout=20, capture_output=True, check=True)
        picture = json.loads(ask(admin, '/xray.json').body)
        seen = json.loads(said.stdout)
    assert picture.keys() == seen.keys()
    # Its own listener is one of the server's sockets to it alone.
    assert picture['listeners'][0].keys() == seen['listeners'][0].keys()
    assert picture['states']['LISTEN'] == seen['states']['LISTEN'] + 1


def read_event(client, kind=''):
    """The next event of a stream, as a dictionary of its fields; of that kind
    if one is given, which for a picture is None."""
    while True:
        event = read_any(client)
        if kind in ('', event.get('event')):
            return event


def read_any(client):
    while b'\n\n' not in client.stream:
        while b'\r\n' not in client.buffer:
            if not client.fill():
                raise Ended('inside a stream')
        size, client.buffer = client.buffer.split(b'\r\n', 1)
        chunk = client.take(int(size, 16) + 2)
        if len(chunk) == 2:
            raise Ended('the last chunk')
        client.stream += chunk[:-2]
    event, client.stream = client.stream.split(b'\n\n', 1)
    return dict(line.split(': ', 1) for line in event.decode().split('\n'))


def listen(server, *lines):
    client = Client(server.admin_port)
    client.stream = b''
    client.ask('/xray/events', 'GET', *lines)
    head = client.head()
    assert head.status == 200
    assert head['Content-Type'] == 'text/event-stream'
    assert head['Cache-Control'] == 'no-store'
    assert head['Transfer-Encoding'] == 'chunked'
    return client


def read_states(client):
    return json.loads(read_event(client, None)['data'])['states']


def test_events_come(admin):
    with listen(admin) as client:
        first = read_event(client)
        assert first['event'] == 'you' and first['retry'] == '1000'
        assert json.loads(first['data']) == {
            'peer': '%s:%d' % client.sock.getsockname(),
            'admin': ['127.0.0.1:%d' % admin.admin_port]}
        assert read_event(client) == {'event': 'health', 'data': '"ready"'}
        before = read_states(client)
        with Client(admin) as other:
            other.get('/')
            until(lambda: read_states(client)['ESTAB'] ==
                  before['ESTAB'] + 1, 'one more')


def test_events_behind_each_other(admin):
    """The stream is the last of its connection where the client says so, and
    HEAD has none."""
    with Client(admin.admin_port) as client:
        client.ask('/xray/events', 'HEAD')
        assert client.response('HEAD').status == 200
        assert client.get('/healthz').status == 200
    with listen(admin, 'Connection: close') as client:
        for _ in range(3):
            read_event(client, None)


def test_streams_of_http_1_0_end_with_the_connection(admin):
    with Client(admin.admin_port) as client:
        client.ask('/xray/events', version='1.0')
        head = client.head()
        assert head['Transfer-Encoding'] is None and head.is_last
        while client.buffer.count(b'\n\n') < 3:
            assert client.fill()


def test_streams_have_a_limit_and_are_given_back(admin):
    streams = [listen(admin) for _ in range(32)]
    assert ask(admin, '/xray/events').status == 503
    assert ask(admin, '/healthz').status == 200
    for stream in streams:
        stream.close()
    until(lambda: ask(admin, '/xray/events', method='HEAD').status == 200,
          'room for another')


GUARDS = [
    ('localhost', None, 200),
    ('localhost:8081', None, 200),
    ('127.0.0.1', None, 200),
    ('[::1]:80', None, 200),
    ('x.localhost', None, 200),
    ('evil.example', None, 421),
    ('localhost.evil.example', None, 421),
    ('127.0.0.1.evil.example', None, 421),
    ('192.0.2.1', None, 421),
    ('localhost', 'http://localhost', 200),
    ('localhost', 'http://evil.example', 421),
    ('localhost', 'null', 421),
    ('localhost:1', 'http://localhost:2', 421),
]


@pytest.mark.parametrize('host, origin, status', GUARDS)
def test_guards(admin, host, origin, status):
    """DNS rebinding, and scripts of other sites."""
    lines = ['Host: ' + host] + (['Origin: ' + origin] if origin else [])
    for target in '/healthz', '/xray.json', '/xray', '/nothing':
        answer = ask(admin, target, *lines)
        assert answer.status == (404 if (target, status) ==
                                 ('/nothing', 200) else status)
        if status == 421:
            assert b'pid' not in answer.body and answer.is_last


def refused(*options, status=2):
    with folder() as path:
        done = subprocess.run(
            [os.path.abspath(HSTATIC), '-p', '0', *options, path],
            env=environment(), stdin=subprocess.DEVNULL, timeout=20,
            capture_output=True, text=True, check=False)
    assert done.returncode == status, done.stderr
    return done.stderr


@pytest.mark.parametrize('address', [
    '0.0.0.0:0', '*:0', '[::]:0', '192.0.2.1:8081', 'unix:@name'])
def test_only_this_machine_may_reach_it(address):
    said = refused('--admin', address)
    assert said.startswith('hstatic: --admin %s: only this machine' % address)
    assert len(said.splitlines()) == 1


def test_what_is_no_address():
    assert '--admin [::1: wants host, host:port' in refused('--admin', '[::1')


def test_taken_port(admin):
    said = refused('--admin', '127.0.0.1:%d' % admin.admin_port, status=1)
    assert 'already in use' in said and '--admin HOST:PORT' in said


def test_off_unless_asked(serve, site):
    server = serve(site)
    assert server.admin() is None and server.admin_port is None
    assert 'x-ray' not in server.log()


def test_both_families_and_the_port_is_free_at_the_end(site):
    port = free_port()
    for _ in range(2):
        with serving(site, '--admin', 'localhost:%d' % port) as server:
            assert server.admin_port == port
            assert ask(server, '/healthz').status == 200
            with socket.create_connection(('::1', port)) as v6:
                v6.sendall(request('/healthz'))
                assert b' 200 ' in v6.recv(4096)


def test_unix_socket(serve, site):
    with folder() as path:
        name = os.path.join(path, 'admin.sock')
        server = serve(site, '--admin', 'unix:' + name)
        assert stat.S_IMODE(os.stat(name).st_mode) == 0o600
        # Who reaches it by its file has no name to be led astray by.
        assert fetch(name, '/healthz', 'Host: whatever').status == 200
        assert json.loads(fetch(name, '/xray.json').body)['complete']
        server.signal(signal.SIGTERM)
        assert server.wait() == 0
        assert not os.path.exists(name)


def test_it_answers_while_workers_are_stopped(admin):
    workers = admin.workers()
    for pid in workers:
        pause(pid)
    try:
        with Client(admin) as waiting:
            waiting.ask('/')
            assert ask(admin, '/healthz').body == b'ok\n'
            # It is the queue that shows it: nobody accepts.
            until(lambda: sum(one['queue'] for one in json.loads(
                ask(admin, '/xray.json').body)['listeners']) == 1,
                'a connection in the queue')
            with listen(admin) as client:
                until(lambda: any('stopped' in d['words'] for d in json.loads(
                    read_event(client, None)['data'])['diagnoses']),
                    'it in words')
            for pid in workers:
                os.kill(pid, signal.SIGCONT)
            assert waiting.response().status == 200
    finally:
        for pid in workers:
            os.kill(pid, signal.SIGCONT)


def test_ready_only_while_it_serves(site):
    """503 before the workers are ready, and from the signal to the end."""
    write(site, 'big.bin', os.urandom(1 << 24))
    with serving(site, '--admin', '127.0.0.1:0') as server:
        with Client(server, receive_buffer=4096) as slow:
            slow.ask('/big.bin')
            slow.head()
            with Client(server.admin_port) as client:
                assert client.get('/readyz').status == 200
                server.signal(signal.SIGTERM)
                until(lambda: client.get('/readyz').status == 503,
                      'it to say that it stops')
                answer = client.get('/readyz')
                assert answer.body == b'draining\n'
                assert answer['Retry-After'] == '1'
                assert client.get('/healthz').status == 200
            slow.close()
        assert server.wait() == 0


def test_ready_through_a_reload(admin):
    old = admin.workers()
    admin.signal(signal.SIGHUP)
    until(lambda: set(admin.workers()).isdisjoint(old)
          or ask(admin, '/readyz').status != 200, 'the new workers')
    assert ask(admin, '/readyz').status == 200
    until(lambda: sorted(w['pid'] for w in json.loads(
        ask(admin, '/xray.json').body)['workers']) == admin.workers(),
        'the page to know them')


def test_it_is_replaced_when_it_dies(serve, site):
    server = serve(site, '--admin', '127.0.0.1:0', may_lose_workers=True)
    old = until(server.admin, 'the process to have its name')
    os.kill(old, signal.SIGKILL)
    until(lambda: server.admin() not in (None, old), 'another')
    assert ask(server, '/readyz').body == b'ready\n'
    assert 'the admin process (%d) killed' % old in server.log()


def test_it_ends_with_its_master(serve, site):
    server = serve(site, '--admin', '127.0.0.1:0')
    pid = until(server.admin, 'the process to have its name')
    assert pid in children(server.pid) and name_of(pid) == ADMIN
    pause(pid)
    server.signal(signal.SIGTERM)
    assert server.wait() == 0
    assert name_of(pid) != ADMIN


def test_behind_its_walls(serve, site):
    """A call that is not on its list would end it."""
    server = serve(site, '--admin', '127.0.0.1:0', '--sandbox=require',
                   binary=HSTATIC_PLAIN,
                   env=environment(HSTATIC_SANDBOX_KILLS='1'))
    pid = until(server.admin, 'the process to have its name')
    with open('/proc/%d/status' % pid) as f:
        assert re.search(r'^Seccomp:\s*2$', f.read(), re.M)
    with listen(server) as client:
        for _ in range(3):
            read_event(client, None)
    for target, status, *_ in ROUTES:
        assert ask(server, target).status == status
    assert server.admin() == pid


@pytest.mark.skipif(not is_root(), reason='wants another user')
def test_as_an_ordinary_user(serve, site):
    server = serve(site, '--admin', '127.0.0.1:0', user=65534)
    with Client(server) as other:
        other.get('/')
        picture = json.loads(ask(server, '/xray.json').body)
    assert picture['states']['ESTAB'] >= 1
