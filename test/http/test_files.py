"""What lies below the root, and what becomes of it while it is served. A
request that arrives after a change returned sees the change; no answer mixes
two versions; nothing outside the root, hidden or special is served.
"""
import collections
import ctypes
import os
import random
import socket
import stat
import subprocess
import threading
import time
from urllib.parse import unquote_to_bytes

import pytest

from support import (HSTATIC_PLAIN, NOBODY, Client, Ended, fetch, is_root,
                     settle, until, write)
from test_fixture import words

ROUNDS = 2000


def numbered(i):
    """Version i: the length differs from that of its neighbours."""
    return b'version %d;' % i * (1 + i % 7)


def rename_over(path, content):
    write(path + '.new', content)
    os.rename(path + '.new', path)


def rewrite(path, content):
    """In place, without a moment at which the file is empty."""
    fd = os.open(path, os.O_WRONLY | os.O_CREAT)
    os.pwrite(fd, content, 0)
    os.ftruncate(fd, len(content))
    os.close(fd)


def truncate_write(path, content):
    with open(path, 'wb') as f:
        f.write(content)


def truncate_append(path, content):
    """As `sed -i` and editors do not, but `> file; cat >> file` does."""
    os.truncate(path, 0)
    with open(path, 'ab') as f:
        f.write(content[:3])
        f.flush()
        f.write(content[3:])


@pytest.mark.parametrize('how', [rename_over, rewrite, truncate_write,
                                 truncate_append])
def test_a_change_is_seen_at_once(site, serve, how):
    """Over two keep-alive connections, so that no cache gets a pause."""
    path = write(site, 'a/page.txt', numbered(0))
    server = serve(site)
    with Client(server) as one, Client(server) as two:
        tag = None
        for i in range(1, ROUNDS + 1):
            how(path, numbered(i))
            for client in (one, two):
                answer = client.get('/a/page.txt')
                assert answer.status == 200
                assert answer.body == numbered(i), 'round %d' % i
                assert answer['ETag'] != tag
            tag = answer['ETag']
            assert one.get('/a/page.txt',
                           'If-None-Match: ' + tag).status == 304


def test_a_change_of_a_file_that_was_kept_is_seen_at_once(site, serve):
    """The file is old enough to be kept, is kept, and then changes."""
    path = settle(write(site, 'page.txt', numbered(0)))
    server = serve(site, '-w', '1')
    with Client(server) as client:
        for i in range(1, 301):
            for how in (rename_over, rewrite, truncate_write):
                how(path, b'before ' + numbered(i))
                settle(path)
                # Twice: the second comes out of the memory.
                for _ in range(2):
                    assert client.get('/page.txt').body == \
                        b'before ' + numbered(i)
                    time.sleep(0.0001)
                how(path, numbered(i))
                assert client.get('/page.txt').body == numbered(i)


def test_what_is_given_again_depends_on_more_than_its_file(site, serve):
    """A name that comes before it, a rule that changes, and the time."""
    settle(write(site, 'about.html', 'about'))
    settle(write(site, 'page.txt', 'page'))
    headers = os.path.join(site, '_headers')
    server = serve(site, '-w', '1')
    with Client(server) as client:
        for i in range(100):
            for _ in range(3):
                assert client.get('/about').body == b'about'
            write(site, 'about', 'exact')
            assert client.get('/about').body == b'exact'
            os.remove(os.path.join(site, 'about'))
            for _ in range(3):
                assert client.get('/page.txt')['X-Round'] is None
            rename_over(headers, '/page.txt\n  X-Round: %d\n' % i)
            for _ in range(3):
                assert client.get('/page.txt')['X-Round'] == str(i)
            os.remove(headers)
        first = client.get('/page.txt')['Date']
        until(lambda: client.get('/page.txt')['Date'] != first,
              'another Date')


def test_same_size_same_mtime(site, serve):
    """Only the inode, or the change time, tells."""
    path = write(site, 'page.txt', 'aaaa')
    os.utime(path, (1000, 1000))
    server = serve(site)
    with Client(server) as client:
        for i in range(200):
            content = b'%04d' % i
            (rename_over if i % 2 else rewrite)(path, content)
            os.utime(path, (1000, 1000))
            answer = client.get('/page.txt')
            assert answer.body == content
            assert answer['Last-Modified'] == 'Thu, 01 Jan 1970 00:16:40 GMT'


