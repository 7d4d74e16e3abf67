# find_package(Paging): for a project of yours, where the library was not installed with its CMake package. Copy this file into the
# project's CMAKE_MODULE_PATH. Paging_ROOT is a folder with include/ and lib/, as the archive has them. Gives the target paging::paging.
find_path(Paging_INCLUDE_DIR paging.h)
find_library(Paging_LIBRARY paging)
if(Paging_INCLUDE_DIR)
  file(STRINGS "${Paging_INCLUDE_DIR}/paging.h" _paging_version REGEX "^#define PAGING_VERSION ")
  string(REGEX REPLACE "^#define PAGING_VERSION " "" Paging_VERSION "${_paging_version}")
endif()
include(FindPackageHandleStandardArgs)
find_package_handle_standard_args(Paging REQUIRED_VARS Paging_LIBRARY Paging_INCLUDE_DIR VERSION_VAR Paging_VERSION)
if(Paging_FOUND AND NOT TARGET paging::paging)
  add_library(paging::paging SHARED IMPORTED)
  set_target_properties(paging::paging PROPERTIES
    IMPORTED_LOCATION "${Paging_LIBRARY}" INTERFACE_INCLUDE_DIRECTORIES "${Paging_INCLUDE_DIR}")
endif()
mark_as_advanced(Paging_INCLUDE_DIR Paging_LIBRARY)
