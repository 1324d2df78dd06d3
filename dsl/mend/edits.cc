#include "dsl/mend/edits.h"

#include <algorithm>
#include <cstdint>
#include <utility>

namespace tocsin::dsl {

bool Edits::Add(const Fix& fix) {
  const auto at =
      std::find_if(fixes_.begin(), fixes_.end(), [&](const Fix& other) {
        return other.span.file > fix.span.file ||
               (other.span.file == fix.span.file &&
                other.span.end >= fix.span.begin);
      });
  const bool touches = at != fixes_.end() && at->span.file == fix.span.file &&
                       at->span.begin <= fix.span.end;
  if (!touches) fixes_.insert(at, fix);
  return !touches;
}

SourceSet Edits::Apply(const SourceSet& sources) const {
  SourceSet edited;
  auto fix = fixes_.begin();
  for (FileId id = 0; id < sources.size(); ++id) {
    const std::string_view text = sources.file(id).text();
    std::string out;
    std::size_t at = 0;
    for (; fix != fixes_.end() && fix->span.file == id; ++fix) {
      out += text.substr(at, fix->span.begin - at);
      out += fix->text;
      at = fix->span.end;
    }
    out += text.substr(at);
    edited.Add(SourceFile(sources.file(id).path(), std::move(out)));
  }
  return edited;
}

Span Edits::Map(Span span) const {
  std::int64_t begin = span.begin;
  std::int64_t end = span.end;
  for (const Fix& fix : fixes_) {
    if (fix.span.file != span.file) continue;
    const std::int64_t size = fix.span.end - fix.span.begin;
    const auto grown = static_cast<std::int64_t>(fix.text.size()) - size;
    if (fix.span.end <= span.begin) {
      begin += grown;
      end += grown;
    } else if (fix.span.begin < span.end) {
      begin -=
          std::max<std::int64_t>(0, std::int64_t{span.begin} - fix.span.begin);
      end += grown +
             std::max<std::int64_t>(0, std::int64_t{fix.span.end} - span.end);
    }
  }
  return {span.file,
          static_cast<std::uint32_t>(std::max<std::int64_t>(0, begin)),
          static_cast<std::uint32_t>(std::max(begin, end))};
}

}  // namespace tocsin::dsl
