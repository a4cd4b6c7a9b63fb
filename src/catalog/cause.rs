//! The texts of a cause for people, in one language at a time.
//!
//! In: a parsed cause file. Out: titles, explanations and steps. Knows nothing of evidence.
//! The build script compiles this module too: to parse the file of one verdict took a twelfth of the time of a pasted transcript.

use super::format::{self, Bilingual, CauseFile};
use serde::{Deserialize, Serialize};

/// Languages of titles, explanations and remediation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Language {
    /// English.
    #[default]
    En,
    /// Japanese.
    Ja,
}

impl Bilingual {
    /// The text in `language`.
    pub fn get(&self, language: Language) -> &str {
        match language {
            Language::En => &self.en,
            Language::Ja => &self.ja,
        }
    }
}

/// Everything a person may read about a cause.
#[derive(Debug, Clone, Default, Deserialize, Serialize)]
pub struct Texts {
    /// The fault in one line.
    pub title: Bilingual,
    /// What the login ran into.
    pub what_happened: Bilingual,
    /// The mechanism and the usual reasons.
    pub why: Bilingual,
    /// How to make sure.
    pub confirm: Vec<Step>,
    /// How to fix it, safest first.
    pub fix: Vec<Step>,
    /// Where to read more.
    pub references: Vec<String>,
}

/// One step of confirming or fixing.
#[derive(Debug, Clone, Deserialize, Serialize)]
pub struct Step {
    /// client, server or network.
    pub r#where: String,
    /// What to do.
    pub text: Bilingual,
    /// What to type; may name captured fields in braces.
    pub command: Option<String>,
    /// What the command prints if this is the cause.
    pub prints: Option<String>,
    /// What the step may break.
    pub risk: Option<Bilingual>,
    /// The command that takes it back.
    pub undo: Option<String>,
}

impl From<format::Step> for Step {
    fn from(step: format::Step) -> Self {
        let format::Step { r#where, text, command, prints, risk, undo } = step;
        let command = command.map(toml::Spanned::into_inner);
        Self { r#where: r#where.into_inner(), text, command, prints, risk, undo }
    }
}

impl From<CauseFile> for Texts {
    fn from(file: CauseFile) -> Self {
        Self {
            title: file.title,
            what_happened: file.what_happened,
            why: file.why,
            confirm: file.confirm.into_iter().map(Step::from).collect(),
            fix: file.fix.into_iter().map(Step::from).collect(),
            references: file.references,
        }
    }
}

/// Fills captured values into a command. A value is used only when every byte of it is harmless in a shell;
/// otherwise the field's name stands there in capitals. Log text never becomes shell syntax.
pub fn fill_command(command: &str, value: impl Fn(&str) -> Option<String>) -> String {
    let mut out = String::with_capacity(command.len());
    let mut rest = command;
    while let Some(at) = rest.find(['{', '}']) {
        out.push_str(&rest[..at]);
        let brace = &rest[at..];
        if brace.starts_with("{{") || brace.starts_with("}}") {
            out.push_str(&brace[..1]);
            rest = &brace[2..];
            continue;
        }
        let field = brace.strip_prefix('{').and_then(|inside| inside.split_once('}'));
        match field.map(|(name, _)| name).filter(|name| is_field_name(name)) {
            Some(name) => {
                match value(name).filter(|v| is_harmless(v)) {
                    Some(v) => out.push_str(&v),
                    None => out.push_str(&name.to_ascii_uppercase()),
                }
                rest = &brace[name.len() + 2..];
            }
            None => {
                out.push_str(&brace[..1]);
                rest = &brace[1..];
            }
        }
    }
    out.push_str(rest);
    out
}

fn is_field_name(name: &str) -> bool {
    !name.is_empty() && name.bytes().all(|b| b.is_ascii_lowercase() || b == b'_')
}

fn is_harmless(value: &str) -> bool {
    let allowed = |b: u8| b.is_ascii_alphanumeric() || b"._/@:+-".contains(&b);
    !value.is_empty() && value.len() <= 256 && !value.starts_with('-') && value.bytes().all(allowed)
}

#[cfg(test)]
mod tests {
    use super::fill_command;

    #[test]
    fn only_harmless_values_are_filled_in() {
        let value = |name: &str| match name {
            "user" => Some("alice".to_owned()),
            "path" => Some("/tmp/$(reboot)".to_owned()),
            "host" => Some("-oProxyCommand=x".to_owned()),
            _ => None,
        };
        let filled = fill_command("a {user} {path} {host} {none} {{print $1}} {X}", value);
        assert_eq!(filled, "a alice PATH HOST NONE {print $1} {X}");
    }
}
