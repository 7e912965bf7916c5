# layer(NAME [PUBLIC_HEADERS DIR] [MAY_USE LAYER...] [LIBS TARGET...])
#
# One object library a layer, from src/NAME/*.c. A header is included by its layer's name ("web/url/url.h"). Each layer is
# compiled with the include roots of itself and of the layers in MAY_USE, and no others, so that a wrong include fails to
# compile. An include root is a folder that holds nothing but a link to the one folder it opens.
#
# A layer with PUBLIC_HEADERS shows others only include/DIR; its own folder stays private to it.

function(_include_root out name target)
  set(root ${PROJECT_BINARY_DIR}/include-roots/${out})
  file(MAKE_DIRECTORY ${root})
  file(CREATE_LINK ${target} ${root}/${name} SYMBOLIC)
endfunction()

function(layer name)
  cmake_parse_arguments(L "" "PUBLIC_HEADERS" "MAY_USE;LIBS" ${ARGN})
  set(roots ${PROJECT_BINARY_DIR}/include-roots)

  _include_root(private-${name} ${name} ${PROJECT_SOURCE_DIR}/src/${name})
  if(L_PUBLIC_HEADERS)
    _include_root(public-${name} ${L_PUBLIC_HEADERS} ${PROJECT_SOURCE_DIR}/include/${L_PUBLIC_HEADERS})
    set(seen ${roots}/public-${name})
  else()
    set(seen ${roots}/private-${name})
  endif()

  # What others get when they may use this layer.
  add_library(${name}_headers INTERFACE)
  target_include_directories(${name}_headers INTERFACE ${seen})

  file(GLOB sources CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/src/${name}/*.c
    ${PROJECT_SOURCE_DIR}/src/${name}/*/*.c)
  if(NOT sources)
    file(WRITE ${PROJECT_BINARY_DIR}/empty.c "typedef int nothing_here_yet;\n")
    set(sources ${PROJECT_BINARY_DIR}/empty.c)
  endif()
  add_library(layer_${name} OBJECT ${sources})
  target_include_directories(layer_${name} PRIVATE ${roots}/private-${name} ${seen})
  foreach(other IN LISTS L_MAY_USE)
    target_link_libraries(layer_${name} PRIVATE ${other}_headers)
  endforeach()
  target_link_libraries(layer_${name} PRIVATE ${L_LIBS} Threads::Threads)
  set_property(TARGET layer_${name} PROPERTY FORAGE_LIBS "${L_LIBS}")

  # What a test of this layer gets: the layer's own folder and all that the layer itself may see.
  add_library(${name}_internals INTERFACE)
  target_include_directories(${name}_internals INTERFACE ${roots}/private-${name} ${seen})
  foreach(other IN LISTS L_MAY_USE)
    target_link_libraries(${name}_internals INTERFACE ${other}_headers)
  endforeach()
  target_link_libraries(${name}_internals INTERFACE ${L_LIBS})
endfunction()