def test_through_a_hard_link_and_a_symlink(site, serve):
    """Changes made under another name are changes all the same."""
    write(site, 'real/page.txt', 'first')
    os.link(os.path.join(site, 'real/page.txt'),
            os.path.join(site, 'hard.txt'))
    os.symlink('real/page.txt', os.path.join(site, 'soft.txt'))
    os.symlink('real', os.path.join(site, 'dir'))
    names = ['/real/page.txt', '/hard.txt', '/soft.txt', '/dir/page.txt']
    server = serve(site)
    with Client(server) as client:
        for i in range(200):
            rewrite(os.path.join(site, 'real/page.txt'), numbered(i))
            for name in names:
                assert client.get(name).body == numbered(i), name
        # A link that is switched shows its new target at once.
        write(site, 'other/page.txt', 'other')
        for i in range(100):
            target = ('real', 'other')[i % 2]
            os.symlink(target, os.path.join(site, 'dir.new'))
            os.rename(os.path.join(site, 'dir.new'), os.path.join(site, 'dir'))
            want = numbered(199) if target == 'real' else b'other'
            assert client.get('/dir/page.txt').body == want


def test_a_sidecar_comes_ages_and_goes(site, serve):
    page = settle(write(site, 'page.txt', 'plain text'))
    sidecar = page + '.gz'
    server = serve(site)
    asked = 'Accept-Encoding: gzip'
    with Client(server) as client:
        for i in range(150):
            assert client.get('/page.txt', asked)['Content-Encoding'] is None
            write(sidecar, b'gzip %d' % i)
            answer = client.get('/page.txt', asked)
            assert answer['Content-Encoding'] == 'gzip'
            assert answer.body == b'gzip %d' % i
            assert 'accept-encoding' in answer['Vary'].lower()
            # Older than the file: of a version that is gone.
            old = os.stat(page).st_mtime - 10
            os.utime(sidecar, (old, old))
            answer = client.get('/page.txt', asked)
            assert answer['Content-Encoding'] is None
            assert answer.body == b'plain text'
            # Just as old: made together with it.
            os.utime(sidecar, ns=(0, os.stat(page).st_mtime_ns))
            assert client.get('/page.txt',
                              asked)['Content-Encoding'] == 'gzip'
            os.unlink(sidecar)


def test_a_file_that_outgrows_its_sidecar(site, serve):
    page = settle(write(site, 'page.txt', 'plain'))
    write(page + '.br', 'coded')
    server = serve(site)
    with Client(server) as client:
        ask = 'Accept-Encoding: br'
        assert client.get('/page.txt', ask).body == b'coded'
        future = time.time() + 5
        write(page, 'newer')
        os.utime(page, (future, future))
        answer = client.get('/page.txt', ask)
        assert answer.body == b'newer' and answer['Content-Encoding'] is None


def test_deleted_is_404_at_once_and_back_again(site, serve):
    server = serve(site)
    with Client(server) as client:
        for i in range(200):
            path = write(site, 'dir/page.html', numbered(i))
            for target in ('/dir/page.html', '/dir/page'):
                assert client.get(target).body == numbered(i)
            os.unlink(path)
            for target in ('/dir/page.html', '/dir/page'):
                assert client.get(target).status == 404
        write(site, 'page', 'exact')
        assert client.get('/page').body == b'exact'
        write(site, 'page.html', 'html')
        assert client.get('/page').body == b'exact'
        os.unlink(os.path.join(site, 'page'))
        assert client.get('/page').body == b'html'


def test_no_permission_is_403_at_once(site, serve):
    path = write(site, 'page.txt', 'secret')
    write(site, 'dir/page.txt', 'secret')
    server = serve(site, user=NOBODY if is_root() else None)
    with Client(server) as client:
        for _ in range(20):
            os.chmod(path, 0o644)
            assert client.get('/page.txt').body == b'secret'
            os.chmod(path, 0o000)
            answer = client.get('/page.txt')
            assert answer.status == 403
            assert answer['Cache-Control'] == 'no-store'
        for _ in range(20):
            os.chmod(os.path.join(site, 'dir'), 0o755)
            assert client.get('/dir/page.txt').body == b'secret'
            os.chmod(os.path.join(site, 'dir'), 0o000)
            assert client.get('/dir/page.txt').status == 403
        os.chmod(os.path.join(site, 'dir'), 0o755)


