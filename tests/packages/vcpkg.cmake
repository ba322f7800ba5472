# Runs packaging/vcpkg/portfile.cmake without vcpkg, which CI does not have: cmake -DPACKAGES=… -DLINKAGE=… -P this.
# What the portfile calls of vcpkg stands here in short. That vcpkg itself takes the port is not tried.
cmake_minimum_required(VERSION 3.21)
set(PORT oauthclient)
set(TARGET_TRIPLET x64-linux)
set(VCPKG_LIBRARY_LINKAGE "${LINKAGE}")
set(FEATURES core)
set(CURRENT_PACKAGES_DIR "${PACKAGES}")
get_filename_component(CURRENT_PORT_DIR "${CMAKE_CURRENT_LIST_DIR}/../../packaging/vcpkg" ABSOLUTE)

function(vcpkg_execute_required_process)
    cmake_parse_arguments(PARSE_ARGV 0 GIVEN "" "WORKING_DIRECTORY;LOGNAME" "COMMAND")
    execute_process(COMMAND ${GIVEN_COMMAND} WORKING_DIRECTORY "${GIVEN_WORKING_DIRECTORY}" COMMAND_ERROR_IS_FATAL ANY)
endfunction()

function(vcpkg_replace_string FILE OLD NEW)
    file(READ "${FILE}" TEXT)
    string(REPLACE "${OLD}" "${NEW}" CHANGED "${TEXT}")
    if(CHANGED STREQUAL TEXT)
        message(FATAL_ERROR "${FILE} has no ${OLD}")
    endif()
    file(WRITE "${FILE}" "${CHANGED}")
endfunction()

function(vcpkg_fixup_pkgconfig)
    if(NOT EXISTS "${CURRENT_PACKAGES_DIR}/lib/pkgconfig/oauthclient.pc")
        message(FATAL_ERROR "there is no oauthclient.pc")
    endif()
endfunction()

function(vcpkg_install_copyright)
    cmake_parse_arguments(PARSE_ARGV 0 GIVEN "" "" "FILE_LIST")
    file(INSTALL ${GIVEN_FILE_LIST} DESTINATION "${CURRENT_PACKAGES_DIR}/share/${PORT}")
endfunction()

include("${CURRENT_PORT_DIR}/portfile.cmake")
