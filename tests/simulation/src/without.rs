//! What a server that is wrong on purpose leaves out: each mechanism has to be missed by an invariant.

/// | left out | guards |
/// |---|---|
/// | `CompareAndSet` | no older over newer |
/// | `Number` | no login lost: a holder of the newest token writes it again |
/// | `NumberOfReads` | no older over newer: who has an older token does not take the store for set back |
/// | `NumberBefore` | the same, where a server whose clock is behind takes over without the last writes |
/// | `Lock` | no second request while the first is unanswered |
/// | `Extension` | the same, for answers that take longer than the lease |
/// | `LeaseEnd` | no login lost: a holder that crashed stops nobody |
/// | `Mark` | no login lost: who slept beyond its lease sends nothing |
/// | `ReplicaWait` | no login lost: a fail-over has the new token |
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Without {
    Nothing,
    /// SAVE writes whatever is there.
    CompareAndSet,
    /// LOCK gives the lock to everybody.
    Lock,
    /// HOLD says yes and does nothing.
    Extension,
    /// A lock does not expire.
    LeaseEnd,
    /// WAIT answers at once.
    ReplicaWait,
    /// No login has a number.
    Number,
    /// The numbers are told to writers alone.
    NumberOfReads,
    /// No login has the number before its own.
    NumberBefore,
    /// SAVE with a lease says that all is as it was, and does nothing.
    Mark,
}

impl Without {
    /// The script as this server runs it.
    pub fn script(self, text: &[u8]) -> Vec<u8> {
        let text = std::str::from_utf8(text).expect("scripts are UTF-8");
        let is = |part: &str| text.contains(part);
        let (is_lock, is_save, is_hold) =
            (is("redis.call('TIME')"), is("ARGV[8]"), is("redis.call('PEXPIRE', KEYS[1], ARGV[3])"));
        let changed = match self {
            Self::CompareAndSet if is_save => replaced(text, "if now ~= ARGV[1] then return 0 end", ""),
            Self::Lock if is_lock => replaced(text, "if not holder then", "if true then"),
            Self::Extension if is_hold => "return 1".to_owned(),
            Self::LeaseEnd if is_lock => replaced(text, "ARGV[1], 'PX', ARGV[2])", "ARGV[1])"),
            Self::LeaseEnd if is_save => replaced(text, "ARGV[7], 'PX', ARGV[8])", "ARGV[7])"),
            Self::LeaseEnd if is_hold => "return 1".to_owned(),
            Self::Number if is_lock => replaced(text, "login[3], login[4]}", "false, false}"),
            Self::NumberOfReads if is_lock => replaced(text, "login[3], login[4]}", "false, false}"),
            Self::Number if is_save => replaced(text, "'number', 'before')", "'none', 'none')"),
            Self::NumberBefore if is_lock => replaced(text, "login[4]}", "false}"),
            Self::NumberBefore if is_save => replaced(text, "'number', 'before')", "'number', 'none')"),
            Self::Mark if is_save => {
                format!(
                    "if ARGV[8] ~= '' then return redis.call('HMGET', KEYS[1], 'fence', 'number', 'before') end\n{text}"
                )
            }
            _ => text.to_owned(),
        };
        changed.into_bytes()
    }

    /// The field of a login that HMGET gives for this one.
    pub fn field(self, name: &[u8]) -> &[u8] {
        match (self, name) {
            (Self::Number | Self::NumberOfReads, b"number" | b"before") | (Self::NumberBefore, b"before") => b"none",
            _ => name,
        }
    }
}

fn replaced(text: &str, part: &str, by: &str) -> String {
    assert!(text.contains(part), "the script has changed: {part} is not in it");
    text.replace(part, by)
}
