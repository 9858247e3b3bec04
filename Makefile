# anetc: GNU make 3.81 is enough (macOS ships it). Everything is built under build/.
# Variables: CC CFLAGS CPPFLAGS LDFLAGS PREFIX DESTDIR BUILD, SAN=address,undefined, WERROR=1, V=1.

CC ?= cc
CFLAGS ?= -O3 -g
BUILD ?= build
PREFIX ?= /usr/local
BINDIR ?= $(PREFIX)/bin
LIBDIR ?= $(PREFIX)/lib
INCLUDEDIR ?= $(PREFIX)/include
DATADIR ?= $(PREFIX)/share/anet
VERSION := 0.1.0

UNAME := $(shell uname -s)
WARN := -Wall -Wextra -Wpedantic -Wshadow -Wconversion $(if $(WERROR),-Werror)
SANFLAGS := $(if $(SAN),-fsanitize=$(SAN) -fno-sanitize-recover=all -fno-omit-frame-pointer)
DEFS := -D_POSIX_C_SOURCE=200809L -D_DEFAULT_SOURCE -D_DARWIN_C_SOURCE -DANET_VERSION='"$(VERSION)"'
ALL_CFLAGS = -std=c11 $(WARN) $(SANFLAGS) -pthread $(CFLAGS)
INCLUDES := -Iruntime -Icompiler -Igrammar/generated

# The BLAS: OpenBLAS on Linux, Accelerate on macOS.
ifeq ($(UNAME),Darwin)
BLAS_CFLAGS ?= -DACCELERATE_NEW_LAPACK
BLAS_LIBS ?= -framework Accelerate
else
BLAS_CFLAGS ?= $(shell pkg-config --cflags openblas 2>/dev/null)
BLAS_LIBS ?= $(shell pkg-config --libs openblas 2>/dev/null || echo -lopenblas)
endif
LIBS := $(BLAS_LIBS) -lm

Q := $(if $(V),,@)

BASE_SRC := $(wildcard runtime/base/*.c)
MIL_SRC := $(wildcard runtime/mil/*.c) grammar/generated/mil_lexer.c grammar/generated/mil_parser.c
RUNTIME_SRC := $(wildcard runtime/*.c runtime/host/*.c)
COMPILER_SRC := $(wildcard compiler/*.c) grammar/generated/anet_lexer.c grammar/generated/anet_parser.c
LIB_SRC := $(BASE_SRC) $(MIL_SRC) $(RUNTIME_SRC)

objects = $(patsubst %.c,$(BUILD)/obj/%.o,$(1))
LIB_OBJ := $(call objects,$(LIB_SRC))
COMPILER_OBJ := $(call objects,$(COMPILER_SRC)) $(BUILD)/obj/stdlib_files.o $(BUILD)/obj/templates.o

all: $(BUILD)/anetc $(BUILD)/libanet.a

$(BUILD)/obj/%.o: %.c
	@mkdir -p $(@D)
	@$(if $(V),,echo "  CC $<")
	$(Q)$(CC) $(DEFS) $(CPPFLAGS) $(INCLUDES) $(BLAS_CFLAGS) $(ALL_CFLAGS) -MMD -MP -c -o $@ $<

$(BUILD)/obj/%.o: $(BUILD)/gen/%.c
	@mkdir -p $(@D)
	$(Q)$(CC) $(INCLUDES) $(ALL_CFLAGS) -c -o $@ $<

$(BUILD)/libanet.a: $(LIB_OBJ)
	@rm -f $@
	$(Q)$(AR) rcs $@ $(LIB_OBJ)

$(BUILD)/anetc: $(COMPILER_OBJ) $(BUILD)/libanet.a
	$(Q)$(CC) $(ALL_CFLAGS) $(LDFLAGS) -o $@ $(COMPILER_OBJ) $(BUILD)/libanet.a -lm

$(BUILD)/gen/stdlib_files.c: $(wildcard stdlib/*.anet) compiler/embed.sh
	@mkdir -p $(@D)
	$(Q)sh compiler/embed.sh $@ stdlib_files $(wildcard stdlib/*.anet)

$(BUILD)/gen/templates.c: $(wildcard compiler/templates/*) compiler/embed.sh
	@mkdir -p $(@D)
	$(Q)sh compiler/embed.sh $@ template_files $(wildcard compiler/templates/*)

-include $(LIB_OBJ:.o=.d) $(COMPILER_OBJ:.o=.d)

clean:
	rm -rf $(BUILD)

.PHONY: all clean
