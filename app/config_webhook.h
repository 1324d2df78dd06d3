// The keys of a webhook source.
#pragma once

#include <string>

#include "app/config_reader.h"
#include "app/yaml.h"
#include "connectors/webhook/webhook_options.h"

namespace tocsin {

void ReadWebhookSource(ConfigReader* reader, const YamlNode& node,
                       WebhookOptions* options);
// As it stands behind `- name: ...`, every default written out.
std::string PrintWebhookSource(const WebhookOptions& options);
// Where a source's journal stands in a data directory.
std::string JournalFolder(const std::string& data_dir,
                          const std::string& source);

}  // namespace tocsin
