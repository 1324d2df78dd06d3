tocsin_test(connectors_journal_test LABEL unit
  SRCS journal/journal_damage_test.cc journal/journal_test.cc
  DEPS connectors/journal)
tocsin_test(connectors_webhook_test LABEL unit
  SRCS webhook/recorded_exchange_test.cc webhook/secrets_test.cc webhook/split_body_test.cc
       webhook/webhook_durable_test.cc webhook/webhook_limits_test.cc webhook/webhook_receiver_test.cc
       webhook/webhook_source_test.cc webhook/webhook_tls_test.cc webhook/connection_table_test.cc
  DEPS connectors/webhook LIBS ZLIB::ZLIB PkgConfig::ZSTD OpenSSL::SSL tocsin_rapidjson)
tocsin_test(connectors_webhook_crowd_test LABEL unit SERIAL  # Measures time.
  SRCS webhook/webhook_crowd_test.cc
  DEPS connectors/webhook LIBS ZLIB::ZLIB PkgConfig::ZSTD OpenSSL::SSL tocsin_rapidjson)
