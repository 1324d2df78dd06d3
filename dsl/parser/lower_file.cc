// The file: its declarations, and the comments between their tokens.
#include <algorithm>
#include <utility>

#include "absl/strings/str_format.h"
#include "dsl/parser/lower.h"
#include "dsl/parser/quotes.h"
#include "dsl/parser/starts.h"

namespace tocsin::dsl::syntax {
namespace {

// Leaves of several pieces, with room for a comment between them: `not in`,
// brackets with nothing else between them.
bool HoldsBlanks(const SyntaxNode& node) {
  switch (node.kind) {
    case SyntaxKind::kWord:
    case SyntaxKind::kOperator:
    case SyntaxKind::kArguments:
    case SyntaxKind::kList:
    case SyntaxKind::kBlock:
    case SyntaxKind::kWildcard:
    case SyntaxKind::kJsonObject:
    case SyntaxKind::kJsonList:
      return !node.broken;
    default:
      return false;
  }
}

void AddTokens(const SyntaxNode& node, std::vector<cst::Node>* tokens) {
  if (node.kids.empty() && !HoldsBlanks(node)) {
    tokens->push_back(PlaceOf(node));
  }
  for (const SyntaxNode& kid : node.kids) AddTokens(kid, tokens);
}

// Every # outside a token starts a comment. In text that could not be read, no
// token is known: there a quote hides what follows it on its line.
// `on_blank` hears of each run of blanks that are none.
template <typename OnBlank>
std::vector<cst::Comment> CommentsOf(std::string_view text,
                                     const std::vector<SyntaxNode>& items,
                                     OnBlank on_blank) {
  std::vector<cst::Node> tokens;
  for (const SyntaxNode& item : items) AddTokens(item, &tokens);
  std::vector<cst::Comment> comments;
  auto token = tokens.begin();
  for (std::uint32_t at = 0; at < text.size(); ++at) {
    while (token != tokens.end() && token->end <= at) ++token;
    if (token != tokens.end() && token->begin <= at) {
      at = token->end - 1;
    } else if (text[at] == '#') {
      const std::size_t end = std::min(text.find('\n', at), text.size());
      comments.push_back({{at, static_cast<std::uint32_t>(end)}});
      at = static_cast<std::uint32_t>(end);
    } else if (ForeignBlank(text.substr(at)) > 0) {
      const std::uint32_t begin = at;
      while (const std::size_t blank = ForeignBlank(text.substr(at))) {
        at += static_cast<std::uint32_t>(blank);
      }
      on_blank(cst::Node{begin, at--});
    } else if (text[at] == '"') {
      const std::size_t close = text.find_first_of("\"\n", at + 1);
      const std::size_t limit =
          token == tokens.end() ? text.size() : token->begin;
      if (close < limit && text[close] == '"') {
        at = static_cast<std::uint32_t>(close);
      }
    }
  }
  return comments;
}

}  // namespace

cst::Node PlaceOf(const SyntaxNode& node) { return {node.begin, node.end}; }

const SyntaxNode* Kid(const SyntaxNode& node, SyntaxKind kind) {
  const auto at =
      std::find_if(node.kids.begin(), node.kids.end(),
                   [kind](const SyntaxNode& kid) { return kid.kind == kind; });
  return at == node.kids.end() ? nullptr : &*at;
}

bool IsName(const SyntaxNode& node) {
  return node.kind == SyntaxKind::kName || node.kind == SyntaxKind::kQuotedName;
}

const SyntaxNode* NameKid(const SyntaxNode& node) {
  const auto at = std::find_if(node.kids.begin(), node.kids.end(), IsName);
  return at == node.kids.end() ? nullptr : &*at;
}

const SyntaxNode* ExprKid(const SyntaxNode& node) {
  return Kid(node, SyntaxKind::kExpr);
}

std::string_view Lowerer::Text(const SyntaxNode& node) const {
  return Text().substr(node.begin, node.end - node.begin);
}

Diagnostic& Lowerer::Report(Kind kind, cst::Node node, std::string message) {
  MarkIncomplete();
  return sink_->Emit(kind, Span{file_, node.begin, node.end},
                     std::move(message));
}

std::optional<cst::Name> Lowerer::MaybeName(const SyntaxNode* parent) {
  if (parent == nullptr || parent->kids.empty()) return std::nullopt;
  return Name(parent->kids[0]);
}

std::vector<cst::Name> Lowerer::Names(const SyntaxNode* parent) {
  std::vector<cst::Name> names;
  if (parent == nullptr) return names;
  for (const SyntaxNode& kid : parent->kids) {
    if (IsName(kid) || kid.kind == SyntaxKind::kString) {
      names.push_back(Name(kid));
    }
  }
  return names;
}

cst::File Lowerer::File(const std::vector<SyntaxNode>& items) {
  cst::File file;
  file.id = file_;
  file.items.reserve(items.size());
  for (const SyntaxNode& item : items) file.items.push_back(Item(item));
  file.comments = CommentsOf(
      Text(), items, [this](cst::Node run) { ReportForeignBlanks(run); });
  file.complete = complete_;
  return file;
}

// A run of them, named by the first.
void Lowerer::ReportForeignBlanks(cst::Node run) {
  const std::size_t length = ForeignBlank(Text().substr(run.begin));
  std::uint32_t code = 0;
  for (std::size_t i = 0; i < length; ++i) {
    const auto byte = static_cast<unsigned char>(Text()[run.begin + i]);
    const unsigned payload = i > 0 ? 0x3fu : length == 2 ? 0x1fu : 0x0fu;
    code = (code << 6) | (byte & payload);
  }
  Diagnostic& diagnostic =
      Report(Kind::kExpected, run,
             absl::StrFormat("U+%04X looks like a blank, or like nothing, and "
                             "is neither here",
                             code));
  diagnostic.help = "write a plain blank";
  diagnostic.fix = Fix{diagnostic.span, " "};
}

cst::Item Lowerer::Item(const SyntaxNode& node) {
  cst::Item item;
  static_cast<cst::Node&>(item) = PlaceOf(node);
  if (node.kind == SyntaxKind::kUnknownItem || node.kids.empty()) {
    MarkIncomplete();
    item.word = Name(node);
    return item;
  }
  if (node.broken) MarkIncomplete();
  item.word = Name(node.kids[0]);
  const std::string_view word = item.word.text;
  const SyntaxNode* second = node.kids.size() > 1 ? &node.kids[1] : nullptr;
  if (word == "defaults") {
    item.value = cst::DefaultsItem{Clauses(node, word)};
  } else if (second == nullptr) {
    return item;  // Bad: no more than its word.
  } else if (word == "use") {
    item.value = cst::UseItem{Dotted(*second)};
  } else if (word == "group") {
    item.value = cst::GroupItem{Dotted(*second)};
  } else if (word == "timezone") {
    item.value = cst::TimezoneItem{Literal(*second)};
  } else if (word == "list") {
    item.value = List(node);
  } else if (word == "let") {
    item.value = Let(node);
  } else if (word == "table") {
    item.value = Table(node);
  } else if (word == "schema") {
    item.value = Schema(node);
  } else if (word == "tune") {
    item.value = Tune(node);
  } else if (word == "test") {
    item.value = Test(node);
  } else {
    item.value =
        cst::RuleItem{word == "signal", Name(*second), Clauses(node, word),
                      !node.broken && !second->broken};
  }
  return item;
}

// Of what could not be read as a whole, the parts that could: for the mistakes
// inside them only.
void Lowerer::ReportInside(const SyntaxNode& broken) {
  for (const SyntaxNode& kid : broken.kids) {
    if (kid.broken && !kid.kids.empty()) {
      ReportInside(kid);
    } else if (kid.kind == SyntaxKind::kExpr ||
               kid.kind == SyntaxKind::kOperand ||
               kid.kind == SyntaxKind::kList) {
      Expr(kid);
    } else if (kid.kind == SyntaxKind::kTemplate) {
      Template(kid);
    } else if (kid.kind == SyntaxKind::kOpenString ||
               kid.kind == SyntaxKind::kSingleQuoted ||
               kid.kind == SyntaxKind::kBadNumber) {
      ReportBadLeaf(kid);
    }
  }
}

cst::ListItem Lowerer::List(const SyntaxNode& item) {
  cst::ListItem list;
  list.name = Name(item.kids[1]);
  if (const SyntaxNode* from = Kid(item, SyntaxKind::kFrom)) {
    list.file = MaybeLiteral(from->kids.empty() ? nullptr : &from->kids[0]);
  }
  if (const SyntaxNode* column = Kid(item, SyntaxKind::kColumnOf)) {
    list.column =
        MaybeLiteral(column->kids.empty() ? nullptr : &column->kids[0]);
  }
  list.type = MaybeName(Kid(item, SyntaxKind::kAs));
  for (const SyntaxNode& kid : item.kids) {
    if (kid.kind == SyntaxKind::kWord && Text(kid) == "+=") list.append = true;
  }
  const SyntaxNode* items = Kid(item, SyntaxKind::kList);
  if (item.broken) {
    ReportInside(item);
    list.items.emplace();  // Bad: what it holds is not known.
    static_cast<cst::Node&>(*list.items) = {item.end, item.end};
  } else if (items != nullptr) {
    list.items = Expr(*items);
  }
  return list;
}

cst::LetItem Lowerer::Let(const SyntaxNode& item) {
  cst::LetItem let;
  let.name = Name(item.kids[1]);
  if (const SyntaxNode* parameters = Kid(item, SyntaxKind::kParameters)) {
    let.has_parameters = true;
    let.parameters = Names(parameters);
  }
  const SyntaxNode* body = ExprKid(item);
  if (body != nullptr && !item.broken) {
    let.body = Expr(*body);
  } else {
    ReportInside(item);
    static_cast<cst::Node&>(let.body) = {item.end, item.end};
  }
  return let;
}

cst::TuneItem Lowerer::Tune(const SyntaxNode& item) {
  cst::TuneItem tune;
  for (const SyntaxNode& kid : item.kids) {
    if (kid.kind == SyntaxKind::kGlob) tune.globs.push_back(Name(kid));
  }
  tune.clauses = Clauses(item, "tune");
  return tune;
}

}  // namespace tocsin::dsl::syntax
