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
tocsin_rules_test(rules_samples --tocsin $<TARGET_FILE:tocsin>)
tocsin_rules_test(rules_cases --tocsin $<TARGET_FILE:tocsin>)
tocsin_rules_test(measure_rules --tocsin $<TARGET_FILE:tocsin>)
add_test(NAME rules_check
         COMMAND tocsin check --strict ${PROJECT_SOURCE_DIR}/rules)
set_tests_properties(rules_check PROPERTIES
  LABELS e2e TIMEOUT 60 PASS_REGULAR_EXPRESSION ": clean")
# Their own tests, and that these leave no part of a rule unseen.
add_test(NAME rules_tests
         COMMAND tocsin test --failed --coverage-least 100
                 ${PROJECT_SOURCE_DIR}/rules)
add_test(NAME examples_tests
         COMMAND tocsin test --failed --coverage-least 100
                 ${PROJECT_SOURCE_DIR}/docs/examples/language)
set_tests_properties(rules_tests examples_tests PROPERTIES
                     LABELS e2e TIMEOUT 60)
