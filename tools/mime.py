#!/usr/bin/python3
"""mime.py [MIME.TYPES]: writes src/http/mime.def to stdout.

The registry is Debian's (package media-types); OVERRIDES has what it lacks,
or decides otherwise than a site builder expects. The output is committed, so
that the build reads nothing outside the repository.
"""
import re
import sys

OVERRIDES = """
text/javascript                 js mjs cjs
application/json                json map har topojson
application/manifest+json       webmanifest
application/json5               json5
application/x-ndjson            ndjson jsonl
application/toml                toml
application/yaml                yaml yml
application/graphql             graphql gql
application/x-ipynb+json        ipynb
application/rss+xml             rss
application/gpx+xml             gpx
application/rdf+xml             owl
application/xml                 xsd
application/x-plist             plist
application/x-protobuf          pbf
application/vnd.pmtiles         pmtiles
application/vnd.apache.parquet  parquet
application/x-bzip2             bz2
application/x-brotli            br
application/x-lz4               lz4
application/zip                 whl
application/x-chrome-extension  crx
application/vnd.appimage        appimage
audio/midi                      mid midi kar
audio/wav                       wav
audio/webm                      weba
video/3gpp                      3gp
video/3gpp2                     3g2
video/mp2t                      m2ts m2t
image/vnd.microsoft.icon        ico cur
image/vnd.ms-dds                dds
image/x-tga                     tga
text/asciidoc                   adoc
text/jsx                        jsx
text/tsx                        tsx
text/mdx                        mdx
text/x-scss                     scss
text/x-sass                     sass
text/x-less                     less
text/x-rst                      rst
text/x-sh                       sh bash zsh fish
text/x-csh                      csh
text/x-tcl                      tcl
text/x-ssa                      ass ssa
text/plain                      log conf cfg ini env lock nfo jsonc proto
text/plain                      go rs swift kt lua rb vue svelte astro org
text/plain                      glsl vert frag comp hlsl
text/plain                      md5 sha1 sha256 sha512 sum minisig

# Among those who build sites .ts is TypeScript far more often than an MPEG
# transport stream, and a source shown as a video is shown as nothing. Players
# of HLS go by the playlist, not by the type of its segments.
text/typescript                 ts mts cts

# An archive of object files, not the text format that claims the suffix.
application/octet-stream        a

# We send no Content-Encoding for what is stored compressed, so it must not
# pass for the picture, or the archive, inside.
application/gzip                svgz tgz taz
"""

# Beside text/*, *+json, *+xml: formats that carry no compression of their own.
COMPRESSIBLE = """
application/graphql application/json application/json5 application/mbox
application/n-quads application/n-triples application/postscript
application/rtf application/sparql-query application/sql application/toml
application/vnd.apple.mpegurl application/vnd.ms-fontobject application/wasm
application/x-ndjson application/x-plist application/x-tar application/x-tex
application/xml application/xml-dtd application/yaml
audio/midi font/otf font/sfnt font/ttf font/collection
image/bmp image/vnd.microsoft.icon image/x-tga image/x-portable-anymap
image/x-portable-bitmap image/x-portable-graymap image/x-portable-pixmap
image/x-xbitmap image/x-xpixmap model/gltf-binary model/mtl model/obj model/stl
model/vrml
""".split()

# Longer ones, and those with dots of their own, are no use after a last dot.
EXTENSION = re.compile(r"[a-z0-9][a-z0-9+_-]{0,14}$")

HEAD = """/*
 * Media types by extension, sorted by extension for a binary search:
 * MIME(extension in lower case, Content-Type, worth a content coding)
 * Written by tools/mime.py from the registry of Debian's media-types and the
 * overrides there: change those, not this.
 */
/* clang-format off */"""


def entries(text):
    """(extension, type) pairs, in the order of the text."""
    for line in text.splitlines():
        words = line.split("#")[0].split()
        for extension in words[1:]:
            yield extension, words[0]


def table(registry):
    types = {}
    # Where two spellings or two types share an extension, the registry's
    # lower case and its first type win: registered before experimental.
    pairs = sorted(entries(registry), key=lambda pair: not pair[0].islower())
    for extension, kind in pairs:
        types.setdefault(extension.lower(), kind)
    types.update(entries(OVERRIDES))
    return {e: t for e, t in types.items() if EXTENSION.match(e)}


def is_compressible(kind):
    return (kind.startswith("text/") or kind.endswith(("+json", "+xml"))
            or kind in COMPRESSIBLE)


def main():
    path = sys.argv[1] if len(sys.argv) > 1 else "/etc/mime.types"
    with open(path, encoding="utf-8") as file:
        types = table(file.read())
    print(HEAD)
    for extension, kind in sorted(types.items()):
        charset = "; charset=utf-8" if kind.startswith("text/") else ""
        worth = "true" if is_compressible(kind) else "false"
        print(f'MIME("{extension}", "{kind}{charset}", {worth})')


main()
