# Installs the library, and the command oauth-token, where there is no cargo-c: the files that `cargo cinstall -p oauthclient
# --release` and `cargo install --path . --features cli` install.
#
#     make                                 builds the shared and the static library, and the command
#     make install PREFIX=/usr/local       installs them; DESTDIR=… puts the tree elsewhere, for packages; without cargo, what was built
#     make install-library                 leaves the command out, as make build-library does
#     make uninstall PREFIX=/usr/local
#
# FEATURES=redis,keyring adds those stores. LIBDIR is below PREFIX, or absolute. TARGET is one of rustc's, to cross-compile.
# macOS and Windows have other names for libraries: there, use cargo-c.

PREFIX ?= /usr/local
LIBDIR ?= lib
FEATURES ?=
TARGET ?= $(CARGO_BUILD_TARGET)
CARGO ?= cargo
INSTALL ?= install

ROOT := $(patsubst %/,%,$(dir $(abspath $(lastword $(MAKEFILE_LIST)))))
VERSION := $(shell sed -n 's/^version = "\(.*\)"/\1/p' '$(ROOT)/Cargo.toml' | head -n 1)
# What ABI.md says: 0.MINOR, and MAJOR from 1.0 on.
SERIES := $(shell echo $(VERSION) | sed 's/^\(0\.[0-9]*\|[1-9][0-9]*\)\..*/\1/')
DESCRIPTION := $(shell sed -n '/^\[package.metadata.capi.pkg_config\]/,/^$$/s/^description = "\(.*\)"/\1/p' '$(ROOT)/Cargo.toml')

# In a directory of its own: what makes a build reproducible would rebuild the crates of other builds.
BUILD := $(abspath $(or $(CARGO_TARGET_DIR),$(ROOT)/target))/install
RELEASE := $(if $(TARGET),$(TARGET)/)release
# The library names no path of this machine, and does not depend on it: sources, crates, and those of Rust, where they are installed.
CARGO_HOME_DIRECTORY := $(or $(CARGO_HOME),$(HOME)/.cargo)
RUSTC ?= rustc
RUST_SOURCES := $(shell $(RUSTC) --print sysroot 2> /dev/null)/lib/rustlib/src/rust
RUST_COMMIT := $(shell $(RUSTC) -vV 2> /dev/null | sed -n 's/^commit-hash: //p')
REMAP := --remap-path-prefix=$(ROOT)=oauthclient --remap-path-prefix=$(CARGO_HOME_DIRECTORY)=cargo \
	--remap-path-prefix=$(RUST_SOURCES)=/rustc/$(RUST_COMMIT)
# The same for what is in C and assembly below: the archive keeps what debuggers read of it.
REMAP_C := -ffile-prefix-map=$(ROOT)=oauthclient -ffile-prefix-map=$(CARGO_HOME_DIRECTORY)=cargo

# oauthclient.pc and the CMake package cannot say a path with one of these; a recipe cannot say a DESTDIR with the first, or of two lines.
SPECIAL := ' " ` \ $$ \# & | ; < > * ? [ ] ( ) %
define NEW_LINE :=


endef
refuse_special = $(if $(word 2,x$($(1))x)$(strip $(foreach one,$(SPECIAL),$(findstring $(one),$($(1))))),\
	$(error $(1) is $(strip $($(1))): it must have no space, no quote and nothing else that means something to a shell))