def test_a_directory_moved_away_and_replaced(site, serve):
    write(site, 'a/b/c/page.txt', 'first')
    server = serve(site)
    a, other = os.path.join(site, 'a'), os.path.join(site, 'other')
    with Client(server) as client:
        for i in range(100):
            assert client.get('/a/b/c/page.txt').status == 200
            os.rename(a, other)
            assert client.get('/a/b/c/page.txt').status == 404
            assert client.get('/other/b/c/page.txt').status == 200
            write(a, 'b/c/page.txt', numbered(i))
            assert client.get('/a/b/c/page.txt').body == numbered(i)
            # Still watched below its new name?
            write(other, 'b/c/page.txt', b'moved %d' % i)
            assert client.get('/other/b/c/page.txt').body == b'moved %d' % i
            subprocess.run(['rm', '-rf', a], check=True)
            assert client.get('/a/b/c/page.txt').status == 404
            os.rename(other, a)


def exchange(a, b):
    """renameat2(RENAME_EXCHANGE); False where there is none."""
    libc = ctypes.CDLL(None, use_errno=True)
    if not hasattr(libc, 'renameat2'):
        return False
    return libc.renameat2(-100, os.fsencode(a), -100, os.fsencode(b), 2) == 0


def test_directories_exchanged(site, serve):
    """Both names exist throughout: deploys do this."""
    write(site, 'live/page.txt', 'one')
    write(site, 'next/page.txt', 'two')
    live, after = os.path.join(site, 'live'), os.path.join(site, 'next')
    server = serve(site)
    with Client(server) as client:
        for i in range(100):
            want = (b'one', b'two')[i % 2]
            assert client.get('/live/page.txt').body == want
            assert client.get('/next/page.txt').body != want
            if not exchange(live, after):
                os.rename(live, live + '.aside')
                os.rename(after, live)
                os.rename(live + '.aside', after)


def test_404_page_comes_and_goes(site, serve):
    server = serve(site)
    with Client(server) as client:
        for i in range(50):
            answer = client.get('/none')
            assert answer.status == 404 and b'our own' not in answer.body
            path = write(site, '404.html', '<p>our own %d' % i)
            for target in ('/none', '/no/ne/', '/.hidden', '/none.js'):
                answer = client.get(target)
                assert answer.status == 404
                assert answer.body == b'<p>our own %d' % i
                assert answer['Content-Type'] == 'text/html; charset=utf-8'
                assert answer['Cache-Control'] == 'no-store'
            answer = client.get('/none', method='HEAD')
            assert answer.status == 404
            # As a page of its own it is a page like any other.
            assert client.get('/404.html').status == 200
            os.unlink(path)


# The root itself.

def version_make(path, number):
    for name in ('one.txt', 'sub/two.txt'):
        write(path, name, b'%s of %06d;' % (name.encode(), number) * 50)


def version_of(answer, name):
    """Which version it is of: wholly, or the test fails."""
    assert answer.status == 200, answer.head
    assert len(answer.body) == int(answer['Content-Length'])
    number = int(answer.body[:-1].split(b';')[0].split(b' ')[-1])
    assert answer.body == b'%s of %06d;' % (name.encode(), number) * 50
    return number


def link_switch(link, target):
    os.symlink(target, link + '.new')
    os.rename(link + '.new', link)


class Readers:
    """Clients that check each answer against what was current before."""

    def __init__(self, server, count=4):
        self.server, self.current = server, 0
        self.stop, self.failed, self.done = threading.Event(), [], 0
        self.tags, self.lock = {}, threading.Lock()
        self.threads = [threading.Thread(target=self.run, args=(i,))
                        for i in range(count)]
        for thread in self.threads:
            thread.start()

    def ask(self, client, name):
        least = self.current
        answer = client.get('/' + name)
        number = version_of(answer, name)
        assert number >= least, '%d after %d had been switched to' % (
            number, least)
        with self.lock:
            self.done += 1
            tag = self.tags.setdefault((name, number), answer['ETag'])
        assert tag == answer['ETag']
        return answer.is_last

    def run(self, seed):
        rng = random.Random(seed)
        client = None
        while not self.stop.is_set() and not self.failed:
            try:
                client = client or Client(self.server)
                used = client.reads
                if self.ask(client, rng.choice(['one.txt', 'sub/two.txt'])):
                    client.close()
                    client = None
            except (Ended, OSError) as problem:
                if client is None or used == 0 or client.buffer:
                    self.failed.append(repr(problem))
                client = None
            except AssertionError as problem:
                self.failed.append(str(problem))

    def finish(self):
        self.stop.set()
        for thread in self.threads:
            thread.join(30)
        assert not self.failed, self.failed[0]


