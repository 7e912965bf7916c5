# embed_text(LAYER FILE SYMBOL): the text of FILE is `const char SYMBOL[]` in LAYER. Editing FILE builds it anew.
function(embed_text layer file symbol)
  file(READ ${PROJECT_SOURCE_DIR}/${file} text)
  string(REPLACE "\\" "\\\\" text "${text}")
  string(REPLACE "\"" "\\\"" text "${text}")
  string(REPLACE "\n" "\\n\"\n    \"" text "${text}")
  set(source ${PROJECT_BINARY_DIR}/embedded/${symbol}.c)
  file(CONFIGURE OUTPUT ${source} @ONLY CONTENT
       "extern const char @symbol@[];\nconst char @symbol@[] =\n    \"@text@\";\n")
  target_sources(layer_${layer} PRIVATE ${source})
  set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/${file})
endfunction()
