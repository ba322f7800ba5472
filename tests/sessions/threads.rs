//! Many callers of one session.
