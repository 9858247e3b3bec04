# anetc. GNU make 3.81 is enough (macOS ships it). Everything is built under $(BUILD).
# `make help` lists targets and variables.

CC ?= cc
AR ?= ar
CFLAGS ?= -O3 -g
BUILD ?= build
PREFIX ?= /usr/local
BINDIR ?= $(PREFIX)/bin
LIBDIR ?= $(PREFIX)/lib
INCLUDEDIR ?= $(PREFIX)/include/anet
DATADIR ?= $(PREFIX)/share/anet
PKGCONFIGDIR ?= $(LIBDIR)/pkgconfig
ANET_SHARED ?= $(wildcard ../shared)
override ANET_SHARED := $(if $(ANET_SHARED),$(abspath $(ANET_SHARED)))
SECONDS ?= 30
VERSION := 0.1.0

all: programs

# ---- flags: ours are apart from the user's ----

PLATFORM ?= $(shell uname -s)
WARNINGS := -Wall -Wextra -Wpedantic -Wshadow -Wconversion $(if $(WERROR),-Werror)
SANITIZE := $(if $(SAN),-fsanitize=$(SAN) -fno-sanitize-recover=all -fno-omit-frame-pointer)
DEFINES := -D_POSIX_C_SOURCE=200809L -D_DEFAULT_SOURCE -D_DARWIN_C_SOURCE \
	-DANET_VERSION='"$(VERSION)"'
INCLUDES := -Iruntime -Icompiler -Igrammar/generated

ifeq ($(PLATFORM),Darwin)
HOMEBREW := $(shell brew --prefix 2>/dev/null || echo /opt/homebrew)
CMOCKA_CFLAGS ?= -I$(HOMEBREW)/include
CMOCKA_LIBS ?= -L$(HOMEBREW)/lib -lcmocka
BLAS_CFLAGS ?=
BLAS_LIBS ?=
BISON ?= $(firstword $(wildcard $(HOMEBREW)/opt/bison/bin/bison) bison)
CORES := $(shell sysctl -n hw.ncpu 2>/dev/null || nproc)
else
pkg = $(strip $(shell pkg-config $(1) 2>/dev/null || echo '$(2)'))
CMOCKA_CFLAGS ?= $(call pkg,--cflags cmocka)
CMOCKA_LIBS ?= $(call pkg,--libs cmocka,-lcmocka)
BLAS_CFLAGS ?= $(call pkg,--cflags openblas)
BLAS_LIBS ?= $(call pkg,--libs openblas,-lopenblas)
BISON ?= bison
CORES := $(shell nproc 2>/dev/null || echo 2)
endif
RE2C ?= re2c
CLANG ?= clang
CLANG_FORMAT ?= clang-format

# Nothing here reads errno after a math function or unmasks floating-point traps; without these two the loops over
# exp and sqrt are not vectorised. (-ffast-math would break NaN and infinity.)
MATH := -fno-math-errno -fno-trapping-math
COMPILE = $(CC) $(DEFINES) $(CPPFLAGS) $(INCLUDES) $(BLAS_CFLAGS) \
	-std=c11 -pthread $(MATH) $(WARNINGS) $(SANITIZE) $(CFLAGS)
LINK = $(CC) -std=c11 -pthread $(SANITIZE) $(CFLAGS) $(LDFLAGS)

# `make V=1` shows the commands.
Q := $(if $(V),,@)
show = @$(if $(V),:,echo "  $(1)")

# ---- what is built ----

