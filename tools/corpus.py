#!/usr/bin/python3
"""corpus.py: writes the seeds of the fuzz targets, test/fuzz/corpus/.

They come from the conformance cases, so that a fuzzer begins where the RFC's
own examples end. Seeds that are there already stay; the output is committed.
Of each target there are at most SEEDS_MAX, spread evenly over the cases, and
none is longer than SEED_SIZE_MAX.
"""
import glob
import os
import re
import struct
import sys

TOP = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
CASES = os.path.join(TOP, 'test/http/conformance')
CORPUS = os.path.join(TOP, 'test/fuzz/corpus')
sys.path.insert(0, CASES)
sys.dont_write_bytecode = True

import rawhttp  # noqa: E402

sys.path.insert(0, os.path.join(TOP, 'test/http2'))

import h2peer  # noqa: E402
import test_frames  # noqa: E402
import test_requests  # noqa: E402

SEEDS_MAX, SEED_SIZE_MAX = 34, 1500

# What the cases' templates stand for; the resources of fuzz_h1.c have it.
VALUES = {'ETAG': '"abc"', 'WETAG': 'W/"abc"', 'HOST': 'localhost',
          'LM': 'Sun, 06 Nov 1994 08:49:37 GMT'}

# The control bytes of fuzz_h1.c: sizes of pieces and writes, then an event.
CONTROLS = (bytes([255] * 8) + bytes([0, 0]), bytes([1] * 8) + bytes([0, 0]),
            bytes([7, 1, 30, 2, 3, 9, 2, 5]) + bytes([1, 3]),
            bytes([20, 90, 3] * 3)[:8] + bytes([2, 4]),
            bytes([60, 4, 33, 1, 8, 2, 77, 3]) + bytes([3, 5]))

DATES = ('Sun, 06 Nov 1994 08:49:37 GMT', 'Sunday, 06-Nov-94 08:49:37 GMT',
         'Sun Nov  6 08:49:37 1994', 'Sat, 29 Feb 2020 23:59:60 GMT',
         'Tue, 29 Feb 1900 00:00:00 GMT', 'Fri, 31 Dec 9999 23:59:59 GMT',
         'Sat, 01 Jan 0000 00:00:00 GMT', 'Friday, 31-Dec-99 23:59:59 GMT')

# The facts of fuzz_listing.c, and names that mean something elsewhere.
FACTS = (bytes(17), b'\1' + bytes(16), b'\2' + bytes([255] * 16),
         b'\3' + bytes(range(16)))
NAMES = (b'a.txt', b'a:b', b'//x', b'<script>', b'"\'&', b'\\u0041\n\x01\x7f',
         b'\xc3\xa4.png', b'\xe2\x82', b'\xed\xa0\x80\xf4\x90\x80\x80',
         b'\xf0\x9f\x8e\x89', b'%2e%2e', b'a/b/c/', b'\xff' * 255, b'/' * 99)

# For fuzz_redirects.c: a path without its slash, a query, the file.
REDIRECTS = (
    'a\n?q=1\n/a /b\n', 'a/\n\n# c\r\n/a\t/b 302! # d\r\n',
    'news/2024/05/\n?a=b\n/news/:y/:m /b-:y-:m.html#top 308\n',
    'n/x/y\n\n/n/* https://b.example:8080/:splat?q=:splat\n',
    'n//evil.example\n\n/n/* /:splat\n/* /index.html 200\n',
    'evil.example\n\n/:x/* /:splat/:x 302\n',
    'n/../_headers\n\n/n/* /x/:splat 200!\n/* /404.html 404\n',
    'n/a\rb%\n?%\n/n/* /:splat 200\n/n/:x /:x?:x#:x\n',
    'caf\u00e9\n\n\ufeff/caf%c3%a9 /caf\u00e9 303\n/%3Aa /b\n',
    'a\n\n/a /b\n/a /c 302!\n/a/ /d\n/* /:splat\n/:x/:x /y\n/*/ /z',
    'a\n\n/a id=:id /b 301\n/a /b 302 Country=au\n/b x://y\n/c //d\n',
    'a\n\n/a /a/\n/b/* /b/c/:splat 301!\n/d /_headers 200\n/e /f 418')

