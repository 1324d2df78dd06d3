tocsin_test(connectors_tail_test LABEL unit
  SRCS file/backup_name_test.cc file/file_position_test.cc
       file/tail_bugs_test.cc file/tail_odd_files_test.cc
       file/tail_replay_test.cc file/tail_resume_test.cc
       ${PROJECT_SOURCE_DIR}/tests/testing/rotating_log.cc
  DEPS connectors/file LIBS ZLIB::ZLIB PkgConfig::ZSTD)
