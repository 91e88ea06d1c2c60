"""What is compressed while it is served: once, by a helper, for those who come
later; never a byte that the file does not have, never a request that waits.
"""
import base64
import gzip
import hashlib
import os
import random
import signal
import subprocess
import threading
import time

import pytest

from support import (HSTATIC_PLAIN, Client, Server, environment, fetch, is_alive,
                     pause, settle, until, write)

TEXT = ''.join('line %d of a text, %d\n' % (i, i * i % 977)
               for i in range(3000)).encode()
ALL = 'Accept-Encoding: gzip, br, zstd'
DECODERS = {
    'gzip': gzip.decompress,
    'br': lambda data: subprocess.run(
        ['brotli', '-dc'], input=data, stdout=subprocess.PIPE,
        check=True).stdout,
    'zstd': lambda data: subprocess.run(
        ['zstd', '-dcq'], input=data, stdout=subprocess.PIPE,
        check=True).stdout,
}


def decoded(answer):
    coding = answer['Content-Encoding']
    return DECODERS[coding](answer.body) if coding else answer.body


def etag_of(content):
    digest = base64.urlsafe_b64encode(hashlib.sha256(content).digest())
    return '"%s"' % digest[:20].decode()


def coded(server, target='/a.js', accept='gzip, br, zstd', want=None):
    """The first answer that is coded, as `want` if given."""
    def answer():
        got = fetch(server, target, 'Accept-Encoding: ' + accept)
        coding = got['Content-Encoding']
        return got if coding and coding == (want or coding) else None
    return until(answer, 'a coded answer')


def all_coded(server, target='/a.js'):
    """Waits until each coding is there."""
    return {c: coded(server, target, c) for c in DECODERS}


@pytest.fixture
def root(site):
    settle(write(site, 'a.js', TEXT))
    settle(write(site, 'small.txt', TEXT[:1000]))
    settle(write(site, '404.html', b'<p>Lost?</p>\n' * 40))
    return site


@pytest.mark.parametrize('target,content', [('/a.js', TEXT),
                                            ('/small.txt', TEXT[:1000])])
def test_the_first_gets_identity_the_next_what_was_made(root, serve, target,
                                                        content):
    server = serve(root, '-w', '1')
    first = fetch(server, target, ALL)
    assert first.status == 200 and first['Content-Encoding'] is None
    assert first['Vary'] == 'Accept-Encoding' and first.body == content
    answers = all_coded(server, target)
    tags = {first['ETag']}
    for coding, answer in answers.items():
        assert answer['Content-Encoding'] == coding
        assert answer['Vary'] == 'Accept-Encoding'
        assert len(answer.body) < 0.95 * len(content)
        assert decoded(answer) == content
        assert answer['ETag'] == etag_of(answer.body)
        tags.add(answer['ETag'])
        assert answer['Last-Modified'] == first['Last-Modified']
        assert answer['Content-Type'] == first['Content-Type']
    assert len(tags) == 4
    # 12.5.3: by weight, then by size.
    least = min(answers.values(), key=lambda a: len(a.body))
    assert fetch(server, target, ALL).body == least.body
    best = fetch(server, target, 'Accept-Encoding: br;q=0.5, gzip, zstd;q=0.2')
    assert best['Content-Encoding'] == 'gzip'
    assert fetch(server, target).body == content
    assert fetch(server, target, 'Accept-Encoding: deflate').body == content
    head = fetch(server, target, 'Accept-Encoding: br', method='HEAD')
    assert head['ETag'] == answers['br']['ETag']
    assert head['Content-Length'] == str(len(answers['br'].body))


def test_a_made_variant_is_revalidated_by_its_own_tag(root, serve):
    server = serve(root, '-w', '1')
    for coding, answer in all_coded(server).items():
        again = fetch(server, '/a.js', 'Accept-Encoding: ' + coding,
                      'If-None-Match: ' + answer['ETag'])
        assert again.status == 304 and again['ETag'] == answer['ETag']
        assert again['Vary'] == 'Accept-Encoding'
        other = fetch(server, '/a.js', 'If-None-Match: ' + answer['ETag'])
        assert other.status == 200 and other.body == TEXT


def test_replicas_agree(root, serve):
    one = all_coded(serve(root, '-w', '1'))
    two = all_coded(serve(root, '-w', '1'))
    for coding in DECODERS:
        assert one[coding]['ETag'] == two[coding]['ETag']