# For fuzz_headers.c: a path without its slash, the file.
HEADERS = (
    'a\n/a\n  X-A: b\n', 'a/b\n# c\n/*\r\n\tX-A: 1\r\n/a/*\n X-A: 2\n',
    'a\n/:x\n  Link: </:x>; rel=:rel, :splat\n  ! Server\n',
    'a\r",;\n/*\n  X: ":splat"\n  x: http://b:80/:splat\n',
    'a\n/*\n  Vary: Origin, accept-encoding\n  Vary: *\n  ! Vary\n',
    'a\n/*\n  Cache-Control: public\n  Content-Type: a/b\n'
    '  Content-Type: c/d\n  Content-Security-Policy: x\n',
    'a\n/a\n  Set-Cookie: a=1\n  set-cookie: b=2\n  ! Set-Cookie\n',
    'a\n/a\n  Date: x\n  Content-Length: 0\n  ! ETag\n  Location: /\n'
    '  Transfer-Encoding: chunked\n  Basic-Auth: a:b\n',
    'a\n  X: 1\nX: 2\n/a b\n  X: 3\nhttps://a/*\n  X: 4\n/a\n  X\n  X:\n',
    'a\n/a\n' + '  X: :splat\n' * 20 + '/*\n' + '  Y: :splat\n' * 20)


def attribute(kind, value):
    pad = bytes(-len(value) % 4)
    return struct.pack('=HH', 4 + len(value), kind) + value + pad


def netlink(kind, payload):
    return struct.pack('=IHHII', 16 + len(payload), kind, 2, 0, 0) + payload


def socket_row(family, state, attributes=b''):
    """struct inet_diag_msg: port 8080 of 127.0.0.1, cookie 1, inode 4711."""
    return netlink(20, struct.pack(
        '=BBBBHH16s16sI8sIIIII', family, state, 0, 0, 0x901f, 0,
        bytes([127, 0, 0, 1]), b'', 0, b'\1', 0, 5, 4, 1000, 4711)
        + attributes)


# For fuzz_sock_diag.c: SOCK_DIAG_BY_FAMILY, then NLMSG_DONE or an error.
MESSAGES = (
    socket_row(2, 10), socket_row(10, 1) + netlink(3, bytes(4)),
    socket_row(2, 10, attribute(2, bytes(range(240))) +
               attribute(7, bytes(36))) + netlink(3, bytes(4)),
    socket_row(2, 6, attribute(2, b'1') + attribute(7, b'')),
    netlink(2, struct.pack('=i', -1) + bytes(16)), netlink(2, b'1234'),
    netlink(20, b'short') + socket_row(1, 1), socket_row(2, 1)[:-3])


def segment(flags, payload=b'', first=0x45, words=5):
    """IPv4 and TCP, from port 40000 to 8080 of 127.0.0.1."""
    return struct.pack(
        '>BBHIBBH4s4sHHIIBBHI', first, 0, 40 + len(payload), 0, 64, 6, 0,
        bytes([127, 0, 0, 1]), bytes([127, 0, 0, 1]), 40000, 8080, 1000,
        2000, words << 4, flags, 65535, 0) + payload


# For fuzz_packet.c: whole ones, one cut, headers that lie about themselves.
SEGMENTS = (segment(2), segment(18), segment(24, b'Hello'), segment(20),
            segment(16)[:-1], segment(2, first=0x46), segment(2, first=0x65),
            segment(2, words=15), segment(24, bytes(20), words=10), b'')


