/* One program of all, because what takes time is to read the headers. */
#include "values.cpp"
#include "calls.cpp"
#include "callbacks.cpp"
#include "sessions.cpp"
#include "operations.cpp"
#if __cplusplus >= 202002L
#include "coroutines.cpp"
#endif

int main()
{
    values();
    calls();
    callbacks();
    sessions();
    operations();
#if __cplusplus >= 202002L
    coroutines();
#endif
    return 0;
}