def test_ranges_are_of_the_file(root, serve):
    server = serve(root, '-w', '1')
    tag = all_coded(server)['br']['ETag']
    part = fetch(server, '/a.js', ALL, 'Range: bytes=100-199')
    assert part.status == 206 and part['Content-Encoding'] is None
    assert part.body == TEXT[100:200] and part['ETag'] == etag_of(TEXT)
    assert part['Vary'] == 'Accept-Encoding'
    # 13.1.5: a part of what the client has could not be sent.
    whole = fetch(server, '/a.js', ALL, 'Range: bytes=100-199',
                  'If-Range: ' + tag)
    assert whole.status == 200 and whole.body == TEXT


def test_what_is_not_worth_it_stays_as_it_is(site, serve):
    noise = random.Random(7).randbytes(5000)
    names = {'image.png': TEXT, 'tiny.txt': b'a' * 255,
             'large.txt': b'a' * ((1 << 20) + 1), 'noise.txt': noise}
    for name, content in names.items():
        settle(write(site, name, content))
    settle(write(site, 'last.txt', b'a' * 256))
    server = serve(site, '-w', '1')
    for name, content in names.items():
        assert fetch(server, '/' + name, ALL).body == content
    # Jobs are done in order: behind this one there is none left.
    all_coded(server, '/last.txt')
    for name, content in names.items():
        answer = fetch(server, '/' + name, ALL)
        assert answer.body == content and answer['Content-Encoding'] is None


def test_the_largest(site, serve):
    content = (TEXT * 20)[:1 << 20]
    assert len(content) == 1 << 20
    settle(write(site, 'a.js', content))
    server = serve(site, '-w', '1')
    for answer in all_coded(server).values():
        assert decoded(answer) == content


def test_not_when_told_not_to(root, serve):
    settle(write(root, 'b.js', TEXT))
    settle(write(root, 'b.js.gz', gzip.compress(TEXT)))
    server = serve(root, '-w', '1', '--no-compress')
    assert server.helper() is None
    for _ in range(20):
        assert fetch(server, '/a.js', ALL)['Content-Encoding'] is None
    assert fetch(server, '/b.js', ALL)['Content-Encoding'] == 'gzip'


def test_a_sibling_that_comes_later_wins(root, serve):
    server = serve(root, '-w', '1')
    made = coded(server, accept='gzip')
    beside = gzip.compress(TEXT, 1)
    assert beside != made.body
    write(root, 'a.js.gz', beside)
    answer = fetch(server, '/a.js', 'Accept-Encoding: gzip')
    assert answer.body == beside
    part = fetch(server, '/a.js', 'Accept-Encoding: gzip', 'Range: bytes=0-9')
    assert part.status == 206 and part.body == beside[:10]
    os.unlink(os.path.join(root, 'a.js.gz'))
    answer = fetch(server, '/a.js', 'Accept-Encoding: gzip')
    assert answer.body == TEXT
    assert coded(server, accept='gzip').body == made.body


def test_the_page_for_404(root, serve):
    server = serve(root, '-w', '1')
    answer = coded(server, '/nothing', 'gzip')
    assert answer.status == 404
    assert decoded(answer) == b'<p>Lost?</p>\n' * 40


def test_each_worker_and_those_of_a_roll(root, serve):
    server = serve(root, '-w', '2')
    old = set(server.workers())
    helper = server.helper()
    all_coded(server)
    server.signal(signal.SIGHUP)
    until(lambda: len(server.workers()) == 2 and
          not old & set(server.workers()), 'new workers')
    answers = all_coded(server)
    assert all(decoded(a) == TEXT for a in answers.values())
    assert server.helper() == helper


class Load:
    """Clients that ask on and on, and check every answer by `judge`."""

    def __init__(self, server, judge, count=3):
        self.server, self.judge = server, judge
        self.ends, self.failures, self.codings = False, [], {}
        self.threads = [threading.Thread(target=self.run)
                        for _ in range(count)]

    def run(self):
        try:
            with Client(self.server) as client:
                while not self.ends:
                    answer = client.get('/a.js', ALL)
                    self.judge(answer)
                    coding = answer['Content-Encoding']
                    self.codings[coding] = self.codings.get(coding, 0) + 1
        except Exception as problem:
            self.failures.append(repr(problem))

    def __enter__(self):
        for thread in self.threads:
            thread.start()
        return self

    def __exit__(self, *_):
        self.ends = True
        for thread in self.threads:
            thread.join()
        assert not self.failures, self.failures