def page(parts=1, version=1, count=1, slot=b''):
    """struct page (server/page.h) with the head of its first part."""
    return (b'hstatic\n' + struct.pack('=II', version, parts) +
            struct.pack('=IIIIIIQ', 7, 0, 2, count, 1, 0, 1000) + slot)


def slot(doing=3, name=b'big.iso', left=40, total=100):
    return struct.pack('=QQQQBB94s', 5, 0, left, total, doing, len(name),
                       name)


# For fuzz_page.c: whole ones, other builds', and lies about every number.
PAGES = (page(), page(slot=slot()), page(count=1 << 31, slot=slot()),
         page(slot=slot(doing=200)), page(slot=slot(left=1 << 60)),
         page(parts=1 << 20), page(version=2), page(parts=0), page()[:20],
         page(slot=slot(name=b'x' * 94) * 3, count=3), b'')


def sent(case):
    """The bytes that a case sends, pauses left out."""
    out = b''
    for item in case.send:
        if item[0] == 'data':
            text = re.sub(r'\$\{(\w+)(?::[^}]*)?\}',
                          lambda m: VALUES[m[1]], item[1])
            out += rawhttp.unesc(text)
        elif item[0] == 'rep':
            out += rawhttp.unesc(item[2]) * item[1]
    return out


def values(message, *names):
    """The field lines of these names in the message's first head."""
    head = message.split(b'\r\n\r\n')[0]
    for line in head.split(b'\r\n')[1:]:
        name, colon, value = line.partition(b':')
        if colon and name.lower().decode('latin1') in names:
            yield name, value.strip(b' \t')


def lines_of(message, *names):
    return b'\n'.join(value for _, value in values(message, *names))


def conditions(message):
    return b'\n'.join(name + b': ' + value for name, value in values(
        message, 'if-match', 'if-none-match', 'if-modified-since',
        'if-unmodified-since', 'if-range'))


def target(message):
    words = message.split(b'\r\n')[0].split(b' ')
    return words[1].split(b'?')[0] if len(words) == 3 else b''


def body(message):
    chunked = b'chunked' in message.lower()
    return message.partition(b'\r\n\r\n')[2] if chunked else b''


def lists(message):
    return b'\n'.join(value for _, value in values(
        message, 'connection', 'accept-encoding', 'if-none-match', 'expect',
        'transfer-encoding') if b',' in value or b'"' in value)


def dates(message):
    found = re.findall(rb'\w+, [\w -]+ [\d:]+ GMT|\w{3} \w{3} .\d [\d:]+ \d+',
                       message)
    return found[0] if found else b''


TARGETS = {
    'head': lambda m: m,
    'path': target,
    'field': lists,
    'range': lambda m: lines_of(m, 'range'),
    'cond': conditions,
    'date': dates,
    'coding': lambda m: lines_of(m, 'accept-encoding'),
    'authority': lambda m: lines_of(m, 'host'),
    'intake': body,
}


def spread(seeds, count):
    """`count` of the (name, bytes), the first of each content, evenly."""
    unique = {}
    for name, data in seeds:
        if 0 < len(data) <= SEED_SIZE_MAX:
            unique.setdefault(data, name)
    items = [(name, data) for data, name in unique.items()]
    step = max(1, len(items) / count)
    return [items[int(i * step)] for i in range(min(count, len(items)))]


def write(folder, seeds):
    path = os.path.join(CORPUS, folder)
    os.makedirs(path, exist_ok=True)
    for name, data in seeds:
        name = re.sub(r'[^\w.-]+', '-', name).strip('-.')[:60]
        with open(os.path.join(path, name), 'wb') as file:
            file.write(data)


