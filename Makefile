# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
#
#   make            build everything into build/; V=1 shows the commands whole
#   make deps       install what building, the demo and the tests need, from Debian's packages
#   make demo       the walk-through on real packets, in network namespaces of its own   (root)
#   make test       every test that this machine can run                                 (root)
#   make test T="unit/value/test_parse e2e/dscp"    these alone, with what they need
#   make test SAN=1    unit tests, packets, and the quick ones from end to end, with ASan and UBSan in the programs
#   make test-kernels    the tests of hooks and modes on Debian's kernels, in virtual machines    (root)
#   make test-kill  commands killed at every one of their system calls that changes something        (root)
#   make test-model SECONDS=60    SDK calls on random packets, against a model in C             (root)
#   make fuzz SECONDS=600    every reader of bytes that others write, for so long each, with ASan and UBSan
#   make test-verifier    every SDK call and every function behind it, at every hook and kind of device   (root)
#   make bench      the figures of loader/README.md, side by side in one run                   (root)
#   make check      form, sizes, includes, warnings of gcc and clang, analyzers; FILES="..." for these files alone
#   make install    PREFIX=/usr/local, DESTDIR=; UNITDIR, RULEDIR and ETCDIR are below PREFIX
#   make uninstall  the same; chains that run stay: `edge-load detach --all` first
#
# One level, no recursion: each program's objects are found by wildcard, so a new file needs no line here. What asks
# pkg-config or llvm-config is a variable that is expanded late, in a recipe, when `deps` has run.

PREFIX  ?= /usr/local
override PREFIX := $(if $(filter /,$(PREFIX)),/,$(patsubst %/,%,$(PREFIX)))
# All of it is below PREFIX, unless these say otherwise. The manifest of an edge-load in /usr or /usr/local is in /etc.
UNITDIR ?= $(PREFIX)/lib/systemd/system
RULEDIR ?= $(PREFIX)/lib/udev/rules.d
ETCDIR  ?= $(if $(filter /usr /usr/local,$(PREFIX)),,$(PREFIX))/etc/edge-load
B       := build
# What runs in user space is built into this tree once more, with sanitizers in it.
S       := build-san
comma   := ,
CC      ?= cc
CLANG   ?= clang
LLVM_CONFIG ?= llvm-config
PKGS    := libbpf libxdp libelf jansson libmnl libseccomp nettle yaml-0.1
CFLAGS  ?= -O2 -g
SANITIZE := -O1 -g1 -fsanitize=address,undefined -fno-sanitize-recover=undefined -fno-omit-frame-pointer
# An overflow ends the program in place of going on: canaries, checked copies (which take an optimiser), addresses that
# differ from run to run, and no table of functions that stays writable.
HARDEN  = -fstack-protector-strong -fPIE $(if $(filter -O%,$(filter-out -O0,$(CFLAGS))),-U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=2)
HARDEN_LINK := -pie -Wl,-z,relro,-z,now
WARN    := -Wall -Wextra -Werror -Wmissing-prototypes -Wshadow -Wstrict-prototypes
ALL_CFLAGS = -std=gnu11 $(WARN) $(CFLAGS) -D_GNU_SOURCE -Iloader -DEL_PREFIX='"$(PREFIX)"' -MMD -MP $(shell pkg-config --cflags $(PKGS))
LIBS    = $(shell pkg-config --libs $(PKGS)) -lcap

# Debian's names. clang-19 makes the bitcode that is too new for Debian 12's LLVM 14, for the test of that refusal.
DEBIAN_BUILD := gcc libc6-dev linux-libc-dev pkg-config clang llvm-dev libbpf-dev libxdp-dev libelf-dev zlib1g-dev libjansson-dev \
	libseccomp-dev libcap-dev libmnl-dev libyaml-dev nettle-dev
