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
