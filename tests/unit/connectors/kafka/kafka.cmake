# The Kafka source: against librdkafka's mock brokers, against one real broker
# that all tests share (a ctest fixture), and against clusters of their own.
add_library(tocsin_kafka_testing STATIC
  ${PROJECT_SOURCE_DIR}/tests/testing/kafka_peer.cc
  ${PROJECT_SOURCE_DIR}/tests/testing/source_player.cc)
target_include_directories(tocsin_kafka_testing PUBLIC ${PROJECT_SOURCE_DIR}
  PRIVATE ${TOCSIN_PATHS})
target_link_libraries(tocsin_kafka_testing PUBLIC tocsin::connectors_kafka
  GTest::gtest PRIVATE tocsin_options)

tocsin_test(connectors_kafka_test LABEL unit
  SRCS kafka/kafka_fence_test.cc kafka/kafka_group_test.cc kafka/kafka_line_test.cc
       kafka/kafka_options_test.cc
  DEPS connectors/kafka LIBS tocsin_kafka_testing)

set(peers ${PROJECT_SOURCE_DIR}/tests/peers)
set(kafka ${PROJECT_BINARY_DIR}/peers/kafka)
add_test(NAME kafka_up COMMAND sh -c
  "${peers}/kafka_down.sh ${kafka} && ${peers}/kafka_up.sh ${kafka}")
add_test(NAME kafka_down COMMAND ${peers}/kafka_down.sh ${kafka})
set_tests_properties(kafka_up PROPERTIES FIXTURES_SETUP kafka LABELS unit TIMEOUT 600)
set_tests_properties(kafka_down PROPERTIES FIXTURES_CLEANUP kafka LABELS unit)
tocsin_test(kafka_broker_test LABEL unit
  SRCS kafka/kafka_broker_test.cc kafka/kafka_cut_test.cc
       kafka/kafka_rebalance_test.cc kafka/kafka_security_test.cc
       kafka/kafka_token_test.cc
  DEPS connectors/kafka LIBS tocsin_kafka_testing FIXTURES kafka)
# Starts brokers of its own, whose jars the fixture has fetched.
tocsin_test(kafka_faults_test LABEL unit
  SRCS kafka/kafka_faults_test.cc ${PROJECT_SOURCE_DIR}/tests/testing/subprocess.cc
  DEPS connectors/kafka LIBS tocsin_kafka_testing FIXTURES kafka)
