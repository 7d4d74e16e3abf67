/* What a program with sanitizers is linked with, so that it needs no options: -fsanitize=thread and leak ask these functions.
 * AddressSanitizer needs nothing; for valgrind there is valgrind.supp. In CMake it is the target paging::sanitizers. */
const char *__tsan_default_suppressions(void);
const char *__lsan_default_suppressions(void);

const char *__tsan_default_suppressions(void) { return "race:libpaging.so\ncalled_from_lib:libpaging.so\n"; }
const char *__lsan_default_suppressions(void) { return "leak:libpaging.so\n"; }
