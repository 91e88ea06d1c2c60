#!/usr/bin/python3
"""Holds src/ to the architecture: what may include what, and how large.

usage: test/arch.py [DIR]         checks DIR/src, here by default
       test/arch.py --self-test   checks that each rule finds what it is for

Every finding says where, which rule, what, and why. A case is one rule on
one file; the last line is 'N passed, N failed'. ARCHITECTURE.md has the
reasons; this file decides.
"""
import collections
import os
import re
import sys
import tempfile

# Which layers a layer may include besides itself; wire and io are siblings.
BELOW = {
    'base': (),
    'http': ('base',),
    'wire': ('base', 'http'),
    'io': ('base', 'http/resource.h'),
    'server': ('base', 'http', 'wire', 'io'),
    'lab': ('base', 'http', 'io'),
    'cmd': ('base', 'http', 'wire', 'io', 'server', 'lab'),
}
PURE = ('base', 'http', 'wire')
NEVER_LOG = ('http', 'wire', 'io')
# The one file below io/ that may write: the log itself.
LOG = 'base/log.c'
# What single files may use beyond that: a heap with a limit, a library that
# only computes.
HEAP = ({'stdlib.h'}, {'malloc', 'calloc', 'free'})
MAY_ALSO = {
    'base/pool.c': HEAP,
    'base/map.c': HEAP,
    'base/digest.c': ({'openssl/sha.h'}, set()),
    'server/qr.c': ({'qrencode.h'}, set()),
}
NOTHING = (set(), set())

# The headers of C and POSIX that declare no system call and no allocation.
PURE_HEADERS = set('''assert.h endian.h errno.h inttypes.h limits.h stdalign.h
    stdarg.h stdbool.h stddef.h stdint.h string.h strings.h'''.split())
# Protocol libraries: bytes in, bytes out.
WIRE_LIBRARIES = ('openssl/', 'nghttp2/', 'ngtcp2/', 'nghttp3/')
# server/ allocates at start and formats; the kernel it reaches through io/.
SERVER_HEADERS = PURE_HEADERS | {'stdlib.h', 'stdio.h', 'signal.h'}

BANNED = set('''strcpy stpcpy strcat sprintf vsprintf strtok strtok_r gets
    atoi atol atoll atof alloca system popen'''.split())
WRITES = set('''printf fprintf vprintf vfprintf dprintf puts putchar fputs
    fwrite perror syslog'''.split())
IMPURE = WRITES | set('''malloc calloc realloc reallocarray free strdup
    strndup asprintf time clock_gettime gettimeofday localtime localtime_r
    gmtime gmtime_r mktime timegm strftime getenv rand srand random getrandom
    exit _exit abort syscall read write pread pwrite open openat close socket
    bind listen accept accept4 connect send sendto sendmsg recv recvfrom
    recvmsg poll select ioctl fcntl mmap munmap fork kill signal sigaction
    sleep usleep nanosleep'''.split())

FUNCTION_LINES, PARAMETERS, FILE_LINES, COLUMNS = 70, 5, 450, 80
COMMENT_LINES = range(3, 15)    # 1 to 12 of text, and the two delimiters
# A file of these may be longer when its opening comment says
# "arch: long, because ...".
MAY_BE_LONG = re.compile(r'(wire/h[23]|lab/)')

Function = collections.namedtuple('Function', 'line lines name parameters')

TOKEN = re.compile(r'//[^\n]*|/\*.*?\*/|"(?:\\.|[^"\\\n])*"'
                   r"|'(?:\\.|[^'\\\n])*'", re.S)


def without(text, kinds):
    """Blanks out tokens that begin with one of `kinds`; lines stay lines."""
    def blank(match):
        token = match.group()
        if token[0] not in kinds:
            return token
        return token[0] * 2 if token[0] != '/' else '\n' * token.count('\n')
    return TOKEN.sub(blank, text)


class File:
    """One source file, and what the rules ask of it."""

    def __init__(self, path, text):
        self.path = path                    # relative to src/
        self.layer = path.split('/')[0]
        self.stem, self.kind = os.path.splitext(path)
        self.text = text
        self.lines = text.splitlines()
        self.code = without(text, '/"\'').splitlines()
        self.includes = [
            (line, *match.groups()) for line, match in enumerate(
                map(INCLUDE.match, without(text, '/').splitlines()), 1)
            if match]
        self.functions = list(functions(self.code))