$(call refuse_special,PREFIX)
$(call refuse_special,LIBDIR)
$(if $(filter-out /%,$(PREFIX)),$(error PREFIX is $(PREFIX): it must be an absolute path))
$(if $(findstring ',$(DESTDIR))$(findstring $(NEW_LINE),$(DESTDIR)),$(error DESTDIR is $(strip $(DESTDIR)): it must have no single quote and no end of a line))
# Not $(abspath), which takes a space for the end of a path.
override DESTDIR := $(if $(DESTDIR),$(if $(filter x/%,$(firstword x$(DESTDIR))),,$(CURDIR)/)$(DESTDIR))
LIBRARIES := $(if $(filter /%,$(LIBDIR)),$(LIBDIR),$(PREFIX)/$(LIBDIR))
# As cargo-c writes it.
PC_LIBDIR := $(patsubst $(PREFIX)/%,$${prefix}/%,$(LIBRARIES))
# In the CMake package, which finds lib, lib64 and Debian's directories by itself: there, it is the same for each architecture.
BELOW_PREFIX := $(patsubst $(PREFIX)/%,%,$(LIBRARIES))
CMAKE_LIBDIR := $(if $(filter lib lib64,$(BELOW_PREFIX))$(and $(filter lib/%,$(BELOW_PREFIX)),$(findstring -linux-,$(BELOW_PREFIX)),\
	$(filter 2,$(words $(subst /, ,$(BELOW_PREFIX))))),,$(patsubst $(PREFIX)/%,$${_oauthclient_prefix}/%,$(LIBRARIES)))
CMAKE_CONFIG := cmake/oauthclient/oauthclient-config.cmake
TO_LIBRARIES := $(DESTDIR)$(LIBRARIES)
TO_HEADERS := $(DESTDIR)$(PREFIX)/include/oauthclient
TO_SHARE := $(DESTDIR)$(PREFIX)/share
# A directory that is there stays as it is.
MAKE_DIRECTORY := umask 022 && mkdir -p
TO_MANUAL := $(TO_SHARE)/man/man3
# build.rs writes the pages of section 3.
MANUAL := $(BUILD)/man3
# Everything below these two is installed.
HEADERS := $(shell cd '$(ROOT)/include' && find . -type f | sort)
SHARED_DATA := $(shell cd '$(ROOT)/share' && find . -type f | sort)

CARGO_RUSTC = cd '$(ROOT)' && RUSTFLAGS="$(RUSTFLAGS) $(REMAP)" CFLAGS="$(CFLAGS) $(REMAP_C)" $(CARGO) rustc --release --locked \
	--package oauthclient $(if $(TARGET),--target $(TARGET))

.PHONY: build build-library build-command install install-library install-command uninstall
build: build-library build-command
build-library: export OAUTHCLIENT_WRITE_MANUAL := $(MANUAL)
build-library:
	$(CARGO_RUSTC) --lib --crate-type cdylib,staticlib --target-dir '$(BUILD)' $(if $(FEATURES),--features $(FEATURES)) -- \
		-Clink-arg=-Wl,-soname,liboauthclient.so.$(SERIES) --print native-static-libs='$(BUILD)/native-static-libs'
# Elsewhere: cargo would build the library for it under the same names, and in another way.
build-command:
	$(CARGO_RUSTC) --bin oauth-token --target-dir '$(BUILD)/command' --features cli,$(FEATURES)

# Root may have no cargo, and a user has run make before.
HAS_CARGO := $(shell command -v $(CARGO) 2> /dev/null)
define built
	@[ -e '$(1)' ] || { echo 'There is no $(1), and no cargo to build it: run make first, as a user who has cargo.' >&2; exit 1; }
endef

install: install-library install-command
install-command: $(if $(HAS_CARGO),build-command)
	$(call built,$(BUILD)/command/$(RELEASE)/oauth-token)
	$(MAKE_DIRECTORY) '$(DESTDIR)$(PREFIX)/bin'
	$(INSTALL) -m 755 '$(BUILD)/command/$(RELEASE)/oauth-token' '$(DESTDIR)$(PREFIX)/bin/oauth-token'
install-library: $(if $(HAS_CARGO),build-library)
	$(call built,$(BUILD)/$(RELEASE)/liboauthclient.so)
	$(MAKE_DIRECTORY) '$(TO_LIBRARIES)/pkgconfig'
	$(INSTALL) -m 755 '$(BUILD)/$(RELEASE)/liboauthclient.so' '$(TO_LIBRARIES)/liboauthclient.so.$(VERSION)'
	ln -sf liboauthclient.so.$(VERSION) '$(TO_LIBRARIES)/liboauthclient.so.$(SERIES)'
	ln -sf liboauthclient.so.$(VERSION) '$(TO_LIBRARIES)/liboauthclient.so'
	$(INSTALL) -m 644 '$(BUILD)/$(RELEASE)/liboauthclient.a' '$(TO_LIBRARIES)/liboauthclient.a'
	# gcc and clang bring what unwinds the stack: libgcc_s, or libgcc_eh in a program without shared libraries.
	{ echo 'prefix=$(PREFIX)'; echo 'exec_prefix=$${prefix}'; echo 'libdir=$(PC_LIBDIR)'; \
		echo 'includedir=$${prefix}/include'; echo; \
		echo 'Name: oauthclient'; echo 'Description: $(DESCRIPTION)'; echo 'Version: $(VERSION)'; \
		echo 'Libs: -L$${libdir} -loauthclient'; echo 'Cflags: -I$${includedir}/oauthclient'; \
		echo "Libs.private: $$(sed 's/-lgcc_s *//' '$(BUILD)/native-static-libs')"; \
	} > '$(TO_LIBRARIES)/pkgconfig/oauthclient.pc' && chmod 644 '$(TO_LIBRARIES)/pkgconfig/oauthclient.pc'
	cd '$(ROOT)/include' && for file in $(HEADERS); do \
		$(MAKE_DIRECTORY) "$$(dirname '$(TO_HEADERS)'/$$file)" && $(INSTALL) -m 644 $$file '$(TO_HEADERS)'/$$file || exit 1; done
	cd '$(ROOT)/share' && for file in $(SHARED_DATA); do \
		$(MAKE_DIRECTORY) "$$(dirname '$(TO_SHARE)'/$$file)" && $(INSTALL) -m 644 $$file '$(TO_SHARE)'/$$file || exit 1; done
ifneq ($(CMAKE_LIBDIR),)
	sed 's|^set(_oauthclient_directories |&"$(CMAKE_LIBDIR)" |' '$(ROOT)/share/$(CMAKE_CONFIG)' > '$(TO_SHARE)/$(CMAKE_CONFIG)'
endif
	$(MAKE_DIRECTORY) '$(TO_MANUAL)'
	$(INSTALL) -m 644 '$(MANUAL)'/*.3 '$(TO_MANUAL)'
	@[ -n '$(DESTDIR)' ] || echo 'Installed. If programs do not find liboauthclient.so.$(SERIES), run ldconfig (as root), or link with -Wl,-rpath,$(LIBRARIES).'

uninstall:
	rm -f '$(DESTDIR)$(PREFIX)/bin/oauth-token'
	rm -f '$(TO_LIBRARIES)/liboauthclient.so' '$(TO_LIBRARIES)/liboauthclient.so.$(SERIES)' \
		'$(TO_LIBRARIES)/liboauthclient.so.$(VERSION)' '$(TO_LIBRARIES)/liboauthclient.a' '$(TO_LIBRARIES)/pkgconfig/oauthclient.pc'
	for file in $(HEADERS); do rm -f '$(TO_HEADERS)'/$$file; done
	for file in $(SHARED_DATA); do rm -f '$(TO_SHARE)'/$$file; done
	# Other packages have pages in the same directory, even of a name like ours.
	for page in '$(TO_MANUAL)'/oauth*.3; do ! grep -qs -e '"liboauthclient ' -e '^\.so man3/oauthclient-' "$$page" || rm -f "$$page"; done
	# The directories that are of no use to others. A prefix keeps bin, include, lib, share and share/man.
	@cd '$(TO_SHARE)' 2> /dev/null || exit 0; for directory in $(sort $(patsubst %/,%,$(dir $(SHARED_DATA:./%=%))) man/man3); do \
		case $$directory in man/*) rmdir $$directory;; *) rmdir -p $$directory;; esac 2> /dev/null; done; true
	@cd '$(DESTDIR)$(PREFIX)/include' 2> /dev/null || exit 0; \
		for directory in $(patsubst %/,oauthclient/%,$(filter-out ./,$(sort $(dir $(HEADERS:./%=%))))) oauthclient; do rmdir -p $$directory 2> /dev/null; done; true
	@rmdir '$(TO_LIBRARIES)/pkgconfig' 2> /dev/null; true
	@cd '$(DESTDIR)$(PREFIX)/lib' 2> /dev/null || exit 0; \
		for directory in $(patsubst lib/%,%,$(filter lib/%,$(BELOW_PREFIX))); do rmdir -p $$directory 2> /dev/null; done; true
