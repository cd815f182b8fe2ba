# bench-pxe.mk - the benchmarks of pxe/ that are C programs; bench-NAME makes its own.
here := bench
include ../../rules.mk
packages := libxml-2.0 jansson libmicrohttpd libcurl libcrypto
pkg_cflags := $(shell pkg-config --cflags $(packages)) -pthread
pkg_libs := $(shell pkg-config --libs $(packages)) -pthread
libs := $(O)/pxe/libpxe.a $(O)/libxos/libxos.a

generate bootd: %: $(out)/bench-%
libraries:
	@$(MAKE) -s -C $(top)/libxos && $(MAKE) -s -C $(top)/pxe
$(libs): libraries ;
$(out)/bench-%: $(out)/bench-%.o $(libs)
	@$(CC) $(xldflags) -o $@ $< $(libs) $(pkg_libs)
.PHONY: generate bootd libraries
.SECONDARY:
-include $(wildcard $(out)/*.d)