def conversations(p):
    """Whole ones, for fuzz_h2.c, whose files they ask for."""
    window = h2peer.frame(h2peer.WINDOW_UPDATE, 0, 0, h2peer.number(1 << 20))
    ask = h2peer.Speaker.request
    reset = h2peer.frame(h2peer.RST_STREAM, 0, 3, h2peer.number(8))
    yield 'many-files', b''.join(
        ask(p, 2 * i + 1, path) for i, path in enumerate(
            ('/', '/hello.txt', '/file.bin', '/app.js', '/none', '/dir',
             '/secret', '/busy')))
    yield 'small-window', (
        h2peer.frame(h2peer.SETTINGS, 0, 0, h2peer.settings((4, 10))) +
        ask(p, 1, '/file.bin') + ask(p, 3, '/app.js') +
        h2peer.frame(h2peer.WINDOW_UPDATE, 0, 1, h2peer.number(700)) +
        h2peer.frame(h2peer.SETTINGS, 0, 0, h2peer.settings((4, 4000))))
    yield 'posted', (
        ask(p, 1, method='POST', flags=0) +
        h2peer.frame(h2peer.DATA, 0, 1, b'x' * 50) +
        ask(p, 3, '/file.bin', extra=[('priority', 'u=1, i')]) + reset +
        h2peer.frame(h2peer.DATA, h2peer.END_STREAM, 1, b'x' * 20) + window)
    yield 'priorities', b''.join(
        h2peer.frame(h2peer.PRIORITY_UPDATE, 0, 0,
                     h2peer.number(2 * i + 1) + b'u=%d' % i) +
        ask(p, 2 * i + 1, '/file.bin', extra=[('range', 'bytes=0-9,20-29')])
        for i in range(8))


def spoken():
    """What the HTTP/2 suite says, behind SETTINGS; at most a few hundred."""
    begin = h2peer.frame(h2peer.SETTINGS, 0, 0)
    for table in test_frames.CONNECTION, test_frames.STREAM:
        for name, (make, _) in table.items():
            data = make(h2peer.Speaker())
            if not data.startswith(h2peer.PREFACE):
                yield seed_name(name), begin + data
    for name, fields in test_requests.MALFORMED.items():
        p = h2peer.Speaker()
        yield seed_name(name), begin + h2peer.frame(
            h2peer.HEADERS, 5, 1, p.encoder.encode(fields)) + p.request(3)
    for name, data in conversations(h2peer.Speaker()):
        yield name, begin + data


def seed_name(name):
    return re.sub('[^a-z0-9.]+', '-', name.lower()).strip('-')


def main():
    cases = [case for path in sorted(glob.glob(CASES + '/*.txt'))
             for case in rawhttp.load(path)]
    messages = [(case.name, sent(case)) for case in cases]
    messages = [m for m in messages if len(m[1]) <= SEED_SIZE_MAX]
    for folder, part in TARGETS.items():
        seeds = [(name, part(message)) for name, message in messages]
        if folder == 'date':
            seeds += [('date-%d' % i, date.encode())
                      for i, date in enumerate(DATES)]
        write(folder, spread(seeds, SEEDS_MAX))
    write('listing', [('name-%d' % i, FACTS[i % len(FACTS)] + name)
                      for i, name in enumerate(NAMES)])
    write('sock_diag', [('messages-%d' % i, data)
                        for i, data in enumerate(MESSAGES)])
    write('page', [('page-%d' % i, data) for i, data in enumerate(PAGES)])
    write('packet', [('segment-%d' % i, data)
                     for i, data in enumerate(SEGMENTS)])
    for folder, texts in (('redirects', REDIRECTS), ('headers', HEADERS)):
        write(folder, [('%s-%d' % (folder, i), text.encode())
                       for i, text in enumerate(texts)])
    # Two conversations of each kind behind different control bytes.
    whole = spread(messages, 2 * SEEDS_MAX)
    write('h1', [(name, CONTROLS[i % len(CONTROLS)] + data)
                 for i, (name, data) in enumerate(whole)])


    write('h2', [(name, CONTROLS[i % len(CONTROLS)] + data)
                 for i, (name, data) in enumerate(spoken())])


if __name__ == '__main__':
    main()
