/* Loses a handle: the sanitizers have to see it, or they would see nothing. */
#include <oauth.hpp>

int main()
{
    oauth::token token = oauth::token::create("AT").value();
    static_cast<void>(token.release());
    return 0;
}
