"""What is asked for: the site, the requests, one row of the table each.

Bodies are no text that a server would want to compress, but for the one row
that is about that; each 8 bytes of a body tell their own offset.
"""
import gzip
import os
import random
import subprocess
import time

KI, MI = 1 << 10, 1 << 20
MANY = 10000
HOST = 'Host: 127.0.0.1\r\n'
# As Firefox asks for an image: 12 fields, some 600 bytes.
BROWSER = (
    'Host: 127.0.0.1\r\n'
    'User-Agent: Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 '
    'Firefox/140.0\r\n'
    'Accept: image/avif,image/webp,image/png,image/svg+xml,image/*;q=0.8,'
    '*/*;q=0.5\r\n'
    'Accept-Language: en-GB,en;q=0.8,de-DE;q=0.5,de;q=0.3\r\n'
    'Accept-Encoding: gzip, deflate, br, zstd\r\n'
    'Connection: keep-alive\r\n'
    'Referer: http://127.0.0.1/guide/section/page.html\r\n'
    'Cookie: theme=dark; session=6f1c0f6c2a4b4a3e9d0b7c5e8a1f2d34; '
    'consent=functional.statistics; seen=2026-11-20T08:15:00Z\r\n'
    'Sec-Fetch-Dest: image\r\n'
    'Sec-Fetch-Mode: no-cors\r\n'
    'Sec-Fetch-Site: same-origin\r\n'
    'Priority: u=5, i\r\n')
CODINGS = HOST + 'Accept-Encoding: gzip, deflate, br, zstd\r\n'
NO_FILES = 'serves no files, only what is in its configuration'
NO_CODINGS = 'negotiates no coding'


