"""Builds and packages liboauthclient, from the tree around this file: conan create packaging/conan"""

import os
import re

from conan import ConanFile
from conan.errors import ConanInvalidConfiguration
from conan.tools.build import cross_building
from conan.tools.files import copy, load, rm, rmdir

required_conan_version = ">=2.0"


class OauthclientConan(ConanFile):
    name = "oauthclient"
    description = "An OAuth 2 client with a C ABI"
    license = "MIT OR Apache-2.0"
    topics = ("oauth2", "openid-connect", "authentication")
    package_type = "library"
    settings = "os", "arch", "compiler", "build_type"
    options = {"shared": [True, False], "redis": [True, False], "keyring": [True, False]}
    default_options = {"shared": True, "redis": False, "keyring": False}
    # Both kinds of library come from one build: CARGO_TARGET_DIR may name a directory for it.
    no_copy_source = True

    @property
    def tree(self):
        return os.path.join(self.recipe_folder, "..", "..")

    def set_version(self):
        manifest = load(self, os.path.join(self.tree, "Cargo.toml"))
        self.version = re.search(r'^version = "(.*)"', manifest, re.MULTILINE).group(1)

    def export_sources(self):
        files = ["Cargo.*", "Makefile", "build.rs", "cbindgen.toml", "LICENSE-*", "README.md", "packaging/crates.py", "packaging/notices"]
        directories = ["build", "include", "share", "src", "tests/server", "tests/command"]
        for pattern in files + [directory + "/*" for directory in directories]:
            copy(self, pattern, self.tree, self.export_sources_folder)

    def validate(self):
        if self.settings.os != "Linux" or cross_building(self):
            raise ConanInvalidConfiguration("this recipe builds on Linux, for the same machine; elsewhere cargo-c installs the library")

    def package_id(self):
        # It has the ABI of C, and is built by Rust in one way.
        del self.info.settings.compiler
        del self.info.settings.build_type

    @property
    def features(self):
        return ",".join(name for name in ("redis", "keyring") if self.options.get_safe(name))

    def make(self, target, *settings):
        directory = os.environ.get("CARGO_TARGET_DIR", self.build_folder)
        settings = " ".join(f'"{setting}"' for setting in settings)
        self.run(f'make -C "{self.source_folder}" {target} CARGO_TARGET_DIR="{directory}" FEATURES={self.features} {settings}')

    def build(self):
        self.make("build-library")

    def package(self):
        self.make("install-library", f"PREFIX={self.package_folder}", "LIBDIR=lib")
        libraries = os.path.join(self.package_folder, "lib")
        rm(self, "*.a" if self.options.shared else "*.so*", libraries)
        # Conan's generators write what pkg-config and CMake read; the command is not in this package.
        rmdir(self, os.path.join(libraries, "pkgconfig"))
        rmdir(self, os.path.join(self.package_folder, "share"))
        licenses = os.path.join(self.package_folder, "licenses")
        copy(self, "LICENSE-*", self.source_folder, licenses)
        self.run(f'packaging/notices "--features={self.features}" > "{licenses}/NOTICES"', cwd=self.source_folder)

    def package_info(self):
        self.cpp_info.libs = ["oauthclient"]
        self.cpp_info.includedirs = ["include/oauthclient"]
        self.cpp_info.set_property("cmake_file_name", "oauthclient")
        self.cpp_info.set_property("cmake_target_name", "oauthclient::oauthclient")
        self.cpp_info.set_property("pkg_config_name", "oauthclient")
        if not self.options.shared:
            self.cpp_info.system_libs = ["dl", "m", "pthread", "rt", "util"]
