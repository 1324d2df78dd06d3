// The keys of a Kafka source.
#pragma once

#include <string>

#include "app/config_reader.h"
#include "app/yaml.h"
#include "connectors/kafka/kafka_options.h"

namespace tocsin {

// `name` of the options stays as it is.
void ReadKafkaSource(ConfigReader* reader, const YamlNode& node,
                     KafkaOptions* options);
// As it stands behind `- name: ...`, every default written out.
std::string PrintKafkaSource(const KafkaOptions& options);

}  // namespace tocsin
