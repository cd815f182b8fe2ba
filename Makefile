# LinuxSSI: the parts, their tests and the virtual testbed.  `make help` lists the targets.
MAKEFLAGS += --no-print-directory
top := $(patsubst %/,%,$(dir $(abspath $(firstword $(MAKEFILE_LIST)))))
export O ?= $(top)/build
export KERNELRELEASE ?= $(shell $(top)/kernel/newest-headers)
export PREFIX ?= /usr/local
export DESTDIR ?=
INVENTORY ?= conf/testbed.xml
deploy = $(O)/deploy/xos-ssi-deploy
user = libxos pxe initramfs deploy userland xosautoconfig

help: ## print this list
	@sed -n 's/^\([a-z%-]*\):[^#]*## /\1\t/p' Makefile | \
		sed 's/check-%/check-GROUP/; s/bench-%/bench-NAME/' | expand -t 16

deps: ## install every package that is needed (apt, as root)
	@./packages install

all: kernel $(user) ## build everything into build/
kernel $(user):
	@$(MAKE) -C $@
pxe deploy xosautoconfig: libxos
deploy xosautoconfig: pxe

up: deps all ## virtual testbed: head and three nodes by PXE to one cluster
	@$(deploy) -i $(INVENTORY) run
down: ## stop the testbed, leave nothing behind
	@$(deploy) -i $(INVENTORY) down

check: deps ## every test (under an hour)
	@tests/run lint unit sim sim-kddm deploy grid fuzz node cr boot
check-%: deps ## one group: lint unit sim sim-kddm deploy grid fuzz node cr boot
	@tests/run $*
check-sanitize: ## node on a kernel with KASAN, lockdep, kmemleak (first: 30 min)
check-image: deps all ## image and initramfs alone, booted and broken in every way; a head (20 min)
	@tests/run image head
check-long: ## the whole testbed ten times (CYCLES=10)
bench: deps all ## every benchmark
	@tests/bench/run
bench-%: deps all ## one of them: boot bootd generate rpc view
	@tests/bench/run $*
sim: ## the protocols on random schedules, two minutes
	@tests/run sim sim-kddm
sim-long: ## the same for SECONDS=n, from SEED=n on (default: the time)
	@tests/sim/run --seconds $(or $(SECONDS),600) --seed $(or $(SEED),$(shell date +%s)000)
	@tests/sim/kddm-run --seconds $(or $(SECONDS),600) --seed $(or $(SEED),$(shell date +%s)000)
lint: ## style and layer checks, no build
	@tests/run lint

install: all ## into $(DESTDIR)$(PREFIX)
	@set -e; for d in kernel $(user) docs; do $(MAKE) -C $$d install; done
	@[ -n "$(DESTDIR)" ] || ldconfig
uninstall: ## remove it again: whatever an install makes elsewhere, and our folders
	@t=$$(mktemp -d); trap 'rm -rf $$t' EXIT; $(MAKE) install DESTDIR=$$t > /dev/null && \
		(cd $$t && find . ! -type d -printf '$(DESTDIR)/%P\n') | xargs -d '\n' rm -f
	@rm -rf $(addprefix $(DESTDIR)$(PREFIX)/,share/xos-ssi share/doc/xos-ssi lib/xos-ssi)
clean: ## remove build/ but keep downloaded packages
	@rm -rf $(O)

.PHONY: help deps all up down check bench sim sim-long lint install uninstall clean kernel $(user)
