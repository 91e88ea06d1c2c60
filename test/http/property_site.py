"""The sites that test_properties.py asks for, and what is known of them: each
public file's bytes, its codings, whether its name is hashed. Nothing here is
taken from the server; what it ought to do is said once more, in Python.
"""
import base64
import gzip
import hashlib
import os
import subprocess
import time

from support import settle, write
from test_fixture import words

HASHED_SIZE = 1 << 20
COMPRESSIBLE = ('.html', '.css', '.js', '.txt', '.svg', '.json')
SUFFIXES = {'gzip': '.gz', 'br': '.br', 'zstd': '.zst'}
SECRET = b'a secret that no answer may hold'
FOREIGN = 'https://example.com/'

CODERS = {'br': ('brotli', '-c'), 'zstd': ('zstd', '-qc')}
DECODERS = {'br': ('brotli', '-dc'), 'zstd': ('zstd', '-dqc')}

REDIRECTS = '''\
/old          /about                       301
/go/*         /docs/:splat                 302
/out/*        %s:splat  308
/pretty       /assets/app.0a1b2c3d.js      200
/pretty/*     /assets/style.9f8e7d6c.css   200
/gone/*       /404.html                    404
/forced.txt   /about                       307!
''' % FOREIGN

# The worst that a site may say of everything.
HEADERS = '''\
/*
  Cache-Control: public, max-age=31536000, immutable
  X-Frame-Options: DENY
  Vary: Cookie
/docs/:name
  X-Name: :name
/old
  X-Asset: old
'''

TEXTS = ['index.html', 'about.html', '404.html', 'style.css', 'app.js',
         'old.js', 'equal.js', 'picture.svg', 'data.json', 'forced.txt',
         'assets/app.0a1b2c3d.js', 'assets/style.9f8e7d6c.css',
         'assets/plain.js', 'assets/cafe2024.js', 'dir/index.html',
         'docs/read.txt', 'docs/a b.html', 'docs/sub/x.txt',
         'na\u00efve caf\u00e9.txt', 'party \U0001f389.html', 'noext',
         'a+b&c=d;e.txt', 'per%cent.txt', 'quo\'te".txt', 'back\\slash.txt',
         'docs/line\nbreak.txt', 'docs/cr\r\nX-Evil: 1.txt', '<b>.html',
         'q?.txt', 'hash#.txt', 'odd d\u00efr/x.txt', '\\evil/x.txt',
         '.well-known/x.txt']
BINARIES = {'data.bin': 5000, 'packed.bin': 3000, 'big.bin': HASHED_SIZE + 9,
            'one.bin': 1, 'assets/photo.1a2b3c4d5e.png': 40000}
HASHED = {'assets/app.0a1b2c3d.js', 'assets/app.0a1b2c3d.js.gz',
          'assets/style.9f8e7d6c.css', 'assets/photo.1a2b3c4d5e.png'}
# How much younger than its file a sidecar is, in seconds.
SIDECARS = {('app.js', 'gzip'): 60, ('app.js', 'br'): 60,
            ('app.js', 'zstd'): 60, ('old.js', 'gzip'): -60,
            ('old.js', 'br'): 60, ('equal.js', 'gzip'): 0,
            ('packed.bin', 'gzip'): 60, ('index.html', 'br'): 60,
            ('assets/app.0a1b2c3d.js', 'gzip'): 60, ('big.js', 'zstd'): 60}

DIRECTORIES = ['', 'assets', 'dir', 'docs', 'docs/sub', 'odd d\u00efr',
               '\\evil', 'nothing', '.well-known']
HIDDEN = ['.hidden', '.git/config', 'leak.txt', '_headers', '_redirects']
ABSENT = ['absent', 'absent/page', 'absent.js', 'docs/absent', 'pretty/x.y',
          'old', 'go/x', 'go/\\x', 'out/y', 'out/\r\nX-Evil: 1', 'pretty',
          'gone/z', 'pretty/x', 'assets/gone.0a1b2c3d.js']


def text_of(name):
    """Unlike that of any other name, and worth a coding."""
    return ''.join('%s, line %d\n' % (name, i)
                   for i in range(20 + 40 * (len(name) % 7))).encode()


def is_untyped(name):
    """The two files that are empty differ in nothing else."""
    return name.endswith('.bin') or name == 'noext'


def run(command, data):
    return subprocess.run(command, input=data, stdout=subprocess.PIPE,
                          check=True).stdout


def code(coding, data):
    if coding == 'gzip':
        return gzip.compress(data, mtime=0)
    return run(CODERS[coding], data)


def etag_of(content):
    digest = base64.urlsafe_b64encode(hashlib.sha256(content).digest())
    return '"%s"' % digest[:20].decode()


class Site:
    """What is below `root`, and the facts that follow from it."""

    def __init__(self, root, has_rules):
        self.root = root
        self.has_rules = has_rules
        self.hashed = HASHED
        self.files = {name: text_of(name) for name in TEXTS}
        self.files.update((name, words(len(name) << 20, size))
                          for name, size in BINARIES.items())
        self.files.update({
            'empty.txt': b'', 'empty.bin': b'',
            'middle.html': text_of('middle') * 60,
            'big.js': text_of('big') * 1000,
            'twin-1.txt': b'the same' * 50, 'twin-2.txt': b'the same' * 50})
        assert len(self.files['big.js']) > HASHED_SIZE
        self.sidecars = {}
        self.decoded = {}
        self.make()
        self.by_content = {}
        for name, content in self.files.items():
            self.by_content.setdefault((content, is_untyped(name)), name)

    def make(self):
        for name, content in self.files.items():
            settle(write(self.root, name, content))
        for (name, coding), younger in SIDECARS.items():
            self.make_sidecar(name, coding, younger)
        os.mkdir(os.path.join(self.root, 'nothing'))
        for name in ('.hidden', '.git/config', '../secret.txt'):
            write(self.root, name, SECRET)
        os.symlink('../secret.txt', os.path.join(self.root, 'leak.txt'))
        if self.has_rules:
            write(self.root, '_redirects', REDIRECTS)
            write(self.root, '_headers', HEADERS)

    def make_sidecar(self, name, coding, younger):
        coded = code(coding, self.files[name])
        path = write(self.root, name + SUFFIXES[coding], coded)
        when = time.time() // 1 - 3600
        for changed, at in ((os.path.join(self.root, name), when),
                            (path, when + younger)):
            os.utime(changed, (at, at))
        self.files[name + SUFFIXES[coding]] = coded
        if younger >= 0:
            self.sidecars[name, coding] = coded

    def variants(self, name):
        """coding or None -> bytes: the file, and what lies beside it."""
        found = {None: self.files[name]}
        for coding in SUFFIXES:
            if (name, coding) in self.sidecars:
                found[coding] = self.sidecars[name, coding]
        return found

    def is_codable(self, name):
        return name.endswith(COMPRESSIBLE) or len(self.variants(name)) > 1

    def decode(self, coding, body):
        key = coding, hashlib.sha256(body).digest()
        if key not in self.decoded:
            self.decoded[key] = gzip.decompress(body) if coding == 'gzip' \
                else run(DECODERS[coding], body)
        return self.decoded[key]

    def name_of(self, answer):
        """The file that the body of a whole answer is, or None."""
        coding = answer['Content-Encoding']
        body = self.decode(coding, answer.body) if coding else answer.body
        return self.by_content.get(
            (body, answer['Content-Type'] == 'application/octet-stream'))
