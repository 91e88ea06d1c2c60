# The front door. `make help` lists what it opens.
PORT   ?= 8080
ADMIN  ?= localhost:8081
PREFIX ?= /usr/local
TIME   ?= 60

bin = $(DESTDIR)$(PREFIX)/bin
man = $(DESTDIR)$(PREFIX)/share/man
pages = $(wildcard doc/*.1 doc/*.5)

.PHONY: build run test check bench fuzz compilers install uninstall clean help

build: ## compile the release binary, build/hstatic (the default)
	@tools/deps build
	@tools/build build

run: build ## serve site/ at http://localhost:$PORT (8080), /xray at $ADMIN
	@echo 'Serving site/ at http://localhost:$(PORT)/ (Ctrl-C stops it)'
	@echo 'Watching it at http://$(ADMIN)/xray'
	@exec build/hstatic --port $(PORT) --admin $(ADMIN) site

test: ## build with sanitizers and without, run every suite
	@tools/deps test
	@/usr/bin/python3 test/run.py

check: ## format, architecture and unit tests: seconds
	@tools/check

compilers: ## build with gcc and with clang, no warning allowed
	@tools/deps test
	@/usr/bin/python3 test/run.py compilers

bench: ## measure beside floors and peers (QUICK=1: below 3 minutes)
	@tools/deps build
	@tools/deps bench
	@tools/build build -- hstatic bench/floor bench/load
	@/usr/bin/python3 bench/run.py

fuzz: ## fuzz each target for $TIME seconds (60)
	@tools/deps fuzz
	@TIME=$(TIME) tools/fuzz

install: build ## install below $DESTDIR$PREFIX (/usr/local)
	install -D -m 755 build/hstatic '$(bin)/hstatic'
	@for page in $(pages); do \
		install -v -D -m 644 "$$page" \
			"$(man)/man$${page##*.}/$${page##*/}" || exit 1; \
	done

uninstall: ## remove what install installed
	rm -f '$(bin)/hstatic'
	@for page in $(pages); do \
		rm -fv "$(man)/man$${page##*.}/$${page##*/}" || exit 1; \
	done

clean: ## remove every build directory
	rm -rf build build-*

help: ## this list
	@sed -n 's/^\([a-z]*\):.*## \(.*\)/make \1\t\2/p' Makefile | expand -t 18