INCLUDE = re.compile(r'\s*#\s*include\s*([<"])([^>"]+)[>"]')


def functions(code):
    """A function's braces stand alone in the first column; nothing else's."""
    opened = None
    for at, line in enumerate(code):
        if line.rstrip() == '{':
            opened = at
        elif line.rstrip() == '}' and opened is not None:
            first = signature_start(code, opened)
            name, count = parameters(' '.join(code[first:opened]))
            yield Function(first + 1, at - first + 1, name, count)
            opened = None


def signature_start(code, opened):
    first = opened
    while first > 0:
        above = code[first - 1].rstrip()
        if not above or above[0] == '#' or above[-1] in ';}\\':
            break
        first -= 1
    return first


def parameters(signature):
    """The name before the last outermost parenthesis, and its commas."""
    depth = commas = begin = end = 0
    for at, c in enumerate(signature):
        if c == '(':
            if depth == 0:
                begin, commas = at, 0
            depth += 1
        elif c == ')':
            depth -= 1
            end = at
        elif c == ',' and depth == 1:
            commas += 1
    name = re.search(r'(\w+)\s*$', signature[:begin])
    inside = signature[begin + 1:end].strip()
    count = 0 if inside in ('', 'void') else commas + 1
    return name.group(1) if name else '?', count


def is_ours(bracket, target):
    return bracket == '"' or target.split('/')[0] in BELOW


def check_layer(file, tree):
    """a layer knows only those below it; wire and io are siblings"""
    if file.layer not in BELOW or '/' not in file.path:
        yield 1, 'no layer of that name: ' + ', '.join(BELOW)
        return
    allowed = (file.layer,) + BELOW[file.layer]
    for line, bracket, target in file.includes:
        if not is_ours(bracket, target):
            continue
        if target not in tree:
            yield line, '"%s" is no file of src (write layer/file)' % target
        elif target.split('/')[0] not in allowed and target not in allowed:
            yield line, '%s includes %s, it may: %s' % (
                file.layer, target, ', '.join(allowed))
        elif target == 'base/log.h' and file.layer in NEVER_LOG:
            yield line, file.layer + ' never logs'


def header_is_allowed(file, header):
    if file.path == LOG or header in MAY_ALSO.get(file.path, NOTHING)[0]:
        return True
    if file.layer in PURE:
        return header in PURE_HEADERS or (
            file.layer == 'wire' and header.startswith(WIRE_LIBRARIES))
    return file.layer != 'server' or header in SERVER_HEADERS


def check_system(file, _):
    """only io talks to the kernel; decisions and protocols are pure"""
    for line, bracket, target in file.includes:
        if not is_ours(bracket, target) and \
                not header_is_allowed(file, target):
            yield line, '<%s> in %s' % (target, file.layer)


def check_call(file, _):
    """unbounded, or impure where everything must be pure"""
    banned = set(BANNED)
    if file.layer in PURE and file.path != LOG:
        banned |= IMPURE
    banned -= MAY_ALSO.get(file.path, NOTHING)[1]
    if file.layer in NEVER_LOG:
        banned |= WRITES
    # Not a member's name: op->read(...) is a table of functions.
    call = re.compile(r'(?<![\w.>])(%s)\s*\(' % '|'.join(sorted(banned)))
    for line, code in enumerate(file.code, 1):
        for match in call.finditer(code):
            yield line, '%s() in %s' % (match.group(1), file.layer)


def reachable(stem, uses):
    seen, todo = set(), [stem]
    while todo:
        for used in uses.get(todo.pop(), ()):
            if used not in seen:
                seen.add(used)
                todo.append(used)
    return seen


def check_cycle(file, tree):
    """files that need each other are one file that nobody can read alone"""
    uses = collections.defaultdict(set)
    for other in tree.values():
        for _, _, target in other.includes:
            if target in tree and tree[target].stem != other.stem:
                uses[other.stem].add(tree[target].stem)
    from_here = reachable(file.stem, uses)
    if file.stem in from_here:
        back = [s for s in from_here if file.stem in reachable(s, uses)]
        # Once per cycle: at the first file of its first member.
        members = [f for f in sorted(tree) if tree[f].stem in back]
        if members[0] == file.path:
            yield 1, 'in a cycle: ' + ' '.join(sorted(back))


