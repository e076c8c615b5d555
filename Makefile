# stdmail: pop3d and imapd.  GNU make; everything made lies in build/.
#
#   make                 both programs, in build/bin
#   make CC=clang B=build/clang    the same elsewhere, with another compiler
#   make SAN=1 B=build/san         under ASan and UBSan
#
#   sudo make deps demo            try it: installs what it needs, shows both
#   sudo make deps check           all tests; the last line counts them
#   make lint fuzz bench check-system
#   make install uninstall         DESTDIR= PREFIX= and the paths below

CC     ?= cc
B      ?= build
CFLAGS ?= -O2 -g

PREFIX       ?= /usr/local
libexecdir   ?= $(PREFIX)/libexec/stdmail
bindir       ?= $(PREFIX)/bin
mandir       ?= $(PREFIX)/share/man
docdir       ?= $(PREFIX)/share/doc/stdmail
unitdir      ?= $(PREFIX)/lib/systemd/system
sysusersdir  ?= $(PREFIX)/lib/sysusers.d
pamdir       ?= /etc/pam.d

VERSION = 0.1

WARN = -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wstrict-prototypes \
	-Wmissing-prototypes -Wcast-qual -Wwrite-strings -Wformat=2 -Wvla \
	-Wundef -Wimplicit-fallthrough $(if $(CI),-Werror)
HARDEN = -fstack-protector-strong -fPIE \
	$(if $(SAN),,-U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=2)
SANITIZE = $(if $(SAN),-fsanitize=address$(,)undefined \
	-fno-sanitize-recover=undefined -fno-omit-frame-pointer) \
	$(if $(FUZZ),-fsanitize=fuzzer-no-link)
, := ,

LIBS    = libsystemd lmdb libssl libcrypto zlib libutf8proc libzstd
# Asked once, at first use: "make deps all" installs them before that.
PKG     = $(eval PKG := $$(shell pkg-config --cflags $(LIBS)))$(PKG)
# Not linked: common/tls.c loads libssl, in one process of three, and
# common/systemd.c libsystemd, in accept loops.
LDLIBS  = $(eval LDLIBS := $$(shell pkg-config --libs \
	$(filter-out libsystemd libssl libcrypto,$(LIBS))) -lpam)$(LDLIBS)

ALL_CFLAGS = -std=c17 -D_GNU_SOURCE -DVERSION='"$(VERSION)"' -I. -I$(B)/gen \
	$(PKG) $(WARN) $(HARDEN) $(SANITIZE) $(CPPFLAGS) $(CFLAGS)
# ASan stands in for crypt(3) and calls the real one, which pam_unix loads too
# late for it: so the program has it from the start.
LINK = $(CC) $(SANITIZE) $(if $(SAN),-Wl$(,)--no-as-needed -lcrypt) \
	-pie -Wl,-z,relro,-z,now,--as-needed $(LDFLAGS)

