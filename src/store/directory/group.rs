//! Groups with one member: on many systems each user has one, and lets it write wherever the user may.

use std::fs;

/// Whether the files of the system say that the user, and nobody else, is in the group.
pub fn is_of_one(group: u32, user: u32) -> bool {
    let read = |path: &str| fs::read_to_string(path).unwrap_or_default();
    says_of_one(&read("/etc/passwd"), &read("/etc/group"), group, user)
}

fn says_of_one(passwd: &str, groups: &str, group: u32, user: u32) -> bool {
    let mut with_it_first = passwd.lines().filter(|line| has(line, 3, group)).peekable();
    let is_first = with_it_first.peek().is_some() && with_it_first.all(|line| has(line, 2, user));
    let is_user = |name: &str| passwd.lines().any(|line| field(line, 0) == name && has(line, 2, user));
    let group = groups.lines().find(|line| has(line, 2, group));
    is_first && group.is_some_and(|line| field(line, 3).split(',').all(|name| name.is_empty() || is_user(name)))
}

fn field(line: &str, at: usize) -> &str {
    line.split(':').nth(at).unwrap_or_default()
}

fn has(line: &str, at: usize, number: u32) -> bool {
    field(line, at).parse() == Ok(number)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_group_of_one_has_nobody_else() {
        let passwd = "root:x:0:0::/root:/bin/sh\nann:x:1000:1000::/:/bin/sh\nbob:x:1001:1001::/:/bin/sh\n\
                      eve:x:1002:1001::/:/bin/sh\n\nfay:x:1003:1004::/:/bin/sh\n";
        let groups = "root:x:0:\nann:x:1000:ann\nbob:x:1001:\nall:x:1002:ann,bob\nfay:x:1004:ann\nodd:x\n";
        for (group, user, expected) in [
            (1000, 1000, true),
            (0, 0, true),
            (1001, 1001, false), // eve has it as her first group
            (1002, 1000, false),
            (1004, 1003, false), // ann is in it, too
            (1000, 1001, false),
            (1005, 1000, false), // not known here
        ] {
            assert_eq!(says_of_one(passwd, groups, group, user), expected, "{group} {user}");
        }
    }
}