def check_function(file, _):
    """a reader holds one screen in mind"""
    for f in file.functions:
        if f.lines > FUNCTION_LINES:
            yield f.line, '%s has %d lines, at most %d' % (
                f.name, f.lines, FUNCTION_LINES)


def check_parameters(file, _):
    """more is a struct that has no name yet"""
    for f in file.functions:
        if f.parameters > PARAMETERS:
            yield f.line, '%s has %d parameters, at most %d' % (
                f.name, f.parameters, PARAMETERS)


def check_brace(file, _):
    """a function's brace on its own line: so are functions measured"""
    for line, code in enumerate(file.code, 1):
        if re.match(r'[A-Za-z_].*\)\s*\{', code) and '=' not in code:
            yield line, 'the brace of a function ends its line'


def check_length(file, _):
    """split by meaning before nobody can"""
    count = len(file.lines)
    if file.kind == '.def' or count <= FILE_LINES:
        return
    opening = TOKEN.match(file.text)
    if MAY_BE_LONG.match(file.path) and opening and \
            re.search(r'arch: long, because \w+', opening.group()):
        return
    yield FILE_LINES, '%d lines, at most %d' % (count, FILE_LINES)


def check_comment(file, _):
    """a file says first what it is and what it must not know"""
    opening = TOKEN.match(file.text)
    if not opening or not opening.group().startswith('/*'):
        yield 1, 'no opening comment'
        return
    count = opening.group().count('\n') + 1
    words = len(re.findall(r'\w+', opening.group()))
    if count not in COMMENT_LINES or words < 5:
        yield 1, 'the opening comment has %d lines and %d words' % (
            count, words)


def check_width(file, _):
    """two files side by side"""
    if file.kind == '.def':
        return
    for line, text in enumerate(file.lines, 1):
        columns = len(text.expandtabs(8))
        if columns > COLUMNS:
            yield line, '%d columns, at most %d' % (columns, COLUMNS)


RULES = {
    'layer': check_layer,
    'system': check_system,
    'call': check_call,
    'cycle': check_cycle,
    'function': check_function,
    'parameters': check_parameters,
    'brace': check_brace,
    'length': check_length,
    'comment': check_comment,
    'width': check_width,
}


def read_tree(top):
    src = os.path.join(top, 'src')
    tree = {}
    for folder, _, names in os.walk(src):
        for name in names:
            if name.endswith(('.c', '.h', '.def')):
                path = os.path.join(folder, name)
                with open(path, encoding='utf-8') as file:
                    key = os.path.relpath(path, src)
                    tree[key] = File(key, file.read())
    return tree


def findings(tree):
    """All of them: (path, rule, [(line, what)]), also those without any."""
    for path in sorted(tree):
        for rule, check in RULES.items():
            yield path, rule, list(check(tree[path], tree))


def check(top):
    passed = failed = 0
    for path, rule, found in findings(read_tree(top)):
        for line, what in found:
            print('src/%s:%d: %s: %s (%s)' % (
                path, line, rule, what, RULES[rule].__doc__))
        passed += not found
        failed += bool(found)
    return passed, failed


# The self-test: small trees, each with the rules that must speak, no others.
HEAD = '/*\n * A file that is here to be found wanting.\n */\n'


def body(lines, parameters_='void'):
    """A function of so many lines, the signature and its braces included."""
    return 'int f(%s)\n{\n%s}\n' % (parameters_, '\tg();\n' * (lines - 3))


def five(extra=''):
    return 'int a, char *b, void (*c)(int, int), long d, int e' + extra


