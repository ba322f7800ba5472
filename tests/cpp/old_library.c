/* In front of the real library: says that it is of a time before all versions. */
const char *oauth_version(void);
const char *oauth_version(void) { return "0.0.9"; }