DEBIAN_TEST  := bpftool iproute2 ethtool iputils-ping procps curl nginx-light iperf3 ncat jq strace tcpdump tshark python3 python3-scapy \
	libcmocka-dev libcap2-bin util-linux mandoc systemd udev clang-19 libclang-rt-dev
DEBIAN_CHECK := git clang-format clang-tidy shellcheck
DEBIAN_KERNELS := qemu-system-x86 busybox-static kmod cpio xz-utils zstd e2fsprogs xdp-tools
DEBIAN       := $(DEBIAN_BUILD) $(DEBIAN_TEST) $(DEBIAN_CHECK) $(if $(filter demo bench check,$(MAKECMDGOALS)),,$(DEBIAN_KERNELS))

# What loads and runs lives below build/ as it does below PREFIX: bin/, lib/edge-load/, include/.
BIN     := $(B)/bin/edge-load
LIBDIR  := $(B)/lib/edge-load
FUSE    := $(LIBDIR)/edge-load-fuse
CHAIN   := $(LIBDIR)/chain.bpf.o $(LIBDIR)/prefix.bpf.o
SHARED  := $(LIBDIR)/shared.bpf.o $(LIBDIR)/libxdp/xdp-dispatcher.o
INCLUDE := $(B)/include/edge $(B)/include/edge-compat