LONG = ' * arch: long, because its states are one automaton.\n'
CASES = (
    ('a good tree', '', {
        'base/a.h': HEAD + '#include <stdint.h>\n',
        'http/b.c': HEAD + '#include "base/a.h"\n#include "http/b.h"\n',
        'http/b.h': HEAD, 'http/resource.h': HEAD,
        'io/c.c': HEAD + '#include <sys/socket.h>\n'
                         '#include "http/resource.h"\n',
        'server/d.c': HEAD + '#include "http/b.h"\n',
        'cmd/main.c': HEAD + '#include <stdio.h>\n'}),
    ('base includes http', 'layer', {
        'base/a.c': HEAD + '#include "http/b.h"\n', 'http/b.h': HEAD}),
    ('http includes wire', 'layer', {
        'http/a.c': HEAD + '#include "wire/b.h"\n', 'wire/b.h': HEAD}),
    ('wire includes io', 'layer', {
        'wire/a.c': HEAD + '#include "io/b.h"\n', 'io/b.h': HEAD}),
    ('io includes wire', 'layer', {
        'io/a.c': HEAD + '#include "wire/b.h"\n', 'wire/b.h': HEAD}),
    ('io includes more of http', 'layer', {
        'io/a.c': HEAD + '#include "http/plan.h"\n', 'http/plan.h': HEAD}),
    ('server includes lab', 'layer', {
        'server/a.c': HEAD + '#include "lab/b.h"\n', 'lab/b.h': HEAD}),
    ('lab includes server', 'layer', {
        'lab/a.c': HEAD + '#include "server/b.h"\n', 'server/b.h': HEAD}),
    ('server includes cmd', 'layer', {
        'server/a.c': HEAD + '#include <cmd/b.h>\n', 'cmd/b.h': HEAD}),
    ('a name without its layer', 'layer', {
        'base/a.c': HEAD + '#include "a.h"\n', 'base/a.h': HEAD}),
    ('a folder that is no layer', 'layer', {'util/a.c': HEAD}),
    ('a file in no folder', 'layer', {'a.c': HEAD}),
    ('io logs', 'layer', {
        'io/a.c': HEAD + '#include "base/log.h"\n', 'base/log.h': HEAD}),
    ('server may log', '', {
        'server/a.c': HEAD + '#include "base/log.h"\n', 'base/log.h': HEAD}),
    ('a commented include', '', {
        'base/a.c': HEAD + '/* #include "io/b.h" */\n'}),
    ('sockets in http', 'system', {
        'http/a.c': HEAD + '#include <sys/socket.h>\n'}),
    ('the time in wire', 'system', {'wire/a.c': HEAD + '#include <time.h>\n'}),
    ('malloc in http', 'system', {'http/a.h': HEAD + '#include <stdlib.h>\n'}),
    ('files in base', 'system', {'base/a.c': HEAD + '#include <fcntl.h>\n'}),
    ('sockets in server', 'system', {
        'server/a.c': HEAD + '#include <sys/epoll.h>\n'}),
    ('a library in http', 'system', {
        'http/a.c': HEAD + '#include <openssl/ssl.h>\n'}),
    ('a library in wire', '', {
        'wire/a.c': HEAD + '#include <openssl/ssl.h>\n'}),
    ('the log writes', '', {
        'base/log.c': HEAD + '#include <unistd.h>\nint f(void)\n{\n'
                             '\twrite(2, "", 0);\n}\n'}),
    ('the pool allocates', '', {
        'base/pool.c': HEAD + '#include <stdlib.h>\nint a = calloc(1, 1);\n'}),
    ('the digest allocates', 'system', {
        'base/digest.c': HEAD + '#include <openssl/sha.h>\n'
                                '#include <stdlib.h>\n'}),
    ('codes are made in one file', '', {
        'server/qr.c': HEAD + '#include <qrencode.h>\n'}),
    ('codes are made in another', 'system', {
        'server/announce.c': HEAD + '#include <qrencode.h>\n'}),
    ('the pool exits', 'call', {'base/pool.c': HEAD + 'int a = exit(1);\n'}),
    ('strcpy', 'call', {'cmd/a.c': HEAD + 'int f(void)\n{\n\tstrcpy(a, b);\n}\n'}),
    ('sprintf in a macro', 'call', {
        'io/a.h': HEAD + '#define SAY(x) sprintf (buffer, x)\n'}),
    ('time in wire', 'call', {'wire/a.c': HEAD + 'int a = time(NULL);\n'}),
    ('free in http', 'call', {'http/a.c': HEAD + 'int a = free(b);\n'}),
    ('printf in io', 'call', {'io/a.c': HEAD + 'int a = printf("");\n'}),
    ('malloc in io', '', {'io/a.c': HEAD + 'void *a = malloc(1);\n'}),
    ('names that are no calls', '', {
        'http/a.c': HEAD + '/* strcpy(a) */\nchar *a = "time(0)";\n'
                           'int b = op->read(1) + op.send(2) + plan_time(3);\n'
                           'int (*write)(int);\n'}),
    ('two headers in a ring', 'cycle', {
        'base/a.h': HEAD + '#include "base/b.h"\n',
        'base/b.h': HEAD + '#include "base/a.h"\n'}),
    ('three modules in a ring', 'cycle', {
        'base/a.c': HEAD + '#include "base/b.h"\n', 'base/a.h': HEAD,
        'base/b.c': HEAD + '#include "base/c.h"\n', 'base/b.h': HEAD,
        'base/c.c': HEAD + '#include "base/a.h"\n', 'base/c.h': HEAD}),
    ('a diamond', '', {
        'base/a.c': HEAD + '#include "base/b.h"\n#include "base/c.h"\n',
        'base/b.h': HEAD + '#include "base/d.h"\n',
        'base/c.h': HEAD + '#include "base/d.h"\n', 'base/d.h': HEAD}),
    ('71 lines', 'function', {'base/a.c': HEAD + body(71)}),
    ('70 lines', '', {'base/a.c': HEAD + body(70)}),
    ('71 lines in a header', 'function', {
        'base/a.h': HEAD + 'static inline ' + body(71)}),
    ('69 lines, a signature of 2', 'function', {
        'base/a.c': HEAD + body(70, 'int a,\n\tint b')}),
    ('6 parameters', 'parameters', {
        'base/a.c': HEAD + body(5, five(', int x'))}),
    ('6 parameters on two lines', 'parameters', {
        'base/a.c': HEAD + body(5, five(',\n\tint x'))}),
    ('5 parameters', '', {'base/a.c': HEAD + body(5, five())}),
    ('a brace that hides a function', 'brace', {
        'base/a.c': HEAD + 'int f(void) {\n\treturn 0;\n}\n'}),
    ('451 lines', 'length', {'base/a.c': HEAD + '\n' * 448}),
    ('450 lines', '', {'base/a.c': HEAD + '\n' * 447}),
    ('a long table', '', {'http/a.def': HEAD + '\n' * 900}),
    ('a long file with a reason', '', {
        'wire/h2_frame.c': HEAD.replace(' */', LONG + ' */') + '\n' * 500}),
    ('a reason where none counts', 'length', {
        'http/a.c': HEAD.replace(' */', LONG + ' */') + '\n' * 500}),
    ('no comment', 'comment', {'base/a.h': '#pragma once\n'}),
    ('a comment that says nothing', 'comment', {'base/a.c': '/*\n * a.c\n */\n'}),
    ('a comment that says too much', 'comment', {
        'base/a.c': HEAD.replace(' */', ' * and so on\n' * 13 + ' */')}),
    ('a table without a comment', 'comment', {'http/a.def': 'A(1)\n'}),
    ('81 columns', 'width', {'base/a.c': HEAD + '\t' * 10 + 'x\n'}),
    ('80 columns', '', {'base/a.c': HEAD + '\t' * 9 + 'x' * 8 + '\n'}),
    ('a wide table', '', {'http/a.def': HEAD + 'A(%s)\n' % ('x' * 90)}),
)


