# An overlay port of the tree around it: vcpkg install oauthclient --overlay-ports=packaging/vcpkg. It needs Rust and make.
# In a registry, vcpkg_from_github or vcpkg_from_git gives the source in the place of the next line.
get_filename_component(SOURCE_PATH "${CURRENT_PORT_DIR}/../.." ABSOLUTE)

# The release build is the only one: it has the ABI of C, and no settings of a compiler.
set(VCPKG_BUILD_TYPE release)
set(VCPKG_POLICY_MISMATCHED_NUMBER_OF_BINARIES enabled)

set(WITH "")
foreach(NAME IN ITEMS redis keyring)
    if(NAME IN_LIST FEATURES)
        list(APPEND WITH "${NAME}")
    endif()
endforeach()
list(JOIN WITH "," WITH)

find_program(MAKE NAMES gmake make REQUIRED)
vcpkg_execute_required_process(
    COMMAND "${MAKE}" install-library "PREFIX=${CURRENT_PACKAGES_DIR}" LIBDIR=lib "FEATURES=${WITH}"
    WORKING_DIRECTORY "${SOURCE_PATH}"
    LOGNAME "install-${TARGET_TRIPLET}"
)

if(VCPKG_LIBRARY_LINKAGE STREQUAL "static")
    file(GLOB OTHERS "${CURRENT_PACKAGES_DIR}/lib/*.so*")
else()
    set(OTHERS "${CURRENT_PACKAGES_DIR}/lib/liboauthclient.a")
endif()
file(REMOVE ${OTHERS})

# CMake packages lie in share/NAME here: one directory less below the prefix.
file(RENAME "${CURRENT_PACKAGES_DIR}/share/cmake/oauthclient" "${CURRENT_PACKAGES_DIR}/share/${PORT}")
foreach(FILE IN ITEMS oauthclient-config.cmake oauthclient-config-version.cmake)
    vcpkg_replace_string("${CURRENT_PACKAGES_DIR}/share/${PORT}/${FILE}"
        "\${CMAKE_CURRENT_LIST_DIR}/../../.." "\${CMAKE_CURRENT_LIST_DIR}/../..")
endforeach()
# Manual pages have no place in a port, and the command is not in this one.
file(REMOVE_RECURSE
    "${CURRENT_PACKAGES_DIR}/share/cmake"
    "${CURRENT_PACKAGES_DIR}/share/man"
    "${CURRENT_PACKAGES_DIR}/share/bash-completion"
    "${CURRENT_PACKAGES_DIR}/share/fish"
    "${CURRENT_PACKAGES_DIR}/share/zsh"
)
vcpkg_fixup_pkgconfig()

file(INSTALL "${CMAKE_CURRENT_LIST_DIR}/usage" DESTINATION "${CURRENT_PACKAGES_DIR}/share/${PORT}")
vcpkg_install_copyright(FILE_LIST "${SOURCE_PATH}/LICENSE-MIT" "${SOURCE_PATH}/LICENSE-APACHE")