def test_a_root_that_is_a_link_is_switched_under_load(site, serve):
    """300 deploys: nobody sees a mixture, nor what was before."""
    place = os.path.dirname(site)
    link = os.path.join(place, 'current')
    version_make(os.path.join(place, 'v0'), 0)
    os.symlink('v0', link)
    server = serve(link)
    readers = Readers(server)
    try:
        for i in range(1, 301):
            version_make(os.path.join(place, 'v%d' % i), i)
            link_switch(link, 'v%d' % i)
            readers.current = i
            goal = readers.done + 8
            until(lambda: readers.done >= goal or readers.failed, 'answers')
            if readers.failed:
                break
            if i >= 3:
                subprocess.run(['rm', '-rf', '%s/v%d' % (place, i - 3)],
                               check=True)
    finally:
        readers.finish()


def test_a_root_below_a_link_is_switched(site, serve):
    """`current/dist`, where `current` is the link: within the 100 ms after
    which the root's name is followed anew, and never a mixture."""
    place = os.path.dirname(site)
    link = os.path.join(place, 'current')
    for i in range(6):
        version_make(os.path.join(place, 'v%d' % i, 'dist'), i)
    os.symlink('v0', link)
    server = serve(os.path.join(link, 'dist'), binary=HSTATIC_PLAIN)
    for i in range(1, 6):
        link_switch(link, 'v%d' % i)
        start = time.monotonic()
        settled(server, i)
        assert time.monotonic() - start < 5


def settled(server, number):
    """Asks until the version is there, and then whether it stays. Gives the
    seconds that it took, and what came instead meanwhile."""
    start, odd = time.monotonic(), collections.Counter()
    while True:
        assert time.monotonic() - start < 5, 'never saw %d, but %s' % (
            number, dict(odd))
        try:
            answer = fetch(server, '/one.txt')
        except (Ended, OSError) as problem:
            odd[type(problem).__name__] += 1
            continue
        if answer.status != 200:
            odd[answer.status] += 1
        elif version_of(answer, 'one.txt') == number:
            break
    took = time.monotonic() - start
    for _ in range(20):
        for name in ('one.txt', 'sub/two.txt'):
            assert version_of(fetch(server, '/' + name), name) == number
    return took, odd


def replace_by_rename(root, number):
    version_make(root + '.next', number)
    os.rename(root, root + '.old')
    os.rename(root + '.next', root)
    subprocess.run(['rm', '-rf', root + '.old'], check=True)


def replace_by_exchange(root, number):
    version_make(root + '.next', number)
    if not exchange(root, root + '.next'):
        os.rename(root, root + '.old')
        os.rename(root + '.next', root)
    subprocess.run(['rm', '-rf', root + '.old', root + '.next'], check=True)


def replace_by_making(root, number):
    subprocess.run(['rm', '-rf', root], check=True)
    version_make(root, number)


@pytest.mark.parametrize('how', [replace_by_rename, replace_by_exchange,
                                 replace_by_making])
@pytest.mark.parametrize('sandbox', ['auto', 'off'])
def test_a_root_that_is_replaced(site, serve, how, sandbox):
    """The walls stand around the old one: workers must make way."""
    version_make(site, 0)
    server = serve(site, '-w', '2', '--sandbox', sandbox,
                   binary=HSTATIC_PLAIN)
    assert version_of(fetch(server, '/one.txt'), 'one.txt') == 0
    times, strange = [], collections.Counter()
    for i in range(1, 6):
        how(site, i)
        took, odd = settled(server, i)
        times.append(took)
        # While there was no root, or half of one, 404 is the truth.
        if how is replace_by_making:
            del odd[404]
        strange += odd
    print('%s, sandbox %s: settled after %s ms, meanwhile %s' % (
        how.__name__, sandbox, ' '.join('%.0f' % (t * 1000) for t in times),
        dict(strange)))
    assert max(times) < 3
    assert not strange, 'clients were told of the roll'


