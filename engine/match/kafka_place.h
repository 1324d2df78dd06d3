// What an alert's sample shows of where a message of Kafka stood.
#pragma once

#include <string>
#include <string_view>

namespace tocsin {

// From the member `kafka` that the Kafka source gives an object
// (docs/reference/kafka.md), as JSON text: an object of its topic, partition,
// offset and key, without a value that is no number or text, or longer than
// limits::kShownPlaceBytes. Appends nothing when no topic and partition are
// among them: a field of that name may be anybody's.
void AppendShownPlace(std::string_view kafka, std::string* out);

}  // namespace tocsin