def body_of(size, salt=0):
    """Each 8 bytes are their own offset, in hexadecimal; `salt` differs."""
    words = (b'%07x\n' % (at * 8 + (salt << 20) & 0xfffffff)
             for at in range(size // 8 + 1))
    return b''.join(words)[:size]


def script_of(size):
    """Words as a bundled script has them: it can be compressed."""
    dice = random.Random(9)
    words = ('const function return export import default await async this '
             'state props value index length render update element document '
             'window event target => { } ( ) ; , . === && || ?').split()
    names = ['%s%d' % (dice.choice('abcdefgh'), n) for n in range(400)]
    out, length = [], 0
    while length < size:
        word = dice.choice(words if dice.random() < 0.6 else names)
        out.append(word)
        length += len(word) + 1
    return ' '.join(out).encode()[:size]


def many_sizes():
    """Log-normal, median 8 KiB, cut to 1..100 KiB; the same in each run."""
    dice = random.Random(4)
    return [max(KI, min(100 * KI, int(dice.lognormvariate(9.0, 1.0))))
            for _ in range(MANY)]


def many_target(number):
    return '/many/%02d/%04d.png' % (number % 100, number)


def write(root, target, body, when):
    path = root + target
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, 'wb') as file:
        file.write(body)
    os.utime(path, (when, when))


def make_site(root, with_many):
    """Writes all files; old ones, so that caches may believe in them."""
    when = int(time.time()) - 86400
    for target, size in (('/1k.png', KI), ('/16k.png', 16 * KI),
                         ('/1m.bin', MI), ('/10m.bin', 10 * MI)):
        write(root, target, body_of(size), when)
    script = script_of(32 * KI)
    write(root, '/code.js', script, when)
    write(root, '/code.js.gz', gzip.compress(script, 9, mtime=0), when)
    for ending, tool in (('.br', ['brotli', '-q', '11', '-c']),
                         ('.zst', ['zstd', '-19', '-cq'])):
        coded = subprocess.run(tool, input=script, stdout=subprocess.PIPE,
                               check=True).stdout
        write(root, '/code.js' + ending, coded, when)
    if with_many:
        for number, size in enumerate(many_sizes()):
            write(root, many_target(number), body_of(size, number), when)
    for folder, _, _ in os.walk(root):
        os.chmod(folder, 0o755)


def floor_head(status, length):
    """A head as most servers send it, some 260 bytes."""
    lines = ['HTTP/1.1 ' + status, 'Server: floor',
             'Date: Tue, 24 Nov 2026 00:00:00 GMT']
    if length is not None:
        lines += ['Content-Type: image/png', 'Content-Length: %d' % length]
    lines += ['Last-Modified: Mon, 23 Nov 2026 00:00:00 GMT',
              'ETag: "Fr6Csz8JogGQww8Z4n-A"', 'Accept-Ranges: bytes',
              'Cache-Control: no-cache', '', '']
    return '\r\n'.join(lines).encode()


class Workload:
    """One row: what is asked, how, and by how many at once."""
    kind = 'load'

    def __init__(self, name, title, target='/1k.png', **how):
        self.name, self.title, self.target = name, title, target
        self.conns = how.get('conns', 64)
        self.depth = how.get('depth', 1)
        self.rate = how.get('rate', 0)
        self.fields = how.get('fields', HOST)
        self.closes = how.get('closes', False)
        self.is_large = how.get('is_large', False)
        self.sends_files = how.get('sends_files', self.is_large)
        self.codes = how.get('codes', False)
        self.is_conditional = how.get('is_conditional', False)
        self.is_many = how.get('is_many', False)
        # Where the server would pay for waking a load that sleeps.
        self.spins = how.get('spins', bool(
            self.is_large or self.is_many or self.rate))
        self.quick = how.get('quick', True)
        # Which servers cannot take part, and why; floors included.
        self.without = how.get('without', {})
        self.goal = how.get('goal', {})

    @property
    def status(self):
        return 304 if self.is_conditional else 200

    def targets(self, count):
        """All that is asked for, or `count` of them."""
        if not self.is_many:
            return [self.target]
        numbers = range(MANY) if not count else range(0, MANY, MANY // count)
        return [many_target(number) for number in numbers]

    def request(self, target, fields=''):
        ends = 'Connection: close\r\n' if self.closes else ''
        return ('GET %s HTTP/1.1\r\n%s%s%s\r\n'
                % (target, self.fields, fields, ends)).encode()

    def floor_answer(self, root):
        """Head and body that a floor answers with."""
        if self.is_conditional:
            return floor_head('304 Not Modified', None), b''
        endings = ('', '.gz', '.br', '.zst') if self.codes else ('',)
        sizes = [(os.path.getsize(root + self.target + e), e) for e in endings]
        with open(root + self.target + min(sizes)[1], 'rb') as file:
            body = file.read()
        return floor_head('200 OK', len(body)), body


class Special:
    """A row that is no load in rounds: special.py knows how."""

    def __init__(self, name, title, kind, **how):
        self.name, self.title, self.kind = name, title, kind
        self.conns = how.get('conns', 0)
        self.quick = how.get('quick', False)
        self.goal = how.get('goal', {})
        self.is_many = False


class Multiplexed:
    """A row in HTTP/2 with prior knowledge: multiplexed.py knows how."""
    kind = 'h2'
    is_large = is_many = closes = codes = False
    sends_files = False

    def __init__(self, name, title, size, **how):
        self.name, self.title, self.size = name, title, size
        self.target = '/%s.png' % size
        self.conns, self.depth = how.get('conns', 16), how.get('depth', 32)
        self.quick = how.get('quick', True)
        self.goal = how.get('goal', {})


NO_URING_FLOOR = {'floor-uring': 'a ring has no sendfile'}
NO_FLOORS = {'floor': 'has one answer', 'floor-uring': 'has one answer'}
FILELESS = {'haproxy': NO_FILES}

ROWS = (
    Workload('1k', '1 KiB, keep-alive, c=64',
             goal={'floor': 1.04, 'peer': 0.74}),
    Workload('1k-c1000', '1 KiB, keep-alive, c=1000', conns=1000,
             goal={'floor': 1.06, 'peer': 0.80}),
    Workload('browser', "1 KiB, a browser's head, c=64", fields=BROWSER,
             goal={'floor': 1.06, 'peer': 0.76}),
    Workload('16k', '16 KiB, keep-alive, c=64', '/16k.png',
             goal={'floor': 1.10, 'peer': 0.82}),
    Workload('close', '1 KiB, one connection per request', closes=True,
             goal={'floor': 0.95, 'peer': 0.95}),
    Workload('many', '10,000 files of 1–100 KiB at random', is_many=True,
             sends_files=True, without={**NO_FLOORS, **FILELESS},
             goal={'peer': 0.85}),
    Workload('pipeline', '1 KiB, pipelined 16 deep', depth=16,
             goal={'floor': 1.2, 'peer': 0.12}),
    Workload('304', '304, If-None-Match', is_conditional=True,
             without=FILELESS, goal={'peer': 0.75}),
    Workload('codings', "precompressed script, a browser's Accept-Encoding",
             '/code.js', codes=True, fields=CODINGS, without=FILELESS,
             goal={'floor': 1.06, 'peer': 0.76}),
    Workload('1m', '1 MiB', '/1m.bin', conns=16, is_large=True,
             without={**NO_URING_FLOOR, **FILELESS},
             goal={'floor': 1.05, 'peer': 1.00}),
    Workload('10m', '10 MiB', '/10m.bin', conns=8, is_large=True,
             without={**NO_URING_FLOOR, **FILELESS},
             goal={'floor': 1.05, 'peer': 1.00}),
    Workload('paced', '1 KiB, 20,000 requests per second, c=64', rate=20000,
             goal={'floor': 1.10, 'peer': 1.00}),
    Multiplexed('h2c-1k', '1 KiB over h2c, c=16, 32 streams each', '1k',
                goal={'peer': 1.00}),
    Multiplexed('h2c-16k', '16 KiB over h2c, c=16, 32 streams each', '16k',
                goal={'peer': 0.90}),
    Special('wrk', '1 KiB by wrk, which our load has to agree with', 'wrk'),
    Special('start', 'start to first 200, and idle PSS', 'start', quick=True),
    Special('idle-10k', '10,000 idle connections', 'idle', conns=10000),
    Special('idle-100k', '100,000 idle connections', 'idle', conns=100000),
)
