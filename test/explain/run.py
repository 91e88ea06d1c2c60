#!/usr/bin/python3
"""Compares `hstatic explain` with golden transcripts, word for word.

usage: test/explain/run.py [--update]

Each .txt file here holds requests and their explanations: a line that begins
with "$ " is run in a folder that has the tree `site`, made below; what
follows up to the next is what it must say. Date is masked; the files' times
are fixed. --update writes what is said now into the files: read the
difference before it is committed. The last line is 'N passed, N failed'.
"""
import difflib
import glob
import os
import re
import shlex
import shutil
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
TOP = os.path.dirname(os.path.dirname(HERE))
HSTATIC = os.path.abspath(os.environ.get(
    'HSTATIC', os.path.join(TOP, 'build-test', 'hstatic')))

MODIFIED = 1700000000       # Tue, 14 Nov 2023 22:13:20 GMT

# Name below `site`: content. A sidecar is what its suffix says, or older.
TREE = {
    'index.html': '<h1>Home</h1>\n',
    'about.html': '<h1>About</h1>\n',
    '404.html': '<h1>Lost?</h1>\n',
    'ten.txt': '0123456789',
    'empty.txt': '',
    'long.txt': 'the same line again\n' * 50,
    'picture.png': 'not quite a picture',
    'noextension': 'bytes',
    'docs/index.html': '<h1>Docs</h1>\n',
    'docs/guide.html': '<h1>Guide</h1>\n',
    'downloads/file.bin': 'x' * 100,
    'with space/index.html': 'space',
    'per%cent.txt': 'percent',
    'app.css': 'p { color: red }\n' * 20,
    'app.css.gz': 'g' * 60,
    'app.css.br': 'b' * 50,
    'app.css.zst': 'z' * 55,
    'stale.css': 'p {}\n' * 20,
    'stale.css.gz': 'older than the file',
    'assets/app.3f9a1c7e.js': 'hashed by hexadecimal digits',
    'assets/index-BX3kQ9aZ.js': 'hashed in a folder of a build tool',
    'assets/background.js': 'a word',
    'photo-20240131.jpg': 'a date',
    '.env': 'SECRET=1',
    '.well-known/security.txt': 'Contact: mailto:a@example.org\n',
}
# The same below `ruled`, a site with rules of its own.
RULED = {
    '_redirects': '# moved in 2024\n'
                  '/old/* /new/:splat 301\n'
                  '/about /team 302!\n'
                  '/user/:id /profile.html 200\n'
                  '/wiki/* /lost.html 404\n'
                  '/long/* /%s 301\n' % '/'.join([':splat'] * 10),
    '_headers': '/*\n'
                '  X-Frame-Options: DENY\n'
                '/assets/*\n'
                '  Cache-Control: public, max-age=3600\n'
                '  ! X-Frame-Options\n',
    'index.html': '<h1>Home</h1>\n',
    'about.html': '<h1>About</h1>\n',
    'profile.html': '<h1>Profile</h1>\n',
    'lost.html': '<h1>Lost?</h1>\n',
    'assets/app.3f9a1c7e.js': 'hashed',
    'files/report.pdf': 'a report',
}
BROKEN = {
    '_redirects': '/a /b 299\n/c /d\n',
    '_headers': '/*\n  Content-Length: 7\n',
}
OLDER = {'stale.css.gz'}
LINKS = {
    'inside.txt': 'ten.txt',
    'outside.txt': '../secret.txt',
    'absolute.txt': '/etc/passwd',
    'loop.txt': 'loop.txt',
}


def tree_make(place):
    with open(os.path.join(place, 'secret.txt'), 'w') as f:
        f.write('secret')
    trees = {'site': TREE, 'ruled': RULED, 'broken': BROKEN}
    for tree, name, content in [(tree, *item) for tree in trees
                                for item in trees[tree].items()]:
        path = os.path.join(place, tree, name)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, 'w') as f:
            f.write(content)
        when = MODIFIED - 1000 if name in OLDER else MODIFIED
        os.utime(path, (when, when))
    for name, target in LINKS.items():
        os.symlink(target, os.path.join(place, 'site', name))
    os.mkfifo(os.path.join(place, 'site', 'pipe'))


def explain(place, command):
    """What the command says, and its status when it is not 0."""
    words = shlex.split(command)
    assert words[:2] == ['hstatic', 'explain'], command
    env = {k: v for k, v in os.environ.items()
           if not k.startswith('HSTATIC') and k not in ('PORT', 'HOST')}
    done = subprocess.run([HSTATIC, *words[1:]], cwd=place, env=env,
                          stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, timeout=30)
    text = done.stdout.decode(errors='replace').replace('\r\n', '\n')
    text = re.sub(r'(?m)^([Dd]ate): \w{3}, \d\d \w{3} \d{4} [\d:]{8} GMT$',
                  r'\1: (now)', text)
    # The page's style and script have a test of their own.
    text = re.sub(r"'sha256-[^']*'", "'sha256-(hash)'", text)
    # Editors strip what they cannot show.
    text = re.sub(r'(?m)[ \t]+$', '', text).rstrip('\n') + '\n'
    if done.returncode != 0:
        text += '(status %d)\n' % done.returncode
    return text


def transcripts_read(path):
    """The comment at the top, and (command, what it must say) in order."""
    with open(path) as f:
        comment, *blocks = re.split(r'(?m)^\$ ', f.read())
    cases = []
    for block in blocks:
        command, _, said = block.partition('\n')
        cases.append((command, said.rstrip('\n') + '\n'))
    return comment, cases


def transcripts_write(path, comment, cases):
    with open(path, 'w') as f:
        f.write(comment + '\n'.join('$ %s\n%s' % case for case in cases))


def compare(path, command, want, said):
    if want == said:
        return True
    print('%s: $ %s' % (os.path.relpath(path, TOP), command))
    print(''.join(difflib.unified_diff(
        want.splitlines(True), said.splitlines(True), 'golden', 'now', n=1)))
    return False


def main(arguments):
    if arguments not in ([], ['--update']):
        sys.exit(__doc__.split('\n\n')[1])
    os.umask(0o022)
    place = tempfile.mkdtemp(prefix='explain-')
    passed = failed = 0
    try:
        tree_make(place)
        for path in sorted(glob.glob(os.path.join(HERE, '*.txt'))):
            comment, cases = transcripts_read(path)
            now = [(command, explain(place, command))
                   for command, _ in cases]
            if arguments:
                transcripts_write(path, comment, now)
                cases = now
            for (command, want), (_, said) in zip(cases, now):
                is_same = compare(path, command, want, said)
                passed += is_same
                failed += not is_same
    finally:
        shutil.rmtree(place, ignore_errors=True)
    print('%d passed, %d failed' % (passed, failed))
    return 1 if failed or not passed else 0


if __name__ == '__main__':
    sys.exit(main(sys.argv[1:]))