obj = $(patsubst %.c,$(B)/obj/%.o,$(wildcard $1/*.c))

.PHONY: all
all: $(B)/bin/pop3d $(B)/bin/imapd

$(B)/obj/%.o: %.c | $(B)/libs
	@mkdir -p $(@D)
	$(CC) $(ALL_CFLAGS) -MMD -MP -c -o $@ $<

# What a compiler would say in forty lines, in one.
$(B)/libs:
	@pkg-config --print-errors --exists $(LIBS) pam || { \
		echo "A library is missing.  On Debian: sudo make deps"; \
		exit 1; \
	} >&2
	@mkdir -p $(@D)
	@touch $@

# The seccomp filters, made by a program that runs on the building machine.
HOSTCC ?= cc
$(B)/gen/filters.h: common/gen/filters.c
	@mkdir -p $(@D)
	$(HOSTCC) -std=c17 -D_GNU_SOURCE $(WARN) -o $(@D)/filters $< \
		$(shell pkg-config --cflags --libs libseccomp)
	$(@D)/filters > $@.new && mv $@.new $@
$(B)/obj/common/confine.o: $(B)/gen/filters.h

# The rooms as archives: a test links what it needs of them and no more.
$(B)/common.a: $(call obj,common)
$(B)/pop3d.a: $(filter-out %/main.o,$(call obj,pop3d))
$(B)/imapd.a: $(filter-out %/main.o,$(call obj,imapd))
$(B)/%.a:
	@rm -f $@
	$(AR) rcs $@ $^

$(B)/bin/pop3d: $(B)/obj/pop3d/main.o $(B)/pop3d.a $(B)/common.a
$(B)/bin/imapd: $(B)/obj/imapd/main.o $(B)/imapd.a $(B)/common.a
$(B)/bin/%:
	@mkdir -p $(@D)
	$(LINK) -o $@ $^ $(LDLIBS)

# For valgrind, which seccomp would kill: the programs without their walls, and
# scripts of their names that run them under it.  What it finds is status 99.
.PHONY: valgrind
valgrind: $(addprefix $(B)/valgrind/bin/,pop3d imapd)
$(B)/valgrind/bin/%: $(B)/obj/%/main.o $(B)/obj/tests/fake/confine.o $(B)/%.a \
		$(B)/common.a
	@mkdir -p $(@D)
	$(LINK) -o $@.open $^ $(LDLIBS)
	printf '%s\n' '#!/bin/sh' 'exec valgrind -q --error-exitcode=99 "$${0%/*}/$(@F).open" "$$@"' >$@
	chmod 755 $@

# Unit tests: one program for each tests/unit/*.c.
UNIT = $(patsubst tests/unit/%.c,$(B)/unit/%,$(wildcard tests/unit/*.c))
$(B)/unit/%: $(B)/obj/tests/unit/%.o $(B)/pop3d.a $(B)/imapd.a $(B)/common.a
	@mkdir -p $(@D)
	$(LINK) -o $@ $^ $(LDLIBS)
.PHONY: unit
unit: $(UNIT)
.SECONDARY:

# What Debian 12 calls the things we need.  The goals named beside deps decide
# how much of it: "make deps" what the build needs, "make deps demo" a server
# to try it, "make deps check" everything the tests and lint use.
BUILD_PACKAGES = gcc libc6-dev make pkg-config libsystemd-dev liblmdb-dev \
	libssl-dev zlib1g-dev libutf8proc-dev libzstd-dev libpam0g-dev \
	libseccomp-dev
DEMO_PACKAGES = systemd python3 passwd
TEST_PACKAGES = bats python3 clang libclang-rt-14-dev clang-format clang-tidy \
	cppcheck shellcheck valgrind mandoc passwd procps iproute2 strace openssl \
	netbase systemd systemd-container mmdebstrap curl fetchmail getmail6 \
	mpop isync mutt dovecot-imapd dovecot-pop3d e2fsprogs xfsprogs \
	libwrap0 libtirpc3 libnsl2 libbsd0 libevent-2.1-7 \
	libgdbm6 libidn12 libpcre3 zstd
# Unpacked below build/, never installed: see tests/lib/deps.sh.
TEST_FETCHED = xinetd openbsd-inetd $(COURIER_PACKAGES)
# Its packages and Dovecot's exclude each other.
COURIER_PACKAGES = courier-imap courier-pop courier-base courier-authdaemon \
	courier-authlib libcourier-unicode4 libgamin0 gamin libltdl7

# npm itself, unless one from elsewhere is there (that excludes Debian's).
TEST_PACKAGES += $(if $(shell command -v npm),,nodejs npm)

TESTING = $(filter check check-system lint fuzz bench,$(MAKECMDGOALS))
.PHONY: deps
deps:
	@tests/lib/deps.sh build/debian $(BUILD_PACKAGES) \
		$(if $(filter demo,$(MAKECMDGOALS)),$(DEMO_PACKAGES)) \
		$(if $(TESTING),$(TEST_PACKAGES) -- $(TEST_FETCHED))
ifneq ($(filter deps,$(MAKECMDGOALS)),)
.NOTPARALLEL:
endif

# A client of npm's, at the versions of its lock file; without npm or a network
# its test is skipped.
.PHONY: imapflow
imapflow:
	@mkdir -p build/imapflow
	@cmp -s tests/clients/imapflow/package-lock.json \
		build/imapflow/package-lock.json || { \
		cp tests/clients/imapflow/package*.json build/imapflow && \
		cd build/imapflow && npm ci --no-audit --no-fund \
			--ignore-scripts >npm.log 2>&1; \
	} || { rm -f build/imapflow/package-lock.json; \
		echo "imapflow cannot be installed"; }

.PHONY: check check-system
check: imapflow
	@tests/lib/check.sh
check-system: all
	@B=$(B) bats tests/system tests/bench

# Nothing is started or enabled.  Where the files name a program, they name
# it where it is put; a PAM file that is there already stays as it is.
UNITS    = $(wildcard units/*.socket units/*.service)
SYSUSERS = $(wildcard units/*.sysusers)
PAM      = $(wildcard units/*.pam)
EXAMPLES = $(filter-out $(UNITS) $(SYSUSERS) $(PAM),$(wildcard units/*))
MAN8     = $(wildcard pop3d/*.8 imapd/*.8)
PLACED   = sed -E 's,(^|[= \t])/[^ ]*/(pop3d|imapd)( |\t|$$),\1$(libexecdir)/\2\3,'
.PHONY: install uninstall
install: all
	install -d $(addprefix $(DESTDIR),$(libexecdir) $(bindir) $(unitdir) \
		$(sysusersdir) $(pamdir) $(mandir)/man8 $(docdir))
	install $(B)/bin/pop3d $(B)/bin/imapd $(DESTDIR)$(libexecdir)
	ln -sf $(libexecdir)/pop3d $(libexecdir)/imapd $(DESTDIR)$(bindir)
	for f in $(notdir $(UNITS)); do \
		$(PLACED) units/$$f >$(DESTDIR)$(unitdir)/$$f || exit 1; \
	done
	for f in $(notdir $(EXAMPLES)); do \
		$(PLACED) units/$$f >$(DESTDIR)$(docdir)/$$f || exit 1; \
	done
	for f in $(notdir $(SYSUSERS:.sysusers=)); do \
		install -m 644 units/$$f.sysusers \
			$(DESTDIR)$(sysusersdir)/$$f.conf || exit 1; \
	done
	for f in $(notdir $(PAM:.pam=)); do \
		test -e $(DESTDIR)$(pamdir)/$$f || install -m 644 \
			units/$$f.pam $(DESTDIR)$(pamdir)/$$f || exit 1; \
	done
	for f in $(MAN8); do \
		install -m 644 $$f $(DESTDIR)$(mandir)/man8 || exit 1; \
	done
uninstall:
	rm -f $(addprefix $(DESTDIR)$(libexecdir)/,pop3d imapd) \
		$(addprefix $(DESTDIR)$(bindir)/,pop3d imapd) \
		$(addprefix $(DESTDIR)$(unitdir)/,$(notdir $(UNITS))) \
		$(addprefix $(DESTDIR)$(docdir)/,$(notdir $(EXAMPLES))) \
		$(patsubst units/%.sysusers,$(DESTDIR)$(sysusersdir)/%.conf,$(SYSUSERS)) \
		$(addprefix $(DESTDIR)$(mandir)/man8/,$(notdir $(MAN8)))
	for f in $(notdir $(PAM:.pam=)); do \
		! cmp -s units/$$f.pam $(DESTDIR)$(pamdir)/$$f || \
			rm $(DESTDIR)$(pamdir)/$$f; \
	done
	-rmdir $(DESTDIR)$(libexecdir) $(DESTDIR)$(docdir) 2>/dev/null

.PHONY: demo
demo: all
	@B=$(B) tests/demo/demo.sh

C_FILES = $(wildcard common/*.[ch] common/*/*.[ch] pop3d/*.[ch] imapd/*.[ch] tests/*/*.[ch])
SHELL_FILES = .ci/run $(wildcard tests/*/*.sh tests/*/*.bash tests/*/*.bats)
# It does not know that die() never returns, nor compound literals after "?".
CPPCHECK_OFF = missingIncludeSystem autoVariables nullPointerRedundantCheck \
	internalAstError
# Variables that pass between bats, its files, and what these load.
SHELLCHECK_OFF = SC2034,SC2154
LINTS = lint-format lint-shell lint-cppcheck lint-tidy lint-man lint-units
.PHONY: lint $(LINTS)
lint: $(LINTS)
lint-cppcheck lint-tidy lint-units: all
lint-format:
	@echo clang-format
	@clang-format --dry-run -Werror $(C_FILES)
lint-shell:
	@echo shellcheck
	@shellcheck -S warning -e $(SHELLCHECK_OFF) $(SHELL_FILES)
lint-cppcheck:
	@echo cppcheck
	@cppcheck -q --std=c11 -j 2 --error-exitcode=1 --inline-suppr \
		--enable=warning,performance,portability \
		$(addprefix --suppress=,$(CPPCHECK_OFF)) -I. -I$(B)/gen \
		$(wildcard common/*.c pop3d/*.c imapd/*.c)
lint-tidy:
	@echo clang-tidy
	@printf '%s\n' $(wildcard common/*.c pop3d/*.c imapd/*.c) | \
		xargs -P 2 -n 4 sh -c 'clang-tidy --quiet "$$@" -- \
		$(filter-out -DVERSION=%,$(ALL_CFLAGS)) \
		-DVERSION=\"$(VERSION)\" 2>/dev/null' tidy
lint-man:
	mandoc -T lint -W warning $(MAN8)
lint-units:
	tests/lib/units.sh $(B)

# The parsers against libFuzzer; a crash leaves its input in build/fuzz.
FUZZ_SECONDS ?= 20
FUZZERS = $(patsubst tests/fuzz/%.c,$(B)/fuzz/%,$(wildcard tests/fuzz/*.c))
.PHONY: fuzz fuzzers
fuzz:
	@$(MAKE) CC=clang SAN=1 FUZZ=1 B=build/fuzz fuzzers
fuzzers: $(FUZZERS)
	@for f in $(notdir $(FUZZERS)); do \
		echo "== $$f"; \
		mkdir -p $(B)/corpus/$$f; \
		$(B)/fuzz/$$f -max_total_time=$(FUZZ_SECONDS) -timeout=10 \
			-artifact_prefix=$(B)/ \
			$$(ls tests/fuzz/$$f.dict 2>/dev/null | \
				sed s/^/-dict=/) \
			$(B)/corpus/$$f \
			$$(ls -d tests/fuzz/$$f.corpus 2>/dev/null) \
			>$(B)/$$f.log 2>&1 || { tail -40 $(B)/$$f.log; exit 1; }; \
		grep '^Done' $(B)/$$f.log; \
	done
$(B)/fuzz/%: $(B)/obj/tests/fuzz/%.o $(B)/pop3d.a $(B)/imapd.a $(B)/common.a
	@mkdir -p $(@D)
	$(LINK) -fsanitize=fuzzer -o $@ $^ $(LDLIBS)

# Ours beside Debian's Dovecot and Courier, as root; tests/bench/bench.py says
# what may be chosen.  Courier is unpacked below build/, as its packages and
# Dovecot's exclude each other.
BENCH_PACKAGES = systemd iproute2 python3 strace linux-perf gnuplot-nox \
	dovecot-imapd dovecot-pop3d libgdbm6 libgnutls30 libidn12 libpcre3
BENCH = $(addprefix $(B)/bench/,mail load limit floor)
$(B)/bench/mail: $(addprefix $(B)/obj/tests/bench/,letter.o encode.o)
$(B)/bench/load: $(addprefix $(B)/obj/tests/bench/,load_many.o conn.o cost.o)
$(B)/bench/%: $(B)/obj/tests/bench/%.o $(B)/common.a
	@mkdir -p $(@D)
	$(LINK) -o $@ $(filter %.o,$^) $(filter %.a,$^) $(LDLIBS)
.PHONY: bench bench-syscalls bench-profile bench-readme bench-tools bench-deps
bench-tools: $(BENCH)
bench: all bench-tools
	@B=$(B) python3 -B tests/bench/bench.py
bench-syscalls: all bench-tools
	@B=$(B) PEERS=none ONLY=calls python3 -B tests/bench/bench.py
# Frame pointers, so that perf sees who called.
bench-profile: bench-tools
	@$(MAKE) -s B=$(B)/frames CFLAGS='$(CFLAGS) -fno-omit-frame-pointer' all
	@B=$(B) BIN=$(B)/frames PEERS=none python3 -B tests/bench/profile.py
bench-readme:
	@B=$(B) python3 -B tests/bench/readme.py
bench-deps:
	@tests/lib/deps.sh build/debian $(BUILD_PACKAGES) $(BENCH_PACKAGES) \
		-- $(COURIER_PACKAGES)

.PHONY: clean
clean:
	rm -rf build

-include $(shell find $(B)/obj -name '*.d' 2>/dev/null)