LIB_SRC := $(wildcard runtime/*.c runtime/base/*.c runtime/mil/*.c runtime/host/*.c runtime/ane/*.c \
		runtime/selftest/*.c) \
	grammar/generated/mil_lexer.c grammar/generated/mil_parser.c
COMPILER_SRC := $(filter-out compiler/main.c,$(wildcard compiler/*.c compiler/mil/*.c)) \
	grammar/generated/anet_lexer.c grammar/generated/anet_parser.c
EMBEDDED := stdlib_files templates
TEST_SRC := $(wildcard tests/unit/*_test.c)

LIB_OBJ := $(LIB_SRC:%.c=$(BUILD)/obj/%.o)
COMPILER_OBJ := $(COMPILER_SRC:%.c=$(BUILD)/obj/%.o) $(EMBEDDED:%=$(BUILD)/obj/%.o)
MAIN_OBJ := $(BUILD)/obj/compiler/main.o
RUN_OBJ := $(patsubst %.c,$(BUILD)/obj/%.o,$(wildcard runtime/mil_run/*.c))
DOCTOR_OBJ := $(patsubst %.c,$(BUILD)/obj/%.o,$(wildcard runtime/doctor/*.c))
TEST_OBJ := $(TEST_SRC:%.c=$(BUILD)/obj/%.o)
TESTS := $(TEST_SRC:tests/unit/%.c=$(BUILD)/unit/%)
# What several tests share.
TEST_HELP_OBJ := $(patsubst %.c,$(BUILD)/obj/%.o,$(filter-out %_test.c,$(wildcard tests/unit/*.c)))

programs: $(BUILD)/anetc $(BUILD)/anet-mil-run $(BUILD)/anet-doctor $(BUILD)/libanet.a
unit-tests: $(TESTS)

# What the driver needs to know to link the programs that it writes.
FLAGS_compiler/link.c = -DANET_LINK_LIBS='"$(BLAS_LIBS)"' -DANET_LINK_FLAGS='"$(SANITIZE)"'

# Different flags or another compiler: everything again.
quote = '$(subst ','\'',$(1))'
$(BUILD)/flags: FORCE
	@mkdir -p $(@D)
	@printf '%s\n' $(call quote,$(COMPILE) $(LINK) $(BLAS_LIBS)) >$@.now
	@if cmp -s $@.now $@; then rm $@.now; else mv $@.now $@; fi

$(BUILD)/obj/%.o: %.c $(BUILD)/flags
	@mkdir -p $(@D)
	$(call show,CC $<)
	$(Q)$(COMPILE) $(FLAGS_$<) $(if $(filter tests/%,$<),$(CMOCKA_CFLAGS)) -MMD -MP -c -o $@ $<

$(BUILD)/obj/%.o: $(BUILD)/gen/%.c $(BUILD)/flags
	@mkdir -p $(@D)
	$(Q)$(COMPILE) -MMD -MP -c -o $@ $<

$(BUILD)/libanet.a: $(LIB_OBJ)
	$(call show,AR $@)
	@rm -f $@
	$(Q)$(AR) rcs $@ $(LIB_OBJ)

$(BUILD)/anetc: $(MAIN_OBJ) $(COMPILER_OBJ) $(BUILD)/libanet.a
	$(call show,LD $@)
	$(Q)$(LINK) -o $@ $(MAIN_OBJ) $(COMPILER_OBJ) $(BUILD)/libanet.a -lm

# What `anetc mil run` starts: a program of its own, so that anetc itself needs no BLAS.
$(BUILD)/anet-mil-run: $(RUN_OBJ) $(BUILD)/libanet.a
	$(call show,LD $@)
	$(Q)$(LINK) -o $@ $(RUN_OBJ) $(BUILD)/libanet.a $(BLAS_LIBS) -lm

# What `anetc doctor` starts.
$(BUILD)/anet-doctor: $(DOCTOR_OBJ) $(BUILD)/libanet.a
	$(call show,LD $@)
	$(Q)$(LINK) -o $@ $(DOCTOR_OBJ) $(BUILD)/libanet.a $(BLAS_LIBS) -lm

$(BUILD)/unit/%: $(BUILD)/obj/tests/unit/%.o $(TEST_HELP_OBJ) $(COMPILER_OBJ) $(BUILD)/libanet.a
	@mkdir -p $(@D)
	$(Q)$(LINK) -o $@ $< $(TEST_HELP_OBJ) $(COMPILER_OBJ) $(BUILD)/libanet.a $(CMOCKA_LIBS) $(BLAS_LIBS) -lm

# What stands in for Apple's frameworks in tests: one library under all their paths (tests/ane_sim/README.md). It has
# a libanet of its own inside, which nobody else sees.
SIM_OBJ := $(patsubst %.c,$(BUILD)/pic/%.o,$(wildcard tests/ane_sim/*.c) $(LIB_SRC))
SIM := $(BUILD)/ane_sim/libane_sim.so

$(BUILD)/pic/%.o: %.c $(BUILD)/flags
	@mkdir -p $(@D)
	$(Q)$(COMPILE) $(FLAGS_$<) -fPIC -MMD -MP -c -o $@ $<

$(SIM): $(SIM_OBJ) tests/ane_sim/exports.map runtime/ane/symbols.def
	@mkdir -p $(@D)
	$(call show,LD $@)
	$(Q)$(LINK) -shared -o $@ $(SIM_OBJ) -Wl,-Bsymbolic,-z,nodelete,--version-script=tests/ane_sim/exports.map \
		$(BLAS_LIBS) -lm -ldl
	$(Q)for path in $$(sed -n 's/^LIBRARY(.*"\(.*\)")/\1/p' runtime/ane/symbols.def); do \
		mkdir -p "$(@D)$${path%/*}" && ln -sf "$(abspath $@)" "$(@D)$$path" || exit; \
	done

ane-sim: $(SIM)

$(BUILD)/gen/stdlib_files.c: $(wildcard stdlib/*.anet) compiler/embed.sh
	@mkdir -p $(@D)
	$(Q)sh compiler/embed.sh $@ stdlib_files $(wildcard stdlib/*.anet)

$(BUILD)/gen/templates.c: $(wildcard compiler/templates/*) compiler/embed.sh
	@mkdir -p $(@D)
	$(Q)sh compiler/embed.sh $@ template_files $(wildcard compiler/templates/*)

FUZZ_OBJ := $(patsubst %.c,$(BUILD)/obj/%.o,$(wildcard tests/fuzz/*.c))
-include $(patsubst %.o,%.d,$(LIB_OBJ) $(FUZZ_OBJ) $(COMPILER_OBJ) $(MAIN_OBJ) $(RUN_OBJ) $(DOCTOR_OBJ) \
	$(TEST_OBJ) $(TEST_HELP_OBJ) $(SIM_OBJ))

# ---- tests ----

# A make of its own, so that `make test` builds on all cores whatever it was called with.
PARALLEL = $(MAKE) --no-print-directory $(if $(filter -j% --jobserver%,$(MAKEFLAGS)),,-j$(CORES))
export ANET_SHARED
export BUILD := $(BUILD)
export VENV ?= $(BUILD)/venv

test: build-tests
	$(Q)tests/all

test-slow: build-tests
	$(Q)tests/all --slow

build-tests:
	$(Q)$(PARALLEL) programs unit-tests $(if $(filter Linux,$(PLATFORM)),ane-sim)

bench: programs
	$(Q)tests/bench/run

demo:
	$(Q)tests/setup build
	$(Q)$(PARALLEL) programs
	$(Q)tests/demo

# ---- fuzzing: SECONDS for each target ----

FUZZERS := $(patsubst tests/fuzz/%.c,%,$(wildcard tests/fuzz/*_fuzz.c))
fuzz:
	$(Q)$(PARALLEL) BUILD=$(BUILD)/fuzz CC=$(CLANG) CFLAGS="-O1 -g" SAN=fuzzer-no-link,address,undefined \
		CPPFLAGS="-DANET_ARENA_MALLOC" fuzzers
	$(Q)tests/fuzz/run $(BUILD)/fuzz $(SECONDS) $(FUZZERS)

fuzzers: $(FUZZERS:%=$(BUILD)/%)

$(BUILD)/%_fuzz: $(BUILD)/obj/tests/fuzz/%_fuzz.o $(COMPILER_OBJ) $(BUILD)/libanet.a
	$(Q)$(LINK) -fsanitize=fuzzer -o $@ $^ $(BLAS_LIBS) -lm

# ---- for a Mac, on any machine ----

macos: programs
	$(Q)tests/macos/run

# ---- the generated lexers and parsers, which are committed ----

grammar:
	$(Q)cd grammar && for name in anet mil; do \
		$(BISON) -l -Wall -Werror -Wcounterexamples --defines=generated/$${name}_parser.h \
			-o generated/$${name}_parser.c $$name.y && \
		$(RE2C) -W -Werror -b -i --no-generation-date --no-version \
			-o generated/$${name}_lexer.c $$name.re || exit; \
	done

# ---- format ----

FORMATTED = $(filter-out compiler/templates/%,$(wildcard \
	compiler/*.[ch] compiler/mil/*.[ch] runtime/*.[ch] runtime/*/*.[ch] tests/*/*.[ch]))

fmt:
	$(CLANG_FORMAT) -i $(FORMATTED)

fmt-check:
	$(Q)$(CLANG_FORMAT) --dry-run -Werror $(FORMATTED)

# ---- install ----

PUBLIC := abi.h steps.def device.h pool.h mil/mil.h mil/dtypes.def base/arena.h base/status.h base/text.h
INSTALLED_DATA = $(wildcard models/*.anet models/data/*.txt models/data/*.bin models/data/README.md)

# The library is static: its own libraries belong to Libs.
define PKGCONFIG
prefix=$(PREFIX)
includedir=$(patsubst $(PREFIX)/%,$${prefix}/%,$(INCLUDEDIR))
libdir=$(patsubst $(PREFIX)/%,$${prefix}/%,$(LIBDIR))

Name: anet
Description: Runtime of the programs that anetc writes
Version: $(VERSION)
Cflags: -I$${includedir}
Libs: -L$${libdir} -lanet $(BLAS_LIBS) -lm -pthread
endef
export PKGCONFIG

install: programs
	@mkdir -p $(DESTDIR)$(BINDIR) $(DESTDIR)$(PKGCONFIGDIR) $(DESTDIR)$(INCLUDEDIR)/mil \
		$(DESTDIR)$(INCLUDEDIR)/base $(DESTDIR)$(DATADIR)/stdlib $(DESTDIR)$(DATADIR)/models/data
	install -m 755 $(BUILD)/anetc $(DESTDIR)$(BINDIR)/anetc
	install -m 755 $(BUILD)/anet-mil-run $(DESTDIR)$(BINDIR)/anet-mil-run
	install -m 755 $(BUILD)/anet-doctor $(DESTDIR)$(BINDIR)/anet-doctor
	install -m 644 $(BUILD)/libanet.a $(DESTDIR)$(LIBDIR)/libanet.a
	$(Q)for f in $(PUBLIC); do \
		install -m 644 runtime/$$f $(DESTDIR)$(INCLUDEDIR)/$$f || exit; \
	done
	$(Q)for f in $(INSTALLED_DATA) $(wildcard stdlib/*.anet); do \
		install -m 644 $$f $(DESTDIR)$(DATADIR)/$$f || exit; \
	done
	@printf '%s\n' "$$PKGCONFIG" >$(DESTDIR)$(PKGCONFIGDIR)/anet.pc

uninstall:
	rm -f $(DESTDIR)$(BINDIR)/anetc $(DESTDIR)$(BINDIR)/anet-mil-run $(DESTDIR)$(BINDIR)/anet-doctor \
		$(DESTDIR)$(LIBDIR)/libanet.a $(DESTDIR)$(PKGCONFIGDIR)/anet.pc
	rm -rf $(DESTDIR)$(INCLUDEDIR) $(DESTDIR)$(DATADIR)

clean:
	rm -rf $(BUILD)

help:
	@printf '%s\n' \
		'all         build/anetc, its helpers and build/libanet.a (default)' \
		'demo        install what is missing, build, train a small model, print a story' \
		'test        everything, in less than 5 minutes' \
		'test-slow   long trainings, all models on the stand-in for the engine, valgrind, and arm64 under qemu' \
		'bench       training speed, beside PyTorch if it can be had' \
		'ane-sim     the stand-in of the tests for the frameworks of the engine' \
		'macos       build for a Mac on this machine, and look at what came out' \
		'fuzz        libFuzzer on everything that reads files, SECONDS=30 each' \
		'grammar     the committed lexers and parsers again, from grammar/*.re and *.y' \
		'fmt         clang-format the sources; fmt-check: only look' \
		'install     to PREFIX=/usr/local under DESTDIR; uninstall' \
		'clean       remove the build folder' \
		'' \
		'CC CFLAGS CPPFLAGS LDFLAGS BLAS_LIBS  as usual' \
		'BUILD=build                 where everything is built: a folder in this one' \
		'SAN=address,undefined       sanitizers, also in the programs that anetc links' \
		'WERROR=1                    warnings are errors' \
		'V=1                         show the commands' \
		'ANET_SHARED=../shared       real checkpoints and a reference to test with; may be missing'

FORCE:
.PHONY: all programs ane-sim unit-tests build-tests test test-slow bench demo fuzz fuzzers macos grammar fmt \
	fmt-check install uninstall clean help FORCE
.SECONDARY: $(TEST_OBJ) $(FUZZERS:%=$(BUILD)/obj/tests/fuzz/%.o) $(TEST_HELP_OBJ)