def spoken(files):
    """The rules that fire on a tree of these files, on disk."""
    with tempfile.TemporaryDirectory() as top:
        for path, text in files.items():
            full = os.path.join(top, 'src', path)
            os.makedirs(os.path.dirname(full), exist_ok=True)
            with open(full, 'w', encoding='utf-8') as file:
                file.write(text)
        return {rule for _, rule, found in findings(read_tree(top)) if found}


def self_test():
    passed = failed = 0
    for name, rule, files in CASES:
        want, got = {rule} - {''}, spoken(files)
        if want == got:
            passed += 1
        else:
            failed += 1
            print('self-test: %s: wanted %s, got %s' % (
                name, sorted(want) or 'nothing', sorted(got) or 'nothing'))
    for rule in set(RULES) - {rule for _, rule, _ in CASES}:
        failed += 1
        print('self-test: no case for the rule ' + rule)
    return passed, failed


def main(arguments):
    if arguments == ['--self-test']:
        passed, failed = self_test()
    elif len(arguments) <= 1 and not arguments[:1] == ['--help']:
        here = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
        passed, failed = check(*(arguments or [here]))
    else:
        sys.exit(__doc__)
    print('%d passed, %d failed' % (passed, failed))
    return 1 if failed else 0


if __name__ == '__main__':
    sys.exit(main(sys.argv[1:]))
