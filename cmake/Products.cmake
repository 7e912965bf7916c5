# What is installed: two libraries (static and shared), their headers and pkg-config files, and the program.

# The pkg-config files name the prefix relative to themselves, so that `cmake --install --prefix` may choose another.
file(RELATIVE_PATH PC_TO_PREFIX /prefix/${CMAKE_INSTALL_LIBDIR}/pkgconfig /prefix)

# product(NAME LAYERS LAYER... [USES TARGET...]): libNAME.a and libNAME.so. Only symbols in src/libNAME.map are exported.
function(product name)
  cmake_parse_arguments(P "" "MAP" "LAYERS;USES" ${ARGN})
  set(objects)
  set(libs)
  foreach(l IN LISTS P_LAYERS)
    list(APPEND objects $<TARGET_OBJECTS:layer_${l}>)
    get_target_property(more layer_${l} FORAGE_LIBS)
    if(more)
      list(APPEND libs ${more})
    endif()
  endforeach()
  add_library(${name}_static STATIC ${objects})
  add_library(${name}_shared SHARED ${objects})
  foreach(kind static shared)
    set_target_properties(${name}_${kind} PROPERTIES OUTPUT_NAME ${name} LINKER_LANGUAGE C)
  endforeach()
  set_target_properties(${name}_shared PROPERTIES VERSION ${PROJECT_VERSION} SOVERSION 0 LINK_DEPENDS ${P_MAP}
                        INSTALL_RPATH $ORIGIN)
  target_link_options(${name}_shared PRIVATE -Wl,--version-script=${P_MAP} -Wl,--no-undefined)
  target_link_libraries(${name}_static PUBLIC ${libs} Threads::Threads)
  target_link_libraries(${name}_shared PRIVATE ${libs} Threads::Threads)
  foreach(u IN LISTS P_USES)
    target_link_libraries(${name}_static PUBLIC ${u}_static)
    target_link_libraries(${name}_shared PUBLIC ${u}_shared)
  endforeach()
  install(TARGETS ${name}_static ${name}_shared
          ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR} LIBRARY DESTINATION ${CMAKE_INSTALL_LIBDIR})
  install(DIRECTORY ${PROJECT_SOURCE_DIR}/include/${name} DESTINATION ${CMAKE_INSTALL_INCLUDEDIR})
  configure_file(${PROJECT_SOURCE_DIR}/cmake/${name}.pc.in ${PROJECT_BINARY_DIR}/${name}.pc @ONLY)
  install(FILES ${PROJECT_BINARY_DIR}/${name}.pc DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig)
endfunction()

product(multiproc LAYERS base multiproc MAP ${PROJECT_SOURCE_DIR}/src/multiproc/libmultiproc.map)
product(forage LAYERS base web fetch store crawl MAP ${PROJECT_SOURCE_DIR}/src/crawl/libforage.map USES multiproc)

# The program is linked statically with our own libraries, so that one file can be copied to a server.
add_executable(forage $<TARGET_OBJECTS:layer_cli>)
set_target_properties(forage PROPERTIES LINKER_LANGUAGE C)
target_link_libraries(forage PRIVATE forage_static PkgConfig::INIH)
install(TARGETS forage RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR})

# The completions are printed by the program itself, so that they are those of its own options.
set(completions ${PROJECT_BINARY_DIR}/completions)
if(NOT CMAKE_CROSSCOMPILING)
  add_custom_command(TARGET forage POST_BUILD VERBATIM
    COMMAND ${CMAKE_COMMAND} -E make_directory ${completions}
    COMMAND sh -ec "for s in bash zsh fish; do \"$0\" --completion $s >\"$1/$s\"; done" $<TARGET_FILE:forage> ${completions})
  install(FILES ${completions}/bash DESTINATION ${CMAKE_INSTALL_DATADIR}/bash-completion/completions RENAME forage)
  install(FILES ${completions}/zsh DESTINATION ${CMAKE_INSTALL_DATADIR}/zsh/site-functions RENAME _forage)
  install(FILES ${completions}/fish DESTINATION ${CMAKE_INSTALL_DATADIR}/fish/vendor_completions.d RENAME forage.fish)
endif()

# The manual page, and what else a crontab or a timer is made from.
find_program(SCDOC scdoc REQUIRED)
set(manual ${PROJECT_BINARY_DIR}/forage.1)
add_custom_command(OUTPUT ${manual} DEPENDS ${PROJECT_SOURCE_DIR}/doc/forage.1.scd VERBATIM
  COMMAND sh -ec "\"$0\" <\"$1\" >\"$2.new\" && mv \"$2.new\" \"$2\"" ${SCDOC} ${PROJECT_SOURCE_DIR}/doc/forage.1.scd ${manual})
add_custom_target(manual ALL DEPENDS ${manual})
add_dependencies(forage manual)
install(FILES ${manual} DESTINATION ${CMAKE_INSTALL_MANDIR}/man1)
install(FILES doc/cron.md doc/forage.service doc/forage.timer DESTINATION ${CMAKE_INSTALL_DOCDIR})
