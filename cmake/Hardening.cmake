# Warnings, hardening and sanitizers: the same for every target. Fields that an initialiser leaves out are zero, which is the
# default of every options struct here, so they are no warning.
#
# FORAGE_SANITIZE names the sanitizers of a build ("address,undefined", "thread"); empty means a product build.

set(FORAGE_SANITIZE "" CACHE STRING "sanitizers, separated by commas")

add_compile_definitions(_GNU_SOURCE)
add_compile_options(
  -Wall -Wextra -Werror -Wshadow -Wpointer-arith -Wstrict-prototypes -Wmissing-prototypes -Wvla -Wformat=2
  -Wno-missing-field-initializers -Wwrite-strings -Wundef -fno-common -fstack-protector-strong -fno-strict-aliasing)
add_link_options(-Wl,-z,relro,-z,now -Wl,-z,noexecstack -Wl,--as-needed)
include(CheckPIESupported)
check_pie_supported()

if(FORAGE_SANITIZE)
  add_compile_options(-fsanitize=${FORAGE_SANITIZE} -fno-sanitize-recover=all -fno-omit-frame-pointer)
  add_link_options(-fsanitize=${FORAGE_SANITIZE})
  if(FORAGE_SANITIZE MATCHES "address" AND CMAKE_C_COMPILER_ID STREQUAL "GNU" AND CMAKE_C_COMPILER_VERSION VERSION_LESS 14)
    set(executable $<STREQUAL:$<TARGET_PROPERTY:TYPE>,EXECUTABLE>)
    add_link_options("$<${executable}:-static-libasan>" "$<${executable}:-static-libubsan>")
    add_library(asan_fork OBJECT ${CMAKE_CURRENT_LIST_DIR}/asan_fork.c)
    link_libraries("$<${executable}:$<TARGET_OBJECTS:asan_fork>>")
  endif()
elseif(NOT CMAKE_BUILD_TYPE STREQUAL "Debug")
  add_compile_options(-U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=2)
endif()
