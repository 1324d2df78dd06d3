# The shipped rules: described, impartial, measured. The captures lie outside
# the repository: 77 is "not there, skipped".
find_package(Python3 REQUIRED COMPONENTS Interpreter)
function(tocsin_rules_test name)
  add_test(NAME ${name}
           COMMAND Python3::Interpreter -B
                   ${CMAKE_CURRENT_SOURCE_DIR}/${name}.py ${ARGN})
  set_tests_properties(${name} PROPERTIES
    LABELS e2e TIMEOUT 300 SKIP_RETURN_CODE 77)
endfunction()
tocsin_rules_test(rules_readme)
tocsin_rules_test(rules_name_nothing)
