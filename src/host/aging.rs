//! What `chage -l` says of an account's and its password's dates.
//!
//! In: its output, behind the line that asked for it. Out: facts of one user at the time of a login.

use super::fact::{FactName, HostFact};
use super::files::{HostFile, Role};
use chrono::NaiveDate;

/// The command.
pub(super) const COMMAND: &str = "chage -l ";

/// Whose dates a line asks for: `alice` of `[root@web01 ~]# LANG=C chage -l alice | tail -3`.
pub(super) fn asked_for(line: &str) -> Option<&str> {
    let word = line.split_once(COMMAND)?.1.split_ascii_whitespace().next()?;
    Some(word.trim_end_matches([';', '|', '&'])).filter(|user| !user.is_empty())
}

/// Whether a line is of such an output, and says a date that may be over.
pub(super) fn matters(line: &str) -> bool {
    told(line).is_some()
}

/// What the outputs tell of a user on a day, counted from 1970.
pub(super) fn facts(files: &[HostFile], user: &str, today: Option<i64>) -> Vec<HostFact> {
    let Some(today) = today else { return Vec::new() };
    let mut facts: Vec<HostFact> = Vec::new();
    for file in files.iter().filter(|file| file.role == Role::Aging) {
        let mut of_user = false;
        for (number, line) in file.lines() {
            if let Some(asked) = asked_for(line) {
                of_user = asked == user;
                continue;
            }
            let Some((name, day)) = told(line).filter(|_| of_user) else { continue };
            // A password holds to the end of its last day, an account does not.
            let over = if name == FactName::PasswordExpired { today > day } else { today >= day };
            if over && !facts.iter().any(|fact| fact.name == name) {
                facts.push(HostFact { name, sure: true, quotes: vec![file.quote(number, line)] });
            }
        }
    }
    facts
}

/// What is over on which day.
fn told(line: &str) -> Option<(FactName, i64)> {
    let (what, date) = line.split_once(':')?;
    let name = match what.trim() {
        "Account expires" | "Password inactive" => FactName::AccountExpired,
        "Password expires" => FactName::PasswordExpired,
        _ => return None,
    };
    let date = date.trim();
    let read = |format| NaiveDate::parse_from_str(date, format).ok();
    let date = read("%b %d, %Y").or_else(|| read("%Y-%m-%d"))?;
    Some((name, date.signed_duration_since(NaiveDate::default()).num_days()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_are_counted_from_1970() {
        let line = "Account expires\t\t\t\t\t\t: Mar 31, 2024";
        assert_eq!(told(line), Some((FactName::AccountExpired, 19_813)));
        assert_eq!(told("Password expires : 1970-01-02"), Some((FactName::PasswordExpired, 1)));
        for line in ["Account expires : never", "Last password change : Oct 02, 2023", "Password expires", ""] {
            assert_eq!(told(line), None, "{line}");
        }
        assert_eq!(asked_for("[root@web01 ~]# chage -l alice | tail -3"), Some("alice"));
        assert_eq!(asked_for("$ sudo LANG=C chage -l bob; faillock --user bob"), Some("bob"));
        assert_eq!(asked_for("chage -E -1 alice"), None);
    }
}
