// What the process says when it ends (docs/reference/exit_codes.md). Every
// command returns one of these; nothing else calls exit().
#pragma once

namespace tocsin {

enum ExitCode : int {
  kExitOk = 0,
  kExitFindings = 1,  // check, config check: the text has errors; test: a
                      // test failed.
  kExitCouldNotRun =
      2,  // Wrong use, bad rules where rules are needed, the world.
  kExitStorageFailed = 75,  // EX_TEMPFAIL: what was written may not be there;
                            // start again.
};

}  // namespace tocsin
