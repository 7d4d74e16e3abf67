# find_package(paging CONFIG): the target paging::paging, of the folder in which this file was installed; paging::sanitizers, which a
# program with -fsanitize=thread or leak links with besides; and the paths of suppressions: paging_VALGRIND_SUPPRESSIONS for valgrind
# --suppressions, paging_LSAN_SUPPRESSIONS and paging_TSAN_SUPPRESSIONS for LSAN_OPTIONS and TSAN_OPTIONS=suppressions= without the target.
get_filename_component(_paging_prefix "${CMAKE_CURRENT_LIST_DIR}/../../.." ABSOLUTE)
if(NOT TARGET paging::paging)
  add_library(paging::paging SHARED IMPORTED)
  set_target_properties(paging::paging PROPERTIES
    IMPORTED_LOCATION "${_paging_prefix}/lib/libpaging.so"
    IMPORTED_SONAME libpaging.so
    INTERFACE_INCLUDE_DIRECTORIES "${_paging_prefix}/include")
endif()
if(NOT TARGET paging::sanitizers)
  add_library(paging::sanitizers INTERFACE IMPORTED)
  set_target_properties(paging::sanitizers PROPERTIES INTERFACE_SOURCES "${_paging_prefix}/share/paging/paging_sanitizers.c")
endif()
set(paging_VALGRIND_SUPPRESSIONS "${_paging_prefix}/share/paging/valgrind.supp")
set(paging_LSAN_SUPPRESSIONS "${_paging_prefix}/share/paging/lsan.supp")
set(paging_TSAN_SUPPRESSIONS "${_paging_prefix}/share/paging/tsan.supp")
unset(_paging_prefix)