def version(i, size):
    """Lines that all say of which version they are."""
    line = b'version %06d of it\n' % i
    return line * (size // len(line))


@pytest.mark.parametrize('size', [20000, 120000])
def test_a_file_that_is_rewritten_is_never_mixed(root, serve, size):
    """In place: the helper may be reading it just then."""
    path = write(root, 'a.js', version(0, size))
    server = serve(root, '-w', '1')
    floor = [0]

    def judge(answer):
        if answer['Content-Encoding'] is None:
            return          # sendfile from a file under change may mix
        lines = set(decoded(answer).split(b'\n')) - {b''}
        assert len(lines) == 1, lines
        assert answer['ETag'] == etag_of(answer.body)

    with Load(server, judge) as load:
        end, i = time.monotonic() + 4, 0
        while time.monotonic() < end:
            i += 1
            with open(path, 'r+b') as f:
                f.write(version(i, size))
            floor[0] = i
            # Not stale: a request after the write sees it, whatever coding.
            for _ in range(random.randrange(30)):
                answer = fetch(server, '/a.js', ALL)
                assert decoded(answer) == version(i, size)
            time.sleep(random.choice([0, 0, 0.03, 0.1]))
    assert set(load.codings) - {None}, load.codings


def test_a_helper_that_is_killed_costs_nothing(root, serve):
    server = serve(root, '-w', '2', may_lose_workers=True)

    def judge(answer):
        assert answer.status == 200 and decoded(answer) == TEXT

    with Load(server, judge):
        for i in range(4):
            old = server.helper()
            settle(write(root, 'b%d.js' % i, TEXT))
            fetch(server, '/b%d.js' % i, ALL)
            os.kill(old, signal.SIGKILL)
            until(lambda: server.helper() not in (None, old), 'another')
            # What it was at is not asked for again; all else is.
            settle(write(root, 'c%d.js' % i, TEXT))
            assert decoded(coded(server, '/c%d.js' % i)) == TEXT
    assert len(server.workers()) == 2
    assert 'compresses (%d) killed by signal 9' % old in server.log()


def test_a_helper_that_hangs_holds_up_nobody(root, serve):
    server = serve(root, '-w', '1')
    pause(server.helper())
    for i in range(40):
        settle(write(root, 'd%d.js' % i, TEXT))
        assert fetch(server, '/d%d.js' % i, ALL).body == TEXT
    os.kill(server.helper(), signal.SIGCONT)
    # Those that were asked for come, and so do later ones.
    assert decoded(coded(server, '/d0.js')) == TEXT
    assert decoded(coded(server, '/d39.js')) == TEXT


@pytest.mark.parametrize('number', [signal.SIGTERM, signal.SIGKILL])
def test_the_helper_ends_with_its_server(site, number):
    for i in range(8):
        settle(write(site, 'a%d.js' % i, random.Random(i).randbytes(
            500000).hex()))
    server = Server(site, '-w', '1').wait_ready()
    everybody = [server.helper(), *server.workers()]
    for i in range(8):
        fetch(server, '/a%d.js' % i, ALL)
    start = time.monotonic()
    server.signal(number)
    status = server.wait()
    assert time.monotonic() - start < 5
    server.finish(status)
    assert status == (0 if number == signal.SIGTERM else -number)
    until(lambda: not any(map(is_alive, everybody)), 'their end')


def test_behind_its_walls(root, serve):
    """A call that the helper may not make would end it."""
    server = serve(root, '-w', '2', '--sandbox', 'require',
                   binary=HSTATIC_PLAIN,
                   env=environment(HSTATIC_SANDBOX_KILLS='1'))
    for answer in all_coded(server).values():
        assert decoded(answer) == TEXT
    with open('/proc/%d/limits' % server.helper()) as f:
        assert 'Max address space         536870912' in f.read()
    with open('/proc/%d/status' % server.helper()) as f:
        status = f.read()
    assert 'NoNewPrivs:\t1' in status and 'Seccomp:\t2' in status
    assert os.getpriority(os.PRIO_PROCESS, server.helper()) == 10


def test_an_idle_helper_is_small(root, serve):
    server = serve(root, '-w', '1', binary=HSTATIC_PLAIN)
    with open('/proc/%d/smaps_rollup' % server.helper()) as f:
        rollup = dict(line.split(':') for line in f.readlines()[1:])
    assert int(rollup['Pss'].split()[0]) < 6 << 10