def test_a_root_that_is_replaced_under_load(site, serve):
    """Behind its walls, 10 times, with 4 clients on keep-alive."""
    version_make(site, 0)
    server = serve(site, '-w', '2', binary=HSTATIC_PLAIN)
    readers = Readers(server)
    try:
        for i in range(1, 11):
            replace_by_exchange(site, i)
            settled(server, i)
            readers.current = i
            goal = readers.done + 20
            until(lambda: readers.done >= goal or readers.failed, 'answers')
    finally:
        readers.finish()


def test_a_root_that_goes_and_returns(site, serve):
    version_make(site, 0)
    server = serve(site, binary=HSTATIC_PLAIN)
    assert version_of(fetch(server, '/one.txt'), 'one.txt') == 0
    subprocess.run(['rm', '-rf', site], check=True)
    until(lambda: fetch(server, '/one.txt').status == 404, '404')
    version_make(site, 1)
    settled(server, 1)


# What may be served at all.

def test_symlinks(site, serve):
    outside = write(os.path.dirname(site), 'outside/secret.txt', 'secret')
    write(site, 'in/page.txt', 'inside')

    def link(target, name):
        os.symlink(target, os.path.join(site, name))

    link('in/page.txt', 'relative.txt')
    link('../in/page.txt', 'in/up-and-down.txt')
    link('in', 'dir')
    link('../outside/secret.txt', 'out.txt')
    link(outside, 'absolute-out.txt')
    link(os.path.join(site, 'in/page.txt'), 'absolute-in.txt')
    link('../outside', 'outdir')
    link('../%s/in/page.txt' % os.path.basename(site), 'out-and-in.txt')
    link('loop-b', 'loop-a')
    link('loop-a', 'loop-b')
    link('self', 'self')
    link('nothing', 'dangling')
    link('/proc/self/environ', 'proc')
    link('/proc/self/root/etc/passwd', 'magic')
    link('in', 'in.html')
    server = serve(site)
    with Client(server) as client:
        for name in ('relative.txt', 'in/up-and-down.txt', 'dir/page.txt'):
            assert client.get('/' + name).body == b'inside', name
        for name in ('out.txt', 'absolute-out.txt', 'absolute-in.txt',
                     'outdir/secret.txt', 'outdir', 'outdir/',
                     'out-and-in.txt', 'loop-a', 'loop-a/x', 'self',
                     'dangling', 'proc', 'magic'):
            answer = client.get('/' + name)
            assert answer.status == 404, name
            assert b'secret' not in answer.body


def test_special_files(site, serve):
    """RFC-less common sense: only regular files; and nothing blocks."""
    os.mkfifo(os.path.join(site, 'fifo'))
    os.mkfifo(os.path.join(site, 'page.txt.gz'))
    os.mkfifo(os.path.join(site, 'index.html'))
    write(site, 'page.txt', 'page')
    with socket.socket(socket.AF_UNIX) as s:
        s.bind(os.path.join(site, 'socket'))
    names = ['fifo', 'socket', '', 'fifo/', 'fifo/x']
    if is_root():
        try:
            os.mknod(os.path.join(site, 'null'), stat.S_IFCHR | 0o666,
                     os.makedev(1, 3))
            os.mknod(os.path.join(site, 'zero'), stat.S_IFCHR | 0o666,
                     os.makedev(1, 5))
            names += ['null', 'zero']
        except PermissionError:
            pass   # a container may forbid it
    server = serve(site)
    with Client(server) as client:
        for name in names:
            assert client.get('/' + name).status == 404, name
        answer = client.get('/page.txt', 'Accept-Encoding: gzip')
        assert answer.body == b'page' and answer['Content-Encoding'] is None


def test_dotfiles(site, serve):
    for name in ('.env', '.git/config', 'a/.htpasswd', 'a/.b/c.txt',
                 '.well-known/security.txt', '.well-known/.secret',
                 'a/.well-known/x.txt', '..data', '.well-known.txt',
                 '.index.html', 'a/...'):
        write(site, name, 'dot')
    server = serve(site)
    with Client(server) as client:
        for target in ('/.env', '/.git/config', '/.git/', '/.git',
                       '/a/.htpasswd', '/a/.b/c.txt', '/%2eenv',
                       '/%2Egit/config', '/a/%2ehtpasswd',
                       '/.well-known/.secret', '/a/.well-known/x.txt',
                       '/..data', '/.well-known.txt', '/a/...',
                       '/x/../.env', '/.index'):
            assert client.get(target).status == 404, target
        for target in ('/.well-known/security.txt',
                       '/%2ewell-known/security.txt',
                       '/a/../.well-known/security.txt'):
            assert client.get(target).body == b'dot', target


