# find_package(oauthclient 0.1) gives
#
#     oauthclient::oauthclient   the shared library, or the static one where only that is installed
#     oauthclient::shared        the shared library, if it is installed
#     oauthclient::static        the static library, if it is installed
#
# Both have the directory of oauth.h. `COMPONENTS shared` or `COMPONENTS static` makes one of them a condition.

get_filename_component(_oauthclient_prefix "${CMAKE_CURRENT_LIST_DIR}/../../.." ABSOLUTE)

set(_oauthclient_include "${_oauthclient_prefix}/include/oauthclient")
# `make install LIBDIR=…` writes another directory before these.
set(_oauthclient_directories "${_oauthclient_prefix}/lib/${CMAKE_LIBRARY_ARCHITECTURE}" "${_oauthclient_prefix}/lib" "${_oauthclient_prefix}/lib64")
set(_oauthclient_where NO_DEFAULT_PATH NO_CACHE PATHS ${_oauthclient_directories})
if(CMAKE_VERSION VERSION_LESS 3.21)
    list(REMOVE_ITEM _oauthclient_where NO_CACHE)
endif()
if(WIN32)
    set(_oauthclient_names "liboauthclient.dll.a" "oauthclient.dll.lib")
else()
    set(_oauthclient_names "${CMAKE_SHARED_LIBRARY_PREFIX}oauthclient${CMAKE_SHARED_LIBRARY_SUFFIX}")
endif()
unset(_oauthclient_shared CACHE)
unset(_oauthclient_static CACHE)
unset(_oauthclient_pc CACHE)
find_library(_oauthclient_shared NAMES ${_oauthclient_names} ${_oauthclient_where})
find_library(_oauthclient_static NAMES "${CMAKE_STATIC_LIBRARY_PREFIX}oauthclient${CMAKE_STATIC_LIBRARY_SUFFIX}"
    ${_oauthclient_where})

set(oauthclient_shared_FOUND FALSE)
set(oauthclient_static_FOUND FALSE)
if(_oauthclient_shared)
    set(oauthclient_shared_FOUND TRUE)
endif()
if(_oauthclient_static)
    set(oauthclient_static_FOUND TRUE)
endif()
set(_oauthclient_missing "")
if(NOT _oauthclient_shared AND NOT _oauthclient_static)
    set(_oauthclient_missing "library")
endif()
foreach(_oauthclient_component IN LISTS oauthclient_FIND_COMPONENTS)
    if(oauthclient_FIND_REQUIRED_${_oauthclient_component} AND NOT oauthclient_${_oauthclient_component}_FOUND)
        set(_oauthclient_missing "${_oauthclient_component} library")
    endif()
endforeach()
# What is not found has no targets.
if(_oauthclient_missing)
    set(oauthclient_FOUND FALSE)
    string(REPLACE ";" ", " _oauthclient_directories "${_oauthclient_directories}")
    set(oauthclient_NOT_FOUND_MESSAGE "there is no ${_oauthclient_missing} of oauthclient in ${_oauthclient_directories}")
    return()
endif()

# What a program with the static library needs from the system: the .pc file beside it says so. The compiler brings what
# unwinds the stack by itself.
set(_oauthclient_system "")
if(_oauthclient_static)
    get_filename_component(_oauthclient_directory "${_oauthclient_static}" DIRECTORY)
    set(_oauthclient_pc "${_oauthclient_directory}/pkgconfig/oauthclient.pc")
    if(EXISTS "${_oauthclient_pc}")
        file(STRINGS "${_oauthclient_pc}" _oauthclient_line REGEX "^Libs\\.private:")
        string(REGEX REPLACE "^Libs\\.private: *" "" _oauthclient_line "${_oauthclient_line}")
        separate_arguments(_oauthclient_system UNIX_COMMAND "${_oauthclient_line}")
        list(REMOVE_ITEM _oauthclient_system "-lgcc_s")
    endif()
endif()

if(_oauthclient_shared AND NOT TARGET oauthclient::shared)
    if(WIN32)
        add_library(oauthclient::shared UNKNOWN IMPORTED)
    else()
        add_library(oauthclient::shared SHARED IMPORTED)
    endif()
    set_target_properties(oauthclient::shared PROPERTIES
        IMPORTED_LOCATION "${_oauthclient_shared}" INTERFACE_INCLUDE_DIRECTORIES "${_oauthclient_include}")
endif()
if(_oauthclient_static AND NOT TARGET oauthclient::static)
    add_library(oauthclient::static STATIC IMPORTED)
    set_target_properties(oauthclient::static PROPERTIES
        IMPORTED_LOCATION "${_oauthclient_static}" INTERFACE_INCLUDE_DIRECTORIES "${_oauthclient_include}"
        INTERFACE_LINK_LIBRARIES "${_oauthclient_system}")
endif()

if(NOT TARGET oauthclient::oauthclient)
    add_library(oauthclient::oauthclient INTERFACE IMPORTED)
    if(TARGET oauthclient::shared)
        set_target_properties(oauthclient::oauthclient PROPERTIES INTERFACE_LINK_LIBRARIES oauthclient::shared)
    else()
        set_target_properties(oauthclient::oauthclient PROPERTIES INTERFACE_LINK_LIBRARIES oauthclient::static)
    endif()
endif()
