// Names, strings, numbers and templates: from how they are written to what they
// say. Reports what cannot be read: an open string, an unknown escape,
// 5minutes.
#include <arpa/inet.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <limits>

#include "absl/strings/str_format.h"
#include "dsl/parser/lower.h"
#include "dsl/parser/quotes.h"
#include "dsl/parser/report.h"
#include "dsl/parser/slips.h"
#include "dsl/parser/starts.h"

namespace tocsin::dsl::syntax {
namespace {

using std::string_view;

struct Unit {
  string_view name;
  std::uint64_t factor;
};
constexpr std::array kUnits = std::to_array<Unit>({{"us", 1},
                                                   {"ms", 1'000},
                                                   {"s", 1'000'000},
                                                   {"m", 60'000'000},
                                                   {"h", 3'600'000'000},
                                                   {"d", 86'400'000'000},
                                                   {"w", 604'800'000'000},
                                                   {"KB", 1'000},
                                                   {"MB", 1'000'000},
                                                   {"GB", 1'000'000'000},
                                                   {"KiB", 1u << 10},
                                                   {"MiB", 1u << 20},
                                                   {"GiB", 1u << 30}});

// Whether 1h30m or 64KiB fits an int64 of microseconds or bytes.
bool FitsInt64(string_view text) {
  constexpr auto kMax =
      static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max());
  std::uint64_t sum = 0;
  while (!text.empty()) {
    std::uint64_t amount = 0;
    const auto [end, error] =
        std::from_chars(text.data(), text.data() + text.size(), amount);
    if (error != std::errc()) return false;
    text.remove_prefix(static_cast<std::size_t>(end - text.data()));
    const std::size_t letters =
        std::min(text.find_first_of("0123456789"), text.size());
    const auto unit = std::find_if(
        kUnits.begin(), kUnits.end(),
        [&](const Unit& u) { return u.name == text.substr(0, letters); });
    if (unit == kUnits.end() || amount > kMax / unit->factor) return false;
    if (amount * unit->factor > kMax - sum) return false;
    sum += amount * unit->factor;
    text.remove_prefix(letters);
  }
  return true;
}

bool ReadableAddress(string_view text) {
  const std::size_t slash = text.find('/');
  const std::string host(text.substr(0, slash));
  std::array<unsigned char, 16> bytes;
  const bool six = host.find(':') != std::string::npos;
  if (inet_pton(six ? AF_INET6 : AF_INET, host.c_str(), bytes.data()) != 1) {
    return false;
  }
  if (slash == string_view::npos) return true;
  int bits = 0;
  const string_view prefix = text.substr(slash + 1);
  std::from_chars(prefix.data(), prefix.data() + prefix.size(), bits);
  return bits <= (six ? 128 : 32);
}

std::string WithoutUnderscores(string_view text) {
  std::string plain(text);
  plain.erase(std::remove(plain.begin(), plain.end(), '_'), plain.end());
  return plain;
}

// Whether the token at `begin` is the rest of 2026-12-31T00:00:00Z.
bool LooksLikeTime(string_view text, std::size_t begin) {
  static constexpr string_view kPattern = "dddd-dd-ddTdd:dd";
  if (begin < 8 || text.size() < begin + 8) return false;
  for (std::size_t i = 0; i < kPattern.size(); ++i) {
    const char c = text[begin - 8 + i];
    const bool digit = c >= '0' && c <= '9';
    if (kPattern[i] == 'd' ? !digit : c != kPattern[i]) return false;
  }
  return true;
}

// The text between the delimiters of r"..." or r#"..."#.
string_view RawBody(string_view text) {
  const std::size_t width = text.starts_with("r#") ? 3 : 2;
  return text.substr(width, text.size() - width - (width - 1));
}

}  // namespace

cst::Name Lowerer::Name(const SyntaxNode& node) {
  cst::Name name;
  static_cast<cst::Node&>(name) = PlaceOf(node);
  const string_view text = Text(node);
  name.quoted =
      node.kind == SyntaxKind::kQuotedName || node.kind == SyntaxKind::kString;
  if (node.kind == SyntaxKind::kQuotedName) {
    name.text = text.substr(1, text.size() - 2);
  } else if (node.kind == SyntaxKind::kString) {
    name.text = Literal(node).text;
  } else if (node.kind == SyntaxKind::kSingleQuoted ||
             node.kind == SyntaxKind::kOpenString ||
             node.kind == SyntaxKind::kBlockText) {
    name.text = Literal(node).text;
    name.quoted = true;
  } else {
    name.text = text;
    for (const State::Mended& mended : mended_) {
      if (mended.begin == node.begin) name.text = mended.meant;
    }
  }
  return name;
}

cst::Dotted Lowerer::Dotted(const SyntaxNode& node) {
  cst::Dotted dotted;
  static_cast<cst::Node&>(dotted) = PlaceOf(node);
  dotted.text = Text(node);
  return dotted;
}

void Lowerer::ReportBadLeaf(const SyntaxNode& node) {
  const string_view text = Text(node);
  const cst::Node place = PlaceOf(node);
  MarkIncomplete();
  if (node.broken) return;  // Reported while it was read.
  if (node.kind == SyntaxKind::kOpenString) {
    ReportOpenString(sink_, Span{file_, place.begin, place.end});
    return;
  }
  if (const std::size_t quote = TypographicQuote(text)) {
    Diagnostic& diagnostic =
        Report(Kind::kBadString, place, "typographic quotes");
    diagnostic.help = "strings stand in plain quotes: \"...\"";
    const bool plain = text.ends_with('"');
    if (!plain && TypographicQuote(text.substr(text.size() - quote)) == 0) {
      return;  // Its end is not known.
    }
    const std::size_t end = text.size() - (plain ? 1 : quote);
    diagnostic.fix =
        Fix{diagnostic.span,
            absl::StrFormat("\"%s\"", text.substr(quote, end - quote))};
    return;
  }
  if (node.kind == SyntaxKind::kSingleQuoted) {
    Diagnostic& diagnostic =
        Report(Kind::kBadString, place, "a string stands in double quotes");
    diagnostic.help = "write \"...\"";
    if (text.size() > 1 && text.back() == '\'' &&
        text.find_first_of("\"\\") == string_view::npos) {
      diagnostic.fix =
          Fix{diagnostic.span,
              absl::StrFormat("\"%s\"", text.substr(1, text.size() - 2))};
    }
    return;
  }
  Diagnostic& diagnostic = Report(
      Kind::kBadNumber, place,
      absl::StrFormat("`%s` is no number, duration, size or address", text));
  const std::optional<Slip> slip = FindSlip(text, Slot::kDuration);
  if (LooksLikeTime(Text(), place.begin)) {
    diagnostic.span.begin -= 8;
    diagnostic.message = "a time without quotes";
    diagnostic.help = "a time is written time(\"2026-12-31T00:00:00Z\")";
    diagnostic.fix =
        Fix{diagnostic.span,
            absl::StrFormat("time(\"%s\")",
                            Text().substr(place.begin - 8, text.size() + 8))};
  } else if (slip && slip->mend) {
    diagnostic.help = slip->help;
    diagnostic.fix = Fix{diagnostic.span, *slip->mend};
  } else {
    diagnostic.help =
        "units are us ms s m h d w, and KB MB GB KiB MiB GiB; a number is "
        "written 12, 1_000 or 0.5";
  }
}

bool Lowerer::ReadableQuantity(const SyntaxNode& node) {
  const string_view text = Text(node);
  if (node.kind == SyntaxKind::kAddress) {
    if (ReadableAddress(text)) return true;
    Report(Kind::kBadNumber, PlaceOf(node),
           absl::StrFormat("`%s` is no IP address or network", text));
    return false;
  }
  if (FitsInt64(text)) return true;
  Report(Kind::kBadNumber, PlaceOf(node),
         absl::StrFormat("`%s` is too large", text));
  return false;
}

cst::Literal Lowerer::Literal(const SyntaxNode& node) {
  using cst::LiteralKind;
  cst::Literal literal;
  static_cast<cst::Node&>(literal) = PlaceOf(node);
  const string_view text = Text(node);
  literal.text = text;
  switch (node.kind) {
    case SyntaxKind::kString:
      literal.text =
          Decode(text.substr(1, text.size() - 2), node.begin + 1, false);
      break;
    case SyntaxKind::kRawString:
      literal.kind = LiteralKind::kRaw;
      literal.text = RawBody(text);
      break;
    case SyntaxKind::kBlockText:
      literal.kind = LiteralKind::kBlock;
      literal.text = Block(text.substr(3, text.size() - 6));
      break;
    case SyntaxKind::kNumber:
      literal.kind = text.find('.') == string_view::npos ? LiteralKind::kInt
                                                         : LiteralKind::kFloat;
      literal.text = WithoutUnderscores(text);
      break;
    case SyntaxKind::kDuration:
    case SyntaxKind::kSize:
    case SyntaxKind::kAddress:
      literal.kind = node.kind == SyntaxKind::kDuration ? LiteralKind::kDuration
                     : node.kind == SyntaxKind::kSize   ? LiteralKind::kSize
                                                        : LiteralKind::kAddress;
      ReadableQuantity(node);
      break;
    case SyntaxKind::kRun:
      literal.kind = LiteralKind::kInt;
      literal.text = text.substr(1);
      break;
    case SyntaxKind::kBool:
      literal.kind = LiteralKind::kBool;
      break;
    case SyntaxKind::kNull:
      literal.kind = LiteralKind::kNull;
      break;
    default:
      ReportBadLeaf(node);
  }
  return literal;
}

std::optional<cst::Literal> Lowerer::MaybeLiteral(const SyntaxNode* node) {
  if (node == nullptr) return std::nullopt;
  return Literal(*node);
}

}  // namespace tocsin::dsl::syntax
