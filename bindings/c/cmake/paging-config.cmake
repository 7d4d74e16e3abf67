# find_package(paging CONFIG): the target paging::paging, of the folder in which this file was installed.
get_filename_component(_paging_prefix "${CMAKE_CURRENT_LIST_DIR}/../../.." ABSOLUTE)
if(NOT TARGET paging::paging)
  add_library(paging::paging SHARED IMPORTED)
  set_target_properties(paging::paging PROPERTIES
    IMPORTED_LOCATION "${_paging_prefix}/lib/libpaging.so"
    IMPORTED_SONAME libpaging.so
    INTERFACE_INCLUDE_DIRECTORIES "${_paging_prefix}/include")
endif()
unset(_paging_prefix)
