//! A token that stays valid: kept in a store, renewed before it expires, by one caller for all.