def test_clean_urls(site, serve):
    write(site, 'about.html', 'about')
    write(site, 'both', 'exact')
    write(site, 'both.html', 'html')
    write(site, 'dir/index.html', 'index')
    write(site, 'dir.html', 'beside')
    write(site, 'empty/file.txt', 'x')
    write(site, 'a b/index.html', 'space')
    write(site, 'deep.html/index.html', 'a directory with a suffix')
    server = serve(site)
    with Client(server) as client:
        for target, status, body, where in (
                ('/about', 200, b'about', None),
                ('/about.html', 200, b'about', None),
                ('/about/', 404, None, None),
                ('/both', 200, b'exact', None),
                ('/dir', 200, b'beside', None),
                ('/dir/', 200, b'index', None),
                ('/dir/index.html', 200, b'index', None),
                ('/dir/index', 200, b'index', None),
                ('/empty', 301, None, '/empty/'),
                ('/empty?q=1&r=%20', 301, None, '/empty/?q=1&r=%20'),
                ('//empty', 301, None, '/empty/'),
                ('/x/..//empty', 301, None, '/empty/'),
                ('/empty/', 404, None, None),
                ('/a%20b', 301, None, '/a%20b/'),
                ('/a%20b/', 200, b'space', None),
                ('/deep', 404, None, None),
                ('/about.html/', 404, None, None),
                ('/about.html/x', 404, None, None)):
            answer = client.get(target)
            assert answer.status == status, target
            assert body is None or answer.body == body, target
            assert answer['Location'] == where, target


def test_long_and_deep_names(site, serve):
    longest = 'n' * 255
    write(site, longest, 'longest')
    write(site, 'h' * 250 + '.html', 'clean')
    deep = '/'.join(['d' * 100] * 30)
    write(site, deep + '/page.txt', 'deep')
    server = serve(site)
    with Client(server) as client:
        assert client.get('/' + longest).body == b'longest'
        assert client.get('/' + 'h' * 250).body == b'clean'
        for name in ('n' * 256, 'n' * 254, 'h' * 251, 'n' * 4000, 'n' * 5000,
                     '/'.join(['x'] * 2500), longest + '/x',
                     '/'.join(['e' * 200] * 30)):
            assert client.get('/' + name).status == 404, len(name)
        assert client.get('/' + deep + '/page.txt').body == b'deep'
        assert client.get('/' + deep).status == 301


def test_names_of_any_bytes(site, serve):
    """A name is bytes; a target says them with escapes (RFC 3986 2.1)."""
    names = [b'per%cent.txt', b'quest?ion.txt', b'ha#sh.txt', b'sp ace.txt',
             b'latin-\xe4.txt', 'utf-8-ä€😀.txt'.encode(), b'new\nline.txt',
             b'tab\t.txt', b'back\\slash.txt', b'quote".txt', b'%2e%2e',
             b"a&b=c;d,e+f'g(h).txt", b'\x01\x7f\xff\xfe.txt', b'-', b'~',
             b'colon:name', b'%00', b'<script>.html', b'*', b'$(id)`id`']
    for i, name in enumerate(names):
        with open(os.path.join(os.fsencode(site), name), 'wb') as f:
            f.write(b'file %d' % i)
        os.mkdir(os.path.join(os.fsencode(site), b'dir-' + name))
    server = serve(site)
    with Client(server) as client:
        for i, name in enumerate(names):
            target = '/' + ''.join('%%%02x' % c for c in name)
            answer = client.get(target)
            assert answer.status == 200, name
            assert answer.body == b'file %d' % i
            where = '/dir-' + ''.join('%%%02x' % c for c in name)
            answer = client.get(where)
            assert answer.status == 301
            # The Location leads to the very directory.
            assert unquote_to_bytes(answer['Location']) == \
                b'/dir-' + name + b'/'
            assert client.get(answer['Location']).status == 404
        for target in ('/per%cent.txt', '/quest?ion.txt', '/%00', '/a%',
                       '/a%0', '/%zz'):
            assert client.get(target).status in (400, 404), target
    # A page about a name must not carry it unescaped.
    assert b'<script>' not in fetch(server, '/%3Cscript%3Ealert').body


