// Times by a pattern in the manner of strftime, for logs that do not write
// RFC 3339: `%d/%b/%Y:%H:%M:%S %z`. Without a zone the time is UTC.
//
//   %Y year  %m month  %d %e day  %H hour  %M minute  %S second  %f fraction
//   %b %h month's name  %a weekday's name (not looked at)  %y year of
//   1969..2068 %I hour of 12  %p AM or PM  %z Z, +0200 or +02:00  %s seconds
//   since the epoch %T is %H:%M:%S  %F is %Y-%m-%d  %% is %; a blank is any run
//   of blanks
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace tocsin {

// Whether every directive is one of those above; else which is not.
bool ValidTimePattern(std::string_view pattern, std::string* unknown);

// False when the text is not as the pattern says, or no such day exists.
bool ParseTime(std::string_view pattern, std::string_view text,
               std::int64_t* us);

}  // namespace tocsin
