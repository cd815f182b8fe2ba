# rules.mk - what every user-space folder's Makefile includes.
# A folder sets `here` (its name), then uses $(out) for what it builds.
top := $(patsubst %/,%,$(dir $(abspath $(lastword $(MAKEFILE_LIST)))))
O ?= $(top)/build
out := $(O)/$(here)
PREFIX ?= /usr/local
DESTDIR ?=
V ?= 0
q := $(if $(filter 1,$(V)),,@)
VERSION := $(shell cat $(top)/VERSION)
CFLAGS ?= -O2 -g
# No -Wformat-truncation: a path longer than PATH_MAX is cut, and then not found.
xcflags := -std=gnu11 -D_GNU_SOURCE -Wall -Wextra -Wshadow -Wstrict-prototypes \
	-Wno-format-truncation -fno-common -DXOS_VERSION='"$(VERSION)"' -I$(top)
# CI=true turns warnings into errors; a user's newer compiler must not.
# Not with sanitizers: gcc does not stand by its warnings there (its manual,
# "Instrumentation Options").
ifdef CI
xcflags += $(if $(SAN),,-Werror)
endif
# SAN=1 builds everything with the sanitizers, into a tree of its own.
ifdef SAN
xcflags += -fsanitize=address,undefined -fno-omit-frame-pointer \
	-fno-sanitize-recover=undefined
xldflags += -fsanitize=address,undefined
endif

$(out)/%.o: %.c
	@mkdir -p $(@D)
	@$(if $(q),echo '  CC      $(here)/$<')
	$(q)$(CC) $(xcflags) $(CFLAGS) $(pkg_cflags) -MMD -MP -c -o $@ $<
