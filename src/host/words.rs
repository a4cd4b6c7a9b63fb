//! Lines of OpenSSH's configuration files as words.
//!
//! In: a line. Out: its keyword, and its arguments, with quotes taken off and comments left out.

/// The keyword of a line and what follows it; None for blank lines and comments.
pub(super) fn keyword(line: &str) -> Option<(String, &str)> {
    let mut words = Delimited::new(line.trim_start_matches([' ', '\t']));
    let keyword = words.next().filter(|k| !k.starts_with('#'))?;
    Some((keyword, words.rest))
}

/// Words between blanks, of which one sign of equality may be the next delimiter; what is in double quotes is one word.
#[derive(Debug)]
pub(super) struct Delimited<'l> {
    pub(super) rest: &'l str,
}

const BLANKS: [char; 4] = [' ', '\t', '\r', '\u{c}'];

impl<'l> Delimited<'l> {
    pub(super) fn new(line: &'l str) -> Self {
        Self { rest: line.trim_end_matches(BLANKS) }
    }

    pub(super) fn next(&mut self) -> Option<String> {
        let text = self.rest.trim_start_matches(BLANKS);
        if text.is_empty() {
            return None;
        }
        if let Some(quoted) = text.strip_prefix('"') {
            let (word, rest) = quoted.split_once('"')?;
            self.rest = rest.trim_start_matches(BLANKS);
            return Some(word.to_owned());
        }
        let end = text.find(|c| BLANKS.contains(&c) || c == '=').unwrap_or(text.len());
        let rest = text[end..].trim_start_matches(BLANKS);
        self.rest = rest.strip_prefix('=').unwrap_or(rest).trim_start_matches(BLANKS);
        Some(text[..end].to_owned())
    }
}

/// The arguments of an option; None where a quote is not closed.
pub(super) fn arguments(rest: &str) -> Option<Vec<String>> {
    let mut all = Vec::new();
    let mut chars = rest.trim_end_matches(BLANKS).chars().peekable();
    loop {
        while chars.next_if(|c| matches!(c, ' ' | '\t')).is_some() {}
        if chars.peek().is_none_or(|c| *c == '#') {
            return Some(all);
        }
        let mut word = String::new();
        let mut quote = None;
        loop {
            let Some(c) = chars.next() else {
                if quote.is_some() {
                    return None;
                }
                break;
            };
            match (c, quote) {
                ('\\', _) => {
                    let escaped = |c: &char| matches!(c, '\'' | '"' | '\\') || (*c == ' ' && quote.is_none());
                    word.push(chars.next_if(escaped).unwrap_or('\\'));
                }
                (' ' | '\t', None) => break,
                ('"' | '\'', None) => quote = Some(c),
                (c, Some(open)) if c == open => quote = None,
                (c, _) => word.push(c),
            }
        }
        all.push(word);
    }
}

/// What stands between one character and another, again and again.
pub(super) fn between(text: &str, open: char, close: char) -> impl Iterator<Item = &str> {
    text.split(open).skip(1).filter_map(move |after| after.split_once(close)).map(|(inside, _)| inside)
}

#[cfg(test)]
mod tests {
    use super::{arguments, keyword};

    #[test]
    fn lines_are_words() {
        let split = |line: &str| {
            let (keyword, rest) = keyword(line)?;
            let mut all = vec![keyword];
            all.extend(arguments(rest)?);
            Some(all.join("|"))
        };
        for (line, expected) in [
            ("AllowUsers alice bob", Some("AllowUsers|alice|bob")),
            ("\tPort=22", Some("Port|22")),
            ("PermitRootLogin = no # not now", Some("PermitRootLogin|no")),
            ("AllowGroups \"domain users\" wheel\r", Some("AllowGroups|domain users|wheel")),
            ("AllowGroups domain\\ users", Some("AllowGroups|domain users")),
            ("ForceCommand 'a b' c#d", Some("ForceCommand|a b|c#d")),
            ("Banner \"open", None),
            ("  # AllowUsers", None),
            ("   ", None),
        ] {
            assert_eq!(split(line).as_deref(), expected, "{line}");
        }
    }
}
