#include "engine/event/batch_writer.h"

namespace tocsin {
namespace {

// Moves columns of `used` values from one stride to a larger one, last first.
template <typename Value>
void Spread(std::size_t fields, std::size_t used, std::size_t from,
            std::size_t to, std::vector<Value>* values) {
  values->resize(fields * to);
  const auto at = [&](std::size_t index) {
    return values->begin() + static_cast<std::ptrdiff_t>(index);
  };
  for (std::size_t field = fields; field-- > 0;) {
    std::copy_backward(at(field * from), at(field * from + used),
                       at(field * to + used));
    std::fill(at(field * to + used), at((field + 1) * to), Value());
  }
}

template <typename Value>
void Close(std::size_t fields, std::size_t used, std::size_t from,
           std::vector<Value>* values) {
  for (std::size_t field = 1; field < fields; ++field) {
    const auto begin =
        values->begin() + static_cast<std::ptrdiff_t>(field * from);
    std::copy(begin, begin + static_cast<std::ptrdiff_t>(used),
              values->begin() + static_cast<std::ptrdiff_t>(field * used));
  }
  values->resize(fields * used);
}

}  // namespace

void BatchWriter::Widen() {
  const std::size_t wider = stride_ * 2;
  Spread(fields_, batch_->rows.size(), stride_, wider, &batch_->cells);
  Spread(fields_, batch_->rows.size(), stride_, wider, &batch_->symbols);
  stride_ = wider;
}

void BatchWriter::DropRows(std::size_t first) {
  const std::size_t end = std::min(batch_->rows.size() + 1, stride_);
  for (std::size_t row = first; fields_ > 0 && row < end; ++row) {
    cells_ = batch_->cells.data() + row;
    row_symbols_ = batch_->symbols.data() + row;
    ClearOpenRow();
  }
  batch_->rows.resize(first);
}

void BatchWriter::Finish() {
  const std::size_t rows = batch_->rows.size();
  if (rows == stride_) return;
  Close(fields_, rows, stride_, &batch_->cells);
  Close(fields_, rows, stride_, &batch_->symbols);
}

}  // namespace tocsin