def test_a_location_is_never_another_host(site, serve):
    os.makedirs(os.path.join(site, 'evil.example', 'x'))
    server = serve(site)
    for target in ('//evil.example', '/%2fevil.example', '///evil.example/x',
                   '/.//evil.example', '/%5cevil.example', '/x/..//'
                   'evil.example'):
        answer = fetch(server, target)
        if answer.status == 301:
            assert answer['Location'].startswith('/')
            assert not answer['Location'].startswith(('//', '/\\'))


# Large files.

def shrink(path):
    os.truncate(path, 100 << 10)


def empty(path):
    os.truncate(path, 0)


@pytest.mark.parametrize('how', [shrink, empty])
def test_a_file_that_shrinks_while_it_is_sent(site, serve, how):
    """What is missing is never made up: the connection ends early."""
    path = os.path.join(site, 'big.bin')
    with open(path, 'wb') as f:
        f.truncate(200 << 20)
        f.write(words(0, 1 << 20))
    settle(path)
    server = serve(site)
    with Client(server, receive_buffer=64 << 10) as client:
        client.ask('/big.bin')
        assert client.head()['Content-Length'] == str(200 << 20)
        assert client.take(64 << 10) == words(0, 64 << 10)
        how(path)
        with pytest.raises((Ended, ConnectionResetError)):
            client.take(199 << 20)
    answer = fetch(server, '/big.bin')
    assert len(answer.body) == os.stat(path).st_size
    assert answer.body == words(0, len(answer.body))


def test_a_small_file_that_shrinks_between_requests(site, serve):
    """Descriptors that are kept must not be believed."""
    path = settle(write(site, 'mid.bin', words(0, 200 << 10)))
    server = serve(site)
    with Client(server) as client:
        for size in (200 << 10, 100 << 10, 40 << 10, 33 << 10, 100, 0):
            os.truncate(path, size)
            assert client.get('/mid.bin').body == words(0, size)


def test_a_large_file_replaced_while_it_is_sent(site, serve):
    """Who began with the old one gets the old one, whole."""
    size = 24 << 20
    path = settle(write(site, 'big.bin', words(0, size)))
    server = serve(site)
    with Client(server, receive_buffer=64 << 10) as client:
        client.ask('/big.bin')
        tag = client.head()['ETag']
        assert client.take(1 << 10) == words(0, 1 << 10)
        rename_over(path, b'new')
        assert fetch(server, '/big.bin').body == b'new'
        rest = size - (1 << 10)
        assert client.take(rest) == words(1 << 10, rest)
        assert client.get('/big.bin')['ETag'] != tag


def test_an_etag_is_of_the_content(site, serve):
    """Equal on all replicas, whatever the times (RFC 9110 8.8.3)."""
    for name, when in (('a.txt', 1000), ('b.txt', 2000)):
        path = write(site, name, 'the same')
        os.utime(path, (when, when))
    write(site, 'c.txt', 'another!')
    server = serve(site)
    a, b, c = (fetch(server, '/%s.txt' % x)['ETag'] for x in 'abc')
    assert a == b != c


def test_last_modified_is_never_after_date(site, serve):
    """RFC 9110 8.8.2.1."""
    path = write(site, 'future.txt', 'x')
    future = time.time() + 10000
    os.utime(path, (future, future))
    server = serve(site)
    answer = fetch(server, '/future.txt')
    assert answer['Last-Modified'] == answer['Date']


def test_writing_while_it_is_read_gives_one_version(site, serve):
    """A writer without pause: each answer is of one write, or is short of a
    rewrite in place that no lock guards; its length always is its own."""
    path = write(site, 'busy.txt', numbered(0))
    server = serve(site)
    stop = threading.Event()

    def writer():
        i = 0
        while not stop.is_set():
            i += 1
            rename_over(path, numbered(i))

    thread = threading.Thread(target=writer)
    thread.start()
    try:
        with Client(server) as client:
            last = 0
            for _ in range(500):
                answer = client.get('/busy.txt')
                number = int(answer.body.split(b';')[0].split(b' ')[1])
                assert answer.body == numbered(number)
                assert number >= last
                last = number
    finally:
        stop.set()
        thread.join()
