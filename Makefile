# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
#
#   make            build everything into build/
#   make deps       install what building, the demo and the tests need, from Debian's packages
#   make demo       the walk-through on real packets, in network namespaces of its own   (root)
#   make test       every test that this machine can run                                 (root)
#   make bench      the figures of the README, side by side in one run                   (root)
#   make check      clang-format, clang-tidy, shellcheck
#   make install    PREFIX=/usr/local, DESTDIR=
#
# One level, no recursion: each program's objects are found by wildcard, so a new file needs no line here.

PREFIX  ?= /usr/local
B       := build
CC      ?= cc
CLANG   ?= clang
LLVM_CONFIG ?= llvm-config
PKGS    := libbpf libelf jansson libseccomp nettle smartcols
CFLAGS  ?= -O2 -g
WARN    := -Wall -Wextra -Werror -Wmissing-prototypes -Wshadow -Wstrict-prototypes
ALL_CFLAGS = -std=gnu11 $(WARN) $(CFLAGS) -D_GNU_SOURCE -DEL_PREFIX='"$(PREFIX)"' -MMD -MP $(shell pkg-config --cflags $(PKGS))
LIBS    = $(shell pkg-config --libs $(PKGS)) -lcap

# What loads and runs lives below build/ as it does below PREFIX: bin/, lib/edge-load/, include/.
BIN     := $(B)/bin/edge-load
LIBDIR  := $(B)/lib/edge-load
FUSE    := $(LIBDIR)/edge-load-fuse
CHAIN   := $(LIBDIR)/chain.bpf.o
INCLUDE := $(B)/include/edge $(B)/include/edge-compat

LOADER_O    := $(patsubst %.c,$(B)/%.o,$(filter-out loader/fuse_child.c,$(wildcard loader/*.c)))
USERSPACE_O := $(patsubst %.c,$(B)/%.o,$(wildcard userspace/*.c))
FUNCTIONS   := $(patsubst bpf/functions/%.bpf.c,$(LIBDIR)/functions/%.o,$(wildcard bpf/functions/*.bpf.c))
SDK         := $(wildcard bpf/edge/*.h)
UNIT        := $(patsubst %.c,$(B)/%,$(wildcard tests/unit/test_*.c))
PACKET      := $(patsubst %.c,$(B)/%,$(wildcard tests/packet/test_*.c))

.PHONY: all deps demo test bench check install clean
all: $(BIN) $(FUSE) $(CHAIN) $(FUNCTIONS)

$(B)/loader/%.o: loader/%.c
	@mkdir -p $(@D)
	$(CC) $(ALL_CFLAGS) -c -o $@ $<

$(B)/userspace/%.o: userspace/%.c
	@mkdir -p $(@D)
	$(CC) $(ALL_CFLAGS) -c -o $@ $<

$(B)/libedge.a: $(LOADER_O)
	rm -f $@ && ar rcs $@ $^

$(BIN): $(USERSPACE_O) $(B)/libedge.a
	@mkdir -p $(@D)
	$(CC) $(LDFLAGS) -o $@ $^ $(LIBS)

# The one program that knows LLVM: a child process of its own, so that nothing else pays for loading it.
$(FUSE): loader/fuse_child.c loader/fuse.h
	@mkdir -p $(@D)
	$(CC) $(ALL_CFLAGS) -MF $(B)/fuse_child.d $(shell $(LLVM_CONFIG) --cflags) -o $@ $< \
		$(shell $(LLVM_CONFIG) --ldflags --libs) $(shell pkg-config --libs jansson libseccomp) -lcap

$(INCLUDE): $(SDK)
	@mkdir -p $(B)/include && ln -sfn ../../bpf/edge $(B)/include/edge && ln -sfn ../../bpf/compat $(B)/include/edge-compat

$(CHAIN): bpf/chain.bpf.c $(SDK) $(BIN) | $(INCLUDE)
	@mkdir -p $(@D)
	$(BIN) build $< -o $@

$(LIBDIR)/functions/%.o: bpf/functions/%.bpf.c $(SDK) $(BIN) | $(INCLUDE)
	@mkdir -p $(@D)
	$(BIN) build $< -o $@

$(B)/tests/unit/%: tests/unit/%.c $(B)/libedge.a
	@mkdir -p $(@D)
	$(CC) $(ALL_CFLAGS) -o $@ $< $(B)/libedge.a $(LIBS) $(shell pkg-config --libs cmocka)

$(B)/tests/packet/%: tests/packet/%.c $(wildcard tests/packet/*.h) $(B)/libedge.a
	@mkdir -p $(@D)
	$(CC) $(ALL_CFLAGS) -o $@ $< $(B)/libedge.a $(LIBS) $(shell pkg-config --libs cmocka)

clean:
	rm -rf $(B)

-include $(shell find $(B) -name '*.d' 2>/dev/null)
