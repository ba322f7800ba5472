//! Sources that the library reads itself: files, URLs and commands.

use std::ffi::c_char;
use std::mem::MaybeUninit;
use std::sync::Arc;

use crate::error::Result;
use crate::ffi::boundary::pointer::{self, Out};
use crate::ffi::call::params::{self, oauth_params};
use crate::ffi::outcome::error::oauth_error;
use crate::ffi::outcome::report;
use crate::ffi::outcome::status::oauth_status;
use crate::ffi::source::oauth_source;
use crate::source::Source;
use crate::source::command::Command;
use crate::source::file::File;
use crate::source::url::Url;

/// Makes a source of a file, such as one that a platform mounts and replaces.
///
/// @code
/// oauth_source *source = NULL;
/// const char *path = "/var/run/secrets/tokens/token";
/// if (oauth_source_from_file(path, NULL, &source, &error) == OAUTH_OK)
///     printf("The file is read for each request, and may be replaced at any time.\n");
/// oauth_source_free(source);
/// @endcode
///
/// It is a regular file, perhaps behind symbolic links; a named pipe is an error.
///
/// @param[in]  path         not NULL, not empty; a relative one counts from the working directory of
///                          the moment at which it is read.
/// @param[in]  json_pointer the place of the credential in the file's JSON (RFC 6901), such as
///                          "/access_token"; NULL: the whole text, without white space around it.
/// @param[out] source       free it with oauth_source_free.
/// @param[out] error        NULL: not wanted; free it with oauth_error_free.
/// @return OAUTH_OK, also if there is no file yet; OAUTH_ERROR_INVALID_ARGUMENT;
///         OAUTH_ERROR_INTERNAL.
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn oauth_source_from_file(
    path: *const c_char,
    json_pointer: *const c_char,
    source: Option<&mut MaybeUninit<*mut oauth_source>>,
    error: Option<&mut MaybeUninit<*mut oauth_error>>,
) -> oauth_status {
    let out = Out::new(source, "source");
    report::status(error, || {
        out.check()?;
        // SAFETY: NULL or NUL-terminated strings (header: Strings).
        let (path, json_pointer) =
            unsafe { (pointer::text(path, "path")?, pointer::optional_text(json_pointer, "json_pointer")?) };
        fill(out, File::new(path, json_pointer))
    })
}

/// Makes a source of a URL, such as the metadata service of a cloud or the token service of a CI.
///
/// Each use is one GET, without a proxy; a redirect is an error. For https, the authorities of the
/// system count (SSL_CERT_FILE and SSL_CERT_DIR, where set). Plain http has to stay near: on this
/// machine, at a link-local address, or at a name that ends in .internal. The answer has a status
/// 2xx and at most 1 MiB, and comes within 10 s.
///
/// @param[in]  url          http or https, not NULL. Messages show it without its query.
/// @param[in]  headers      header fields of the request, Authorization too; copied; NULL: none.
/// @param[in]  json_pointer the place of the credential in the answer's JSON (RFC 6901); NULL: the
///                          whole text, without white space around it.
/// @param[out] source       free it with oauth_source_free.
/// @param[out] error        NULL: not wanted; free it with oauth_error_free.
/// @return OAUTH_OK; OAUTH_ERROR_INVALID_ARGUMENT; OAUTH_ERROR_SOURCE: TLS could not be set up;
///         OAUTH_ERROR_INTERNAL.
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn oauth_source_from_url(
    url: *const c_char,
    headers: Option<&oauth_params>,
    json_pointer: *const c_char,
    source: Option<&mut MaybeUninit<*mut oauth_source>>,
    error: Option<&mut MaybeUninit<*mut oauth_error>>,
) -> oauth_status {
    let out = Out::new(source, "source");
    report::status(error, || {
        out.check()?;
        // SAFETY: NULL or NUL-terminated strings (header: Strings).
        let (url, json_pointer) =
            unsafe { (pointer::text(url, "url")?, pointer::optional_text(json_pointer, "json_pointer")?) };
        fill(out, Url::new(url, params::of(headers), json_pointer))
    })
}

/// Makes a source of what a command writes to its standard output.
///
/// It is started for each use, without a shell, with the environment of the program, no input, and
/// its error output discarded. It has to end with status 0 within 10 s, and is killed, with its
/// group of processes, when the call ends before. Its output is at most 1 MiB. In a program that
/// ignores SIGCHLD, or reaps every child, the status cannot be known, and what was written counts.
///
/// @param[in]  arguments    the program, found by PATH unless it has a slash, and its arguments; not
///                          NULL, nor is one of them; copied. Messages show the first one alone.
/// @param[in]  count        how many; not 0.
/// @param[in]  json_pointer the place of the credential in the output's JSON (RFC 6901); NULL: the
///                          whole text, without white space around it.
/// @param[out] source       free it with oauth_source_free.
/// @param[out] error        NULL: not wanted; free it with oauth_error_free.
/// @return OAUTH_OK; OAUTH_ERROR_INVALID_ARGUMENT; OAUTH_ERROR_INTERNAL.
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn oauth_source_from_command(
    arguments: *const *const c_char,
    count: usize,
    json_pointer: *const c_char,
    source: Option<&mut MaybeUninit<*mut oauth_source>>,
    error: Option<&mut MaybeUninit<*mut oauth_error>>,
) -> oauth_status {
    let out = Out::new(source, "source");
    report::status(error, || {
        out.check()?;
        // SAFETY: as many NULL or NUL-terminated strings as the caller says (header: Strings).
        let arguments = unsafe { pointer::texts(arguments, count, "arguments") }?;
        // SAFETY: NULL or a NUL-terminated string (header: Strings).
        let json_pointer = unsafe { pointer::optional_text(json_pointer, "json_pointer") }?;
        let arguments = arguments.into_iter().map(str::to_owned).collect();
        fill(out, Command::new(arguments, json_pointer))
    })
}

fn fill(out: Out<'_, oauth_source>, source: Result<impl Source + 'static>) -> Result<()> {
    out.fill(Box::into_raw(Box::new(oauth_source(Arc::new(source?)))));
    Ok(())
}
