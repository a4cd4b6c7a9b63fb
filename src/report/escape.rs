//! Log text for terminals: the one place where hostile bytes are made harmless.
//!
//! In: any text. Out: the same with control characters and direction marks written out, so that nothing in a log can move
//! the cursor, colour the screen, hide itself or run a command.

use std::borrow::Cow;
use std::fmt::Write;

/// See the module.
pub fn for_terminal(text: &str) -> Cow<'_, str> {
    if !text.chars().any(is_dangerous) {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len() + 16);
    for c in text.chars() {
        match c {
            '\t' => out.push(' '),
            c if is_dangerous(c) => {
                let code = c as u32;
                let written = if code < 0x100 { write!(out, "\\x{code:02x}") } else { write!(out, "\\u{{{code:x}}}") };
                written.expect("writing to a String does not fail");
            }
            c => out.push(c),
        }
    }
    Cow::Owned(out)
}

/// C0 and C1 controls, and the marks that reverse or hide text.
fn is_dangerous(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}' | '\u{e0000}'..='\u{e007f}')
}

#[cfg(test)]
mod tests {
    use super::for_terminal;

    #[test]
    fn controls_become_visible_and_text_stays() {
        assert_eq!(for_terminal("a\x1b[31mb\u{202e}c\x07"), "a\\x1b[31mb\\u{202e}c\\x07");
        assert_eq!(for_terminal("ログオン ü"), "ログオン ü");
    }
}
