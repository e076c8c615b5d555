# stdmail: pop3d and imapd.  GNU make; everything made lies in build/.
#
#   make                 both programs, in build/bin
#   make CC=clang B=build/clang    the same elsewhere, with another compiler
#   make SAN=1 B=build/san         under ASan and UBSan

CC     ?= cc
B      ?= build
CFLAGS ?= -O2 -g
PREFIX ?= /usr/local

VERSION = 0.1

WARN = -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wstrict-prototypes \
	-Wmissing-prototypes -Wcast-qual -Wwrite-strings -Wformat=2 -Wvla \
	-Wundef -Wimplicit-fallthrough $(if $(CI),-Werror)
HARDEN = -fstack-protector-strong -fPIE \
	$(if $(SAN),,-U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=2)
SANITIZE = $(if $(SAN),-fsanitize=address$(,)undefined \
	-fno-sanitize-recover=undefined -fno-omit-frame-pointer)
, := ,

LIBS    = libsystemd lmdb libssl libcrypto zlib libutf8proc libzstd
PKG    := $(shell pkg-config --cflags $(LIBS) 2>/dev/null)
LDLIBS := $(shell pkg-config --libs $(LIBS) 2>/dev/null) -lpam

ALL_CFLAGS = -std=c17 -D_GNU_SOURCE -DVERSION='"$(VERSION)"' -I. -I$(B)/gen \
	$(PKG) $(WARN) $(HARDEN) $(SANITIZE) $(CPPFLAGS) $(CFLAGS)
LINK = $(CC) $(SANITIZE) -pie -Wl,-z,relro,-z,now,--as-needed $(LDFLAGS)

obj = $(patsubst %.c,$(B)/obj/%.o,$(wildcard $1/*.c))

.PHONY: all
all: $(B)/bin/pop3d $(B)/bin/imapd

$(B)/obj/%.o: %.c
	@mkdir -p $(@D)
	$(CC) $(ALL_CFLAGS) -MMD -MP -c -o $@ $<

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

# Unit tests: one program for each tests/unit/*.c.
UNIT = $(patsubst tests/unit/%.c,$(B)/unit/%,$(wildcard tests/unit/*.c))
$(B)/unit/%: $(B)/obj/tests/unit/%.o $(B)/pop3d.a $(B)/imapd.a $(B)/common.a
	@mkdir -p $(@D)
	$(LINK) -o $@ $^ $(LDLIBS)
.PHONY: unit
unit: $(UNIT)
.SECONDARY:

.PHONY: clean
clean:
	rm -rf build

-include $(shell find $(B)/obj -name '*.d' 2>/dev/null)
