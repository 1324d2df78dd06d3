// Lists of constants: what may mix, list files, and CheckedLists.
#pragma once

#include "dsl/check/context.h"
#include "engine/event/value.h"

namespace tocsin::dsl {

// The one type of a list's values. Int with float is float; ip with cidr is
// cidr. An empty list is of any type.
class ListKind {
 public:
  bool Add(TypeKind kind);  // False when it does not fit.
  TypeKind kind() const { return kind_; }
  // Makes the values of one kind: addresses among networks become networks.
  void Settle(ConstantList* values) const;

 private:
  TypeKind kind_ = TypeKind::kAny;
};

// Reads every list, inline or from its file, into context->lists by name.
void CheckLists(Context* context);

}  // namespace tocsin::dsl
