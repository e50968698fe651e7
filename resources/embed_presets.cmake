# Writes a C++ file with the texts of a folder's documents:
#   cmake -DOUTPUT=FILE -DFUNCTION=NAME "-DPRESETS=a.json;b.json" -P embed_presets.cmake
# The texts go into raw strings; MSVC's limit on their length does not matter here.
set(text "// Made by resources/embed_presets.cmake.\n#include <string_view>\n#include <utility>\n#include <vector>\n\nnamespace dstn {\n\nstd::vector<std::pair<std::string_view, std::string_view>> ${FUNCTION}();\n\nstd::vector<std::pair<std::string_view, std::string_view>> ${FUNCTION}() {\n    return {\n")
foreach(preset IN LISTS PRESETS)
    get_filename_component(id ${preset} NAME_WE)
    file(READ ${preset} content)
    string(APPEND text "        {\"${id}\", R\"json(${content})json\"},\n")
endforeach()
string(APPEND text "    };\n}\n\n} // namespace dstn\n")
file(WRITE ${OUTPUT} "${text}")
