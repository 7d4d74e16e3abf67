# find_package(Paging): for a project of yours, where the library was not installed with its CMake package. Copy this file into the
# project's CMAKE_MODULE_PATH. Paging_ROOT is a folder with include/, lib/ and share/, as the archive has them. Gives the target
# paging::paging, for a program with -fsanitize=thread or leak paging::sanitizers besides, and Paging_VALGRIND_SUPPRESSIONS,
# Paging_LSAN_SUPPRESSIONS and Paging_TSAN_SUPPRESSIONS, the paths of files for those three.
find_path(Paging_INCLUDE_DIR paging.h)
find_library(Paging_LIBRARY paging)
find_file(Paging_VALGRIND_SUPPRESSIONS valgrind.supp PATH_SUFFIXES share/paging)
find_file(Paging_LSAN_SUPPRESSIONS lsan.supp PATH_SUFFIXES share/paging)
find_file(Paging_TSAN_SUPPRESSIONS tsan.supp PATH_SUFFIXES share/paging)
find_file(Paging_SANITIZERS paging_sanitizers.c PATH_SUFFIXES share/paging)
if(Paging_INCLUDE_DIR)
  set(Paging_VERSION "")
  foreach(_paging_part MAJOR MINOR PATCH)
    file(STRINGS "${Paging_INCLUDE_DIR}/paging.h" _paging_line REGEX "^#define PAGING_VERSION_${_paging_part} ")
    string(REGEX REPLACE "^#define PAGING_VERSION_${_paging_part} " "" _paging_line "${_paging_line}")
    list(APPEND Paging_VERSION "${_paging_line}")
  endforeach()
  list(JOIN Paging_VERSION "." Paging_VERSION)
endif()
include(FindPackageHandleStandardArgs)
find_package_handle_standard_args(Paging REQUIRED_VARS Paging_LIBRARY Paging_INCLUDE_DIR VERSION_VAR Paging_VERSION)
if(Paging_FOUND AND NOT TARGET paging::paging)
  add_library(paging::paging SHARED IMPORTED)
  set_target_properties(paging::paging PROPERTIES
    IMPORTED_LOCATION "${Paging_LIBRARY}" INTERFACE_INCLUDE_DIRECTORIES "${Paging_INCLUDE_DIR}")
endif()
if(Paging_FOUND AND Paging_SANITIZERS AND NOT TARGET paging::sanitizers)
  add_library(paging::sanitizers INTERFACE IMPORTED)
  set_target_properties(paging::sanitizers PROPERTIES INTERFACE_SOURCES "${Paging_SANITIZERS}")
endif()
mark_as_advanced(Paging_INCLUDE_DIR Paging_LIBRARY Paging_VALGRIND_SUPPRESSIONS Paging_LSAN_SUPPRESSIONS Paging_TSAN_SUPPRESSIONS
  Paging_SANITIZERS)
