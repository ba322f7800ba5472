/* liboauthclient for C++17 and later: oauth.h with handles that free themselves, results, chrono, and functions that
 * may throw. Headers alone; the program is linked as one in C. SPDX-License-Identifier: MIT OR Apache-2.0
 *
 *     #include <oauth.hpp>
 *     #include <iostream>
 *
 *     int main()
 *     {
 *         oauth::config config("https://as.example", "my-app");
 *         oauth::client client = oauth::client::create(config).value();
 *         oauth::token token = client.log_in("openid offline_access").value();
 *         std::cout << "user: " << token.claims().text("sub").value_or("unknown") << '\n';
 *     }
 *
 * Names. oauth_NOUN_VERB of oauth.h is oauth::NOUN::VERB here, a setter keeps its set_ or add_, oauth_NOUN_new is
 * create, and what begins with oauth_request_ or is about a client's tokens is a function of oauth::client. A constant
 * such as OAUTH_ERROR_TIMEOUT is status::timeout. oauth.h is the manual of them all; here stands only what differs.
 *
 * Errors. A call that can fail gives a result: `if (!result) ... result.error()`, or result.value(), which throws
 * oauth::exception with the same error in it. Nothing else throws, except std::bad_alloc. The headers compile without
 * exceptions and without RTTI, too; value() of a failure then ends the program.
 *
 * Handles. Each frees itself. Clients, tokens, sessions, stores, keys, sources, proofs and errors are shared: a copy is
 * another handle to the same object. The others move. After a move, a handle is as NULL is in C.
 *
 * Text. What goes in is a string_view, a std::string, a literal or NULL, and is copied. What comes out is a string_view
 * that lives as long as the handle that gave it, or std::nullopt; what holds a credential of its own is an
 * oauth::secret.
 *
 * Functions of the program are std::functions, called on any thread unless oauth.h says otherwise; see oauth::callback
 * for what they may return and throw.
 */
#ifndef OAUTHCLIENT_OAUTH_HPP
#define OAUTHCLIENT_OAUTH_HPP

#if (defined(_MSVC_LANG) ? _MSVC_LANG : __cplusplus) < 201703L
#error "oauth.hpp needs C++17"
#endif

#include <oauth/client.hpp>
#include <oauth/coroutine.hpp>
#include <oauth/session.hpp>

#endif