FUSE_C      := $(wildcard loader/fuse/child*.c)
LOADER_C    := $(filter-out $(FUSE_C),$(wildcard loader/*.c loader/*/*.c))
LOADER_O    := $(LOADER_C:%.c=$(B)/%.o)
USERSPACE_O := $(patsubst %.c,$(B)/%.o,$(wildcard userspace/*.c))
FUNCTIONS   := $(patsubst bpf/functions/%.bpf.c,$(LIBDIR)/functions/%.o,$(wildcard bpf/functions/*.bpf.c))
SDK         := $(wildcard bpf/edge/*.h bpf/edge/*/*.h bpf/compat/*/*.h)
# An object for the BPF machine is made anew if its source, the SDK or the step that compiles it has changed. The rest of
# edge-load has no part in what comes out, so a change there leaves the objects alone.
COMPILE     := $(wildcard $(foreach each,object/compile object/source object/cflags base/run,loader/$(each).[ch]))
TEST_LIB    := $(patsubst %.c,$(B)/%.o,$(wildcard tests/lib/*.c))
UNIT        := $(patsubst %.c,$(B)/%,$(wildcard tests/unit/*/test_*.c))
PACKET_BPF  := $(patsubst %.c,$(B)/%.o,$(wildcard tests/packet/*.bpf.c))
PACKET      := $(patsubst %.c,$(B)/%,$(wildcard tests/packet/test_*.c))
PLAIN       := $(foreach kind,o bitcode.o,$(patsubst %.bpf.c,$(B)/%.$(kind),$(wildcard tests/e2e/plain/*.bpf.c)))
HOSTS       := $(patsubst %.c,$(B)/%,$(wildcard tests/e2e/*.c))
CHAINED     := $(patsubst %.bpf.c,$(B)/%.o,$(wildcard tests/e2e/functions/*.bpf.c))
TOOLS       := $(HOSTS) $(CHAINED) $(PLAIN)
# What the fuzz targets share, and the library again, with what libFuzzer and the sanitizers need in it.
FUZZ        := $(patsubst tests/fuzz/fuzz_%.c,$(B)/fuzz/%,$(wildcard tests/fuzz/fuzz_*.c))
FUZZ_O      := $(patsubst %.c,$(B)/fuzz/%.o,$(LOADER_C) \
	$(filter-out $(wildcard tests/fuzz/fuzz_*.c) %.bpf.c,$(wildcard tests/fuzz/*.c)))
FUZZ_FLAGS  ?= -fsanitize=address,undefined -fno-sanitize-recover=undefined
BENCH       := $(B)/tests/bench/bench $(patsubst %.c,$(B)/%.o,$(wildcard tests/bench/*.bpf.c)) \
	$(patsubst %.bpf.c,$(B)/%.o,$(wildcard tests/bench/functions/*.bpf.c))

SAN_BIN    := $(S)/bin/edge-load
SAN_UNIT   := $(UNIT:$(B)/%=$(S)/%)
SAN_PACKET := $(PACKET:$(B)/%=$(S)/%)
SAN_LINKS  := $(patsubst $(B)/%,$(S)/%,$(FUSE) $(CHAIN) $(SHARED) $(FUNCTIONS) $(INCLUDE) $(PACKET_BPF) $(TOOLS))

# What needs packages waits for them, when the goal is one that installs them.
FIRST := $(if $(filter deps demo test test-kill test-kernels test-model test-verifier fuzz bench check,$(MAKECMDGOALS)),deps)

.PHONY: all deps demo test test-kill test-kernels test-model test-verifier fuzz bench check install uninstall clean \
	tests
ALL := $(BIN) $(FUSE) $(CHAIN) $(SHARED) $(FUNCTIONS)
all: $(ALL)

# The sources of the tests that T names. A word is a test (tests/DIR/test_NAME.c, DIR/test_NAME, DIR/NAME or NAME), or a folder,
# for all tests in it. The folders above it can be left out; then it is all tests and folders of that name. Wildcards are possible.
word  = $(patsubst tests/%,%,$(patsubst %/,%,$(1)))
stem  = $(patsubst test_%,%,$(basename $(notdir $(1))))
named = $(foreach up,tests/ tests/*/ tests/*/*/,$(up)$(filter-out ./,$(dir $(word)))test_$(stem))
inner = $(foreach up,tests/ tests/*/,$(up)$(word)/test_*) tests/$(word)/*/test_*
found = $(wildcard $(foreach each,$(named) $(inner),$(each).c $(each).sh))
none  = $(error T: no test is named "$(1)"; names are those below tests/, as in T="unit/value/test_parse e2e/dscp")
NAMED := $(if $(filter test tests,$(MAKECMDGOALS)),$(sort $(foreach each,$(T),$(or $(call found,$(each)),$(call none,$(each))))))
# What they need: a program of theirs; for scripts, the programs and objects whose names stand in them.
scripts = $(filter tests/$(1)/%.sh,$(NAMED))
said   := $(if $(call scripts,e2e),$(shell grep -ohE 'tests/e2e/plain/[a-z_]+|[a-z0-9_]+' $(call scripts,e2e) | sort -u))
NEEDED := $(ALL) $(INCLUDE) $(patsubst %.c,$(B)/%,$(filter %.c,$(NAMED))) \
	$(if $(said),$(HOSTS) $(foreach each,$(CHAINED),$(if $(filter $(call stem,$(each)),$(said)),$(each)))) \
	$(filter $(said:%=$(B)/%.o),$(PLAIN)) \
	$(if $(call scripts,fuzz),$(FUZZ) $(TOOLS)) $(if $(call scripts,kernels),$(UNIT) $(PACKET) $(TOOLS))

# With SAN=1 the tests have sanitizers in them; without, only the unit tests are run so as well.
ifneq ($(NAMED),)
tests: $(NEEDED) $(if $(SAN),$(patsubst $(B)/%,$(S)/%,$(filter-out $(FUZZ),$(NEEDED)) \
	$(if $(filter tests/packet/%,$(NAMED)),$(PACKET_BPF) $(PLAIN))))
else ifdef SAN
tests: $(SAN_BIN) $(SAN_UNIT) $(SAN_PACKET) $(SAN_LINKS)
else
tests: all $(UNIT) $(PACKET) $(TOOLS) $(FUZZ) $(SAN_UNIT) $(SAN_LINKS)
endif

# No service that a package brings is started: policy-rc.d(8) says no while they are installed.
deps:
	@have=$$(dpkg-query -W -f '$${Package} $${db:Status-Status}\n' $(DEBIAN) 2>/dev/null | sed -n 's/ installed$$//p'); \
	missing=$$(printf '%s\n' $(DEBIAN) | grep -vxF "$$have" | paste -sd' '); \
	[ -n "$$missing" ] || exit 0; \
	command -v apt-get >/dev/null || { echo "deps: not a Debian system; install yourself: $$missing" >&2; exit 1; }; \
	[ "$$(id -u)" -eq 0 ] || { echo "deps: needs root (sudo make deps) to install: $$missing" >&2; exit 1; }; \
	echo "deps: installing $$missing"; mkdir -p $(B); export DEBIAN_FRONTEND=noninteractive; policy=/usr/sbin/policy-rc.d; \
	[ -e $$policy ] || { trap "rm -f $$policy" EXIT; printf '#!/bin/sh\nexit 101\n' >$$policy; chmod 755 $$policy; }; \
	{ apt-get update -q && apt-get install -q -y --no-install-recommends $$missing; } >$(B)/deps.log 2>&1 \
		|| { tail -n 20 $(B)/deps.log >&2; exit 1; }

demo: deps all
	examples/walkthrough/run

test: deps tests
	$(Q)EDGE_TEST_BUILD=$(if $(SAN),$(S),$(B)) EDGE_TEST_SANITISED=$(SAN) tests/run $(NAMED)

# `make test` leaves some calls out where there are many.
test-kill: deps tests
	for each in tests/e2e/test_kill*.sh; do EDGE_KILL_EVERY=1 $$each || exit; done

test-kernels: deps tests
	tests/kernels/run --table

# `make test` does this for two seconds, on the same packets each time.
SECONDS ?= 60
test-model: deps tests
	EDGE_MODEL_SECONDS=$(SECONDS) EDGE_MODEL_SEED=$$(date +%s) $(B)/tests/packet/test_model

# `make test` tries each pair at one of six places, in turn.
test-verifier: deps tests
	EDGE_VERIFIER=all $(B)/tests/packet/test_verifier

# `make test` does this for ten seconds each, from the same numbers each time.
fuzz: deps all $(FUZZ) $(TOOLS)
	EDGE_FUZZ_SECONDS=$(SECONDS) EDGE_FUZZ_SEED=$$(date +%s) tests/fuzz/run

bench: deps all $(BENCH)
	$(B)/tests/bench/bench

check: deps
	$(Q)FILES='$(FILES)' tests/check

# What is installed, and where: MODE FOLDER FILE..., parted by ";". uninstall removes the same.
INSTALLED = \
	755 $(PREFIX)/bin $(BIN); \
	755 $(PREFIX)/lib/edge-load $(FUSE); \
	644 $(PREFIX)/lib/edge-load $(CHAIN) $(LIBDIR)/shared.bpf.o; \
	644 $(PREFIX)/lib/edge-load/libxdp $(LIBDIR)/libxdp/xdp-dispatcher.o; \
	644 $(PREFIX)/lib/edge-load/functions $(FUNCTIONS); \
	644 $(PREFIX)/include/edge $(wildcard bpf/edge/*.h); \
	644 $(PREFIX)/include/edge/internal $(wildcard bpf/edge/internal/*.h); \
	644 $(PREFIX)/include/edge-compat/gnu $(wildcard bpf/compat/gnu/*.h); \
	644 $(PREFIX)/share/man/man5 userspace/edge-load.yaml.5; \
	644 $(PREFIX)/share/man/man8 userspace/edge-load.8; \
	644 $(UNITDIR) userspace/edge-load.service userspace/edge-load@.service; \
	644 $(RULEDIR) userspace/90-edge-load.rules; \
	644 $(PREFIX)/share/bash-completion/completions userspace/edge-load.bash-completion; \
	755 $(ETCDIR)
absolute = $(if $(filter /%,$(PREFIX)),,$(error PREFIX is "$(PREFIX)", and must be an absolute path))$(foreach each,PREFIX UNITDIR RULEDIR ETCDIR,$(if $(word 2,$($(each))),$(error $(each) is "$($(each))", and can have no space in it)))
# In units and the rule: where the program and its manifest are.
PLACES = s,/usr/local/bin,$(PREFIX)/bin,g; s,/etc/edge-load,$(ETCDIR),g
# Where systemd(1) and udev(7) look.
SEARCHED_UNITS = /etc/systemd/system /usr/local/lib/systemd/system /usr/lib/systemd/system /lib/systemd/system
SEARCHED_RULES = /etc/udev/rules.d /usr/local/lib/udev/rules.d /usr/lib/udev/rules.d /lib/udev/rules.d

install: all
	$(absolute)@echo '$(INSTALLED)' | tr ';' '\n' | userspace/install.sh install "$(DESTDIR)" '$(PLACES)'
	@echo "installed below $(DESTDIR)$(PREFIX); units in $(DESTDIR)$(UNITDIR), udev rule in $(DESTDIR)$(RULEDIR), manifest in $(DESTDIR)$(ETCDIR)"
	@$(if $(filter $(UNITDIR),$(SEARCHED_UNITS)),,echo "  systemd does not look in $(UNITDIR): systemctl link $(UNITDIR)/edge-load.service $(UNITDIR)/edge-load@.service";) \
	$(if $(filter $(RULEDIR),$(SEARCHED_RULES)),,echo "  udev does not look in $(RULEDIR): ln -s $(RULEDIR)/90-edge-load.rules /etc/udev/rules.d/";) :

# Folders go if they are empty, and ours alone: not those of the system's own (bin, man8 ...).
uninstall:
	$(absolute)@echo '$(INSTALLED)' | tr ';' '\n' | userspace/install.sh uninstall "$(DESTDIR)" '$(PLACES)'
	@for folder in $(PREFIX)/lib/edge-load/functions $(PREFIX)/lib/edge-load/libxdp $(PREFIX)/lib/edge-load \
		$(PREFIX)/include/edge/internal $(PREFIX)/include/edge \
		$(PREFIX)/include/edge-compat/gnu $(PREFIX)/include/edge-compat $(ETCDIR); do \
		rmdir "$(DESTDIR)$$folder" 2>/dev/null || true; done
	@echo "uninstalled; chains that run stay until the next boot, or until their pins go: rm -r /sys/fs/bpf/edge*"

# Allocations that fail are noticed: userspace/memory.c.
ALLOCATIONS := malloc calloc realloc reallocarray strdup strndup asprintf vasprintf __asprintf_chk __vasprintf_chk open_memstream fclose

# A short line for each step, and the folder of what it makes. V=1 shows the command in place of that, and -s neither.
Q   := $(if $(filter 1,$(V)),,@)
say  = @$(if $(Q),$(if $(findstring s,$(firstword -$(MAKEFLAGS))),,printf '  %-4s %s\n' $(1) $(@:$(B)/%=%); ))mkdir -p $(@D)

# What runs in user space. $(1): the tree that it is built into; $(2), $(3): the variables with more flags to compile
# and to link.
define PROGRAMS
$(1)/loader/%.o: loader/%.c | $(FIRST)
	$$(call say,CC)
	$$(Q)$$(CC) $$(ALL_CFLAGS) $$($(2)) -c -o $$@ $$<

$(1)/userspace/%.o: userspace/%.c | $(FIRST)
	$$(call say,CC)
	$$(Q)$$(CC) $$(ALL_CFLAGS) $$($(2)) -c -o $$@ $$<

$(1)/libedge.a: $(LOADER_O:$(B)/%=$(1)/%)

$(1)/bin/edge-load: $(USERSPACE_O:$(B)/%=$(1)/%) $(1)/libedge.a
	$$(call say,LD)
	$$(Q)$$(CC) $$(LDFLAGS) $$($(3)) $$(addprefix -Wl$$(comma)--wrap=,$$(ALLOCATIONS)) -o $$@ $$^ $$(LIBS)

$(patsubst $(B)/%,$(1)/%,$(TEST_LIB) $(UNIT:=.o) $(PACKET:=.o)): $(1)/%.o: %.c | $(FIRST)
	$$(call say,CC)
	$$(Q)$$(CC) $$(ALL_CFLAGS) -Itests $$($(2)) -c -o $$@ $$<

$(1)/tests/libtests.a: $(TEST_LIB:$(B)/%=$(1)/%)

$(patsubst $(B)/%,$(1)/%,$(UNIT) $(PACKET)): %: %.o $(1)/tests/libtests.a $(1)/libedge.a
	$$(call say,LD)
	$$(Q)$$(CC) $$($(3)) -o $$@ $$@.o $(1)/tests/libtests.a $(1)/libedge.a $$(LIBS) $$(shell pkg-config --libs cmocka)
$(PACKET:$(B)/%=$(1)/%): | $(PACKET_BPF) $(PLAIN)
endef

$(eval $(call PROGRAMS,$(B),HARDEN,HARDEN_LINK))
$(eval $(call PROGRAMS,$(S),SANITIZE,SANITIZE))

# The objects of each archive stand beside its name.
%.a:
	$(call say,AR)
	$(Q)rm -f $@ && ar rcs $@ $^

# All else in the tree with sanitizers is a link. So is the confined compiler: its limit of memory and its filter of
# system calls leave a sanitizer no room.
$(SAN_LINKS): $(S)/%: $(B)/%
	@mkdir -p $(@D) && ln -sfn $(abspath $<) $@

# Made once: a link has the time of the folder, which says nothing of the headers in it. By lib/edge-load beside it
# edge-load knows that this is its own tree, and takes these headers in place of those below PREFIX.
$(INCLUDE):
	@mkdir -p $(B)/include $(LIBDIR) && ln -sfn ../../bpf/edge $(B)/include/edge && ln -sfn ../../bpf/compat $(B)/include/edge-compat

# The one program that knows LLVM: a child process of its own, so that nothing else pays for loading it.
$(FUSE): $(FUSE_C) loader/fuse/child.h loader/fuse/protocol.h bpf/edge/abi.h | $(FIRST)
	$(call say,CCLD)
	$(Q)$(CC) $(filter-out -MMD -MP,$(ALL_CFLAGS)) $(HARDEN) $(shell $(LLVM_CONFIG) --cflags) $(LDFLAGS) $(HARDEN_LINK) -o $@ $(FUSE_C) \
		$(shell $(LLVM_CONFIG) --ldflags --libs) $(shell pkg-config --libs jansson libseccomp) -lcap

define build_object
	$(call say,BPF)
	$(Q)$(BIN) build $< -o $@
endef

$(CHAIN): $(LIBDIR)/%.bpf.o: bpf/chain/%.bpf.c bpf/chain/prefix.h $(SDK) $(COMPILE) | $(BIN) $(INCLUDE)
	$(build_object)

$(LIBDIR)/shared.bpf.o: bpf/chain/shared.bpf.c $(COMPILE) | $(BIN) $(INCLUDE)
	$(build_object)

# By the name that libxdp looks for.
$(LIBDIR)/libxdp/xdp-dispatcher.o: bpf/chain/dispatcher.bpf.c $(COMPILE) | $(BIN) $(INCLUDE)
	$(build_object)

$(LIBDIR)/functions/%.o: bpf/functions/%.bpf.c $(SDK) $(COMPILE) | $(BIN) $(INCLUDE)
	$(build_object)

$(B)/tests/packet/%.bpf.o: tests/packet/%.bpf.c $(SDK) $(COMPILE) $(wildcard tests/packet/*.h) | $(BIN) $(INCLUDE)
	$(build_object)

$(B)/tests/e2e/%: tests/e2e/%.c | $(FIRST)
	$(call say,CCLD)
	$(Q)$(CC) -std=gnu11 $(WARN) $(CFLAGS) -D_GNU_SOURCE -o $@ $< $(shell pkg-config --libs libbpf)

$(B)/tests/e2e/functions/%.o: tests/e2e/functions/%.bpf.c $(SDK) $(COMPILE) | $(BIN) $(INCLUDE)
	$(build_object)

FUZZ_CC = $(CLANG) -std=gnu11 $(WARN) -O1 -g1 -fno-omit-frame-pointer -D_GNU_SOURCE -Iloader -DEL_PREFIX='"$(PREFIX)"' -MMD -MP \
	$(shell pkg-config --cflags $(PKGS))

$(B)/fuzz/%.o: %.c | $(FIRST)
	$(call say,CC)
	$(Q)$(FUZZ_CC) $(FUZZ_FLAGS) -fsanitize=fuzzer-no-link -c -o $@ $<

$(B)/fuzz/libfuzz.a: $(FUZZ_O)

$(B)/fuzz/%: $(B)/fuzz/tests/fuzz/fuzz_%.o $(B)/fuzz/libfuzz.a $(B)/fuzz/types.o
	$(call say,LD)
	$(Q)$(CLANG) $(FUZZ_FLAGS) -fsanitize=fuzzer -o $@ $(filter-out %/types.o,$^) $(LIBS)

$(B)/fuzz/types.o: tests/fuzz/types.bpf.c bpf/edge/abi.h | $(FIRST)
	$(call say,BPF)
	$(Q)$(CLANG) -O2 -g -target bpf -Wall -Werror -Ibpf -Ibpf/compat -idirafter /usr/include/$(shell $(CC) -print-multiarch) -c -o $@ $<

$(B)/tests/bench/bench: $(wildcard tests/bench/bench*.c) tests/bench/bench.h | $(FIRST)
	$(call say,CCLD)
	$(Q)$(CC) $(ALL_CFLAGS) -o $@ $(filter %.c,$^) $(LIBS)

$(B)/tests/bench/functions/%.o: tests/bench/functions/%.bpf.c $(SDK) $(COMPILE) | $(BIN) $(INCLUDE)
	$(build_object)

# Ordinary programs, made the ordinary way: what the fused chain stands beside, and what it is measured against.
# What is special to one stands in its line "// clang: FLAGS". Clang's own -fembed-bitcode forgets -mcpu=.
PLAIN_CLANG = $(CLANG) -O2 -g -target bpf -Wall -Werror $$(sed -n 's,^// clang: ,,p' $<) \
	-idirafter /usr/include/$(shell $(CC) -print-multiarch) -c

$(B)/tests/e2e/plain/%.o: tests/e2e/plain/%.bpf.c | $(FIRST)
	$(call say,BPF)
	$(Q)$(PLAIN_CLANG) -o $@ $<

$(B)/tests/e2e/plain/%.bitcode.o: tests/e2e/plain/%.bpf.c $(B)/tests/e2e/plain/%.o
	$(call say,BPF)
	$(Q)$(PLAIN_CLANG) -emit-llvm -o $(@:.o=.bc) $<
	$(Q)llvm-objcopy --add-section .llvmbc=$(@:.o=.bc) $(@:.bitcode.o=.o) $@

$(B)/tests/bench/%.bpf.o: tests/bench/%.bpf.c $(wildcard tests/bench/*.bpf.h) | $(FIRST)
	$(call say,BPF)
	$(Q)$(CLANG) -O2 -g -target bpf -mcpu=v3 -Wall -Wextra -Werror -Itests/bench \
		-idirafter /usr/include/$(shell $(CC) -print-multiarch) -c -o $@ $<

# Not to be removed as what only led to a program.
.SECONDARY: $(PACKET_BPF) $(PLAIN) $(FUZZ:$(B)/fuzz/%=$(B)/fuzz/tests/fuzz/fuzz_%.o)

clean:
	rm -rf $(B) $(S)

-include $(shell find $(B) $(S) -name '*.d' 2>/dev/null)
