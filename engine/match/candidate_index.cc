#include "engine/match/candidate_index.h"

#include <algorithm>
#include <utility>

namespace tocsin {
namespace {

// Bounds of what is remembered; reaching one costs relearning, not memory.
constexpr std::size_t kTuples = 65'536;
constexpr std::size_t kCandidates = 1'000'000;
constexpr std::size_t kClasses = 0xF000;
constexpr std::size_t kNumbers = 4'096;  // Different numbers of one column.
constexpr std::uint32_t kLastSelection = 0x3FFFFFFF;

}  // namespace

CandidateIndex::CandidateIndex(const RuleSet* rules, SchemaIndex plan)
    : rules_(*rules),
      of_schema_(std::move(plan.feeds)),
      atoms_(rules->exprs.size()),
      decided_(rules->exprs.size()) {
  for (IndexedField& field : plan.fields) {
    const auto number = static_cast<std::uint16_t>(columns_.size());
    for (std::size_t i = 0; i < field.atoms.size() && i < 0xFFFF; ++i) {
      atoms_[field.atoms[i]] = {number, static_cast<std::uint16_t>(i)};
    }
    Column& column = columns_.emplace_back();
    column.plan = std::move(field);
    SortAtoms(&column);
  }
  tuple_.resize(columns_.size() * sizeof(Class));
  now_.resize(columns_.size());
}

void CandidateIndex::SortAtoms(Column* column) const {
  const ExprPool& pool = rules_.exprs;
  const std::size_t count =
      std::min<std::size_t>(column->plan.atoms.size(), 0xFFFF);
  for (std::uint16_t i = 0; i < count; ++i) {
    const ExprNode& node = pool.node(column->plan.atoms[i]);
    const std::string* text = nullptr;
    if (node.op == Op::kEqual && !node.nocase &&
        node.elements == ElementMode::kAny &&
        pool.node(pool.child(node, 0)).op == Op::kField) {
      const ExprNode& right = pool.node(pool.child(node, 1));
      if (right.op == Op::kConstant) {
        text = std::get_if<std::string>(&pool.constant(right.index).value);
      }
    }
    if (text != nullptr) {
      column->equal[*text].push_back(i);
    } else {
      column->others.push_back(i);
    }
  }
}

std::span<const CandidateIndex::Candidate> CandidateIndex::Find(
    Evaluator* evaluator) {
  if (full_) Forget();
  for (std::size_t i = 0; i < columns_.size(); ++i) {
    const Class of = ClassOf(&columns_[i], evaluator);
    tuple_[2 * i] = static_cast<char>(of & 0xFF);
    tuple_[2 * i + 1] = static_cast<char>(of >> 8);
  }
  const auto known = found_.find(std::string_view(tuple_));
  const Found found = known != found_.end() ? known->second : Select(tuple_);
  return {candidates_.data() + found.first, found.count};
}

CandidateIndex::Class CandidateIndex::ClassOf(Column* column,
                                              Evaluator* evaluator) {
  const EventBatch& batch = *evaluator->reader().batch();
  const std::size_t row = evaluator->reader().row();
  const Cell& cell = batch.At(column->plan.field, row);
  Class* remembered = nullptr;
  switch (cell.kind) {
    case CellKind::kMissing:
      remembered = &column->missing;
      break;
    case CellKind::kNull:
      remembered = &column->null;
      break;
    case CellKind::kTrue:
      remembered = &column->yes;
      break;
    case CellKind::kFalse:
      remembered = &column->no;
      break;
    case CellKind::kString: {
      if (!column->plan.symbol) break;
      const Symbol symbol = batch.SymbolAt(column->plan.field, row);
      if (symbol == kAbsentSymbol || symbol == kUninternedSymbol) break;
      if (symbol >= column->by_symbol.size()) {
        column->by_symbol.resize(symbol + symbol / 2 + 64, kUnknown);
      }
      remembered = &column->by_symbol[symbol];
      break;
    }
    case CellKind::kInt: {
      const auto found = column->by_int.find(cell.i);
      if (found != column->by_int.end()) return found->second;
      const Class made = Classify(column, evaluator);
      if (column->by_int.size() < kNumbers) column->by_int[cell.i] = made;
      return made;
    }
    default:
      break;
  }
  if (remembered == nullptr) return Classify(column, evaluator);
  if (*remembered == kUnknown) *remembered = Classify(column, evaluator);
  return *remembered;
}

CandidateIndex::Class CandidateIndex::Classify(Column* column,
                                               Evaluator* evaluator) {
  answers_.assign(column->plan.atoms.size(), 0);
  for (const std::uint16_t i : column->others) {
    answers_[i] = evaluator->Test(column->plan.atoms[i]) ? 1 : 0;
  }
  if (!column->equal.empty()) {
    const Value value = evaluator->reader().Field(column->plan.field);
    if (value.is(ValueKind::kText)) {
      const auto found = column->equal.find(value.view());
      if (found != column->equal.end()) {
        for (const std::uint16_t i : found->second) answers_[i] = 1;
      }
    } else if (value.is(ValueKind::kList)) {  // Against its type: rare.
      for (const auto& [text, atoms] : column->equal) {
        for (const std::uint16_t i : atoms) {
          answers_[i] = evaluator->Test(column->plan.atoms[i]) ? 1 : 0;
        }
      }
    }
  }
  const auto known = column->by_answers.find(std::string_view(answers_));
  if (known != column->by_answers.end()) return known->second;
  if (column->classes.size() >= kClasses) full_ = true;
  const auto made = static_cast<Class>(column->classes.size());
  column->by_answers.emplace(answers_, made);
  column->classes.emplace_back(answers_.begin(), answers_.end());
  return made;
}

void CandidateIndex::Forget() {
  for (Column& column : columns_) {
    IndexedField plan = std::move(column.plan);
    column = Column();
    column.plan = std::move(plan);
    SortAtoms(&column);
  }
  found_.clear();
  candidates_.clear();
  tests_.clear();
  full_ = false;
}

CandidateIndex::Found CandidateIndex::Select(std::string_view tuple) {
  if (found_.size() >= kTuples || candidates_.size() >= kCandidates ||
      tests_.size() >= kCandidates) {
    found_.clear();
    candidates_.clear();
    tests_.clear();
  }
  for (std::size_t i = 0; i < columns_.size(); ++i) {
    now_[i] =
        static_cast<Class>(static_cast<unsigned char>(tuple[2 * i]) |
                           static_cast<unsigned char>(tuple[2 * i + 1]) << 8);
  }
  if (++selection_ > kLastSelection) {
    decided_.assign(decided_.size(), 0);
    selection_ = 1;
  }
  Found found{static_cast<std::uint32_t>(candidates_.size()), 0};
  for (const std::uint32_t feed : of_schema_) {
    const ExprId filter = rules_.feeds[feed].filter;
    const Truth truth = Decide(filter);
    if (truth == Truth::kFalse) continue;
    Candidate candidate{feed, static_cast<std::uint32_t>(tests_.size()), 0};
    if (truth == Truth::kOpen) {
      const ExprNode& node = rules_.exprs.node(filter);
      if (node.op == Op::kAnd) {
        for (const ExprId child : rules_.exprs.children(node)) {
          if (Decide(child) == Truth::kOpen) tests_.push_back(child);
        }
      } else {
        tests_.push_back(filter);
      }
    }
    candidate.test_count =
        static_cast<std::uint32_t>(tests_.size()) - candidate.first_test;
    candidates_.push_back(candidate);
    ++found.count;
  }
  found_.emplace(std::string(tuple), found);
  return found;
}

CandidateIndex::Truth CandidateIndex::Decide(ExprId id) {
  std::uint32_t& decided = decided_[id];
  if (decided >> 2 == selection_) return static_cast<Truth>(decided & 3);
  Truth truth = Truth::kOpen;
  const Atom atom = atoms_[id];
  if (atom.column != 0xFFFF) {
    const Column& column = columns_[atom.column];
    truth = column.classes[now_[atom.column]][atom.number] ? Truth::kTrue
                                                           : Truth::kFalse;
  } else {
    truth = DecideNew(rules_.exprs.node(id));
  }
  decided_[id] = selection_ << 2 | static_cast<std::uint32_t>(truth);
  return truth;
}

CandidateIndex::Truth CandidateIndex::DecideNew(const ExprNode& node) {
  switch (node.op) {
    case Op::kConstant: {
      const auto* b =
          std::get_if<bool>(&rules_.exprs.constant(node.index).value);
      return b != nullptr && *b ? Truth::kTrue : Truth::kFalse;
    }
    case Op::kNot: {
      const Truth inner = Decide(rules_.exprs.child(node, 0));
      if (inner == Truth::kOpen) return inner;
      return inner == Truth::kTrue ? Truth::kFalse : Truth::kTrue;
    }
    case Op::kAnd:
    case Op::kOr: {
      const Truth ends = node.op == Op::kAnd ? Truth::kFalse : Truth::kTrue;
      Truth truth = node.op == Op::kAnd ? Truth::kTrue : Truth::kFalse;
      for (const ExprId child : rules_.exprs.children(node)) {
        const Truth part = Decide(child);
        if (part == ends) return ends;
        if (part == Truth::kOpen) truth = Truth::kOpen;
      }
      return truth;
    }
    default:
      return Truth::kOpen;
  }
}

}  // namespace tocsin
