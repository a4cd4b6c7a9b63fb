//! The report for people: the verdict first, then the proof, the fix, and the rest in brief.
//!
//! In: a [`Report`]. Out: text of at most about 100 columns, coloured if asked for. Log text goes through `escape.rs`.

use super::escape::for_terminal;
use super::host::BundleReport;
use super::{DiagnosisReport, EvidenceReport, InputReport, Report, StepReport, TotalsReport, place_name};
use crate::catalog::cause::Language;
use std::collections::BTreeMap;
use std::io::{self, Write};

/// Width that explanations are wrapped to.
const WIDTH: usize = 96;
/// Columns of a cited line that are shown.
const CITED: usize = 160;
/// Findings after the verdict that are shown in brief.
const MOST_OTHERS: usize = 40;
/// Inputs named that were passed over.
const MOST_PASSED: usize = 3;

/// Hosts that are named.
const MOST_BUNDLES: usize = 5;
/// What the patterns of a host's lines begin with.
const HOST: &str = "host/";

/// How to write.
#[derive(Debug, Clone, Copy)]
pub struct Style {
    /// The language of the labels; the report's own texts have theirs already.
    pub language: Language,
    /// Whether to use colours.
    pub color: bool,
}

/// Writes a report.
///
/// # Errors
/// The output refuses.
pub fn write(report: &Report, style: Style, out: &mut dyn Write) -> io::Result<()> {
    let mut buffer = io::BufWriter::new(out);
    let mut writer = Writer { out: &mut buffer, style };
    match report.diagnoses.split_first() {
        Some((verdict, others)) => {
            writer.verdict(verdict)?;
            writer.others(others)?;
        }
        None => writer.nothing(report)?,
    }
    writer.aside(
        &report.overcome,
        "Refused, before the login succeeded in another way",
        "拒否されたが、別の方法でログオンに成功",
    )?;
    writer.aside(
        &report.background,
        "Background: guesses by strangers, as every server on the Internet sees them",
        "背景: インターネット上のどのサーバーにもある、第三者による推測の試行",
    )?;
    writer.next_steps(&report.next_steps)?;
    writer.inputs(report)?;
    buffer.flush()
}

/// Writes one diagnosis: all of it, or where all of it was to be read before, what is new.
///
/// # Errors
/// The output refuses.
pub fn write_diagnosis(diagnosis: &DiagnosisReport, whole: bool, style: Style, out: &mut dyn Write) -> io::Result<()> {
    let mut buffer = io::BufWriter::new(out);
    let mut writer = Writer { out: &mut buffer, style };
    if whole {
        writer.verdict(diagnosis)?;
    } else {
        writer.list(std::slice::from_ref(diagnosis))?;
        if let Some(who) = writer.who(diagnosis) {
            writeln!(writer.out, "    {who}")?;
        }
    }
    writeln!(writer.out)?;
    buffer.flush()
}

/// What was seen while logs were followed, and how often each cause was named.
pub fn follow_summary(totals: &TotalsReport, told: &BTreeMap<String, u64>, language: Language) -> String {
    let t = totals;
    let mut summary = match language {
        Language::En => format!(
            "{} new lines, {} known: {} failures, {} successes; {} diagnoses\n",
            t.lines,
            t.hits,
            t.failures,
            t.successes,
            told.values().sum::<u64>()
        ),
        Language::Ja => format!(
            "新しい行 {} 行、既知 {} 行（失敗 {}、成功 {}）、診断 {} 件\n",
            t.lines,
            t.hits,
            t.failures,
            t.successes,
            told.values().sum::<u64>()
        ),
    };
    for (cause, count) in told {
        summary.push_str(&format!("  {count:>5}  {cause}\n"));
    }
    summary
}

struct Writer<'w> {
    out: &'w mut dyn Write,
    style: Style,
}

impl Writer<'_> {
    fn verdict(&mut self, d: &DiagnosisReport) -> io::Result<()> {
        let label = self.word("Root cause", "根本原因");
        let head = self.paint("1;31", &format!("{label}: {}", for_terminal(&d.title)));
        writeln!(self.out, "{head}")?;
        writeln!(self.out, "  {}", self.paint("2", &self.facts(d)))?;
        if let Some(who) = self.who(d) {
            writeln!(self.out, "  {who}")?;
        }
        writeln!(self.out)?;
        self.paragraph(&d.explanation, 2)?;
        self.heading("Evidence", "根拠")?;
        for line in d.evidence.iter().filter(|line| !line.pattern.starts_with(HOST)) {
            self.cited(line)?;
        }
        self.explains(d)?;
        self.host_facts(d)?;
        self.heading("What to do", "対処")?;
        self.steps(&d.remediation)?;
        if !d.confirmation.is_empty() {
            self.heading("To make sure", "確認方法")?;
            self.steps(&d.confirmation)?;
        }
        if !d.alternatives.is_empty() {
            let label = self.word("Also possible", "ほかに考えられる原因");
            writeln!(self.out, "\n  {label}: {}", d.alternatives.join(", "))?;
        }
        Ok(())
    }

    /// `network.connect-timeout, confidence 95 %, came as far as tcp, 3 times, first ... last ...`
    fn facts(&self, d: &DiagnosisReport) -> String {
        let mut parts = vec![d.cause.clone()];
        let percent = (d.confidence * 100.0).round();
        parts.push(format!("{} {percent} %", self.word("confidence", "確信度")));
        if let Some(stage) = d.stage {
            parts.push(format!("{} {stage}", self.word("stage", "到達段階")));
        }
        parts.push(match self.style.language {
            Language::En if d.count == 1 => "once".to_owned(),
            Language::En => format!("{} times", d.count),
            Language::Ja => format!("{} 件", d.count),
        });
        match (&d.first, &d.last) {
            (Some(first), Some(last)) if first != last => parts.push(format!("{first} .. {last}")),
            (Some(at), _) | (_, Some(at)) => parts.push(at.clone()),
            _ => {}
        }
        parts.join(", ")
    }

    fn who(&self, d: &DiagnosisReport) -> Option<String> {
        let list = |en, ja, names: &[String], total: u64| {
            let shown: Vec<_> = names.iter().take(5).map(|n| short(n)).collect();
            let about = if d.approximate { "~" } else { "" };
            let more = if total > shown.len() as u64 { format!(" … ({about}{total})") } else { String::new() };
            (!shown.is_empty()).then(|| format!("{}: {}{more}", self.word(en, ja), shown.join(", ")))
        };
        let parts: Vec<String> = [
            list("user", "ユーザー", &d.users, d.users_total),
            list("from", "接続元", &d.sources, d.sources_total),
            list("server", "サーバー", &d.hosts, d.hosts_total),
        ]
        .into_iter()
        .flatten()
        .collect();
        (!parts.is_empty()).then(|| parts.join("   "))
    }

    fn cited(&mut self, line: &EvidenceReport) -> io::Result<()> {
        let place = format!("{}:{}", for_terminal(&line.path), line.line);
        let text = for_terminal(&line.text);
        let shown: String = text.chars().take(CITED).collect();
        let cut = if text.chars().nth(CITED).is_some() { "…" } else { "" };
        writeln!(self.out, "  {}\n      {shown}{cut}", self.paint("36", &place))
    }

    fn steps(&mut self, steps: &[StepReport]) -> io::Result<()> {
        for (at, step) in steps.iter().enumerate() {
            let place = place_name(&step.r#where, self.style.language);
            self.item(&format!("{}. [{place}] ", at + 1), &step.text)?;
            for line in step.command.iter().flat_map(|c| c.lines()) {
                writeln!(self.out, "       {}", self.paint("1", &for_terminal(line)))?;
            }
            if let Some(prints) = &step.prints {
                let label = self.word("prints if so", "該当時の出力");
                writeln!(self.out, "       {label}: {}", for_terminal(prints.trim()))?;
            }
            if let Some(undo) = &step.undo {
                let label = self.word("to undo", "元に戻すには");
                writeln!(self.out, "       {label}: {}", for_terminal(undo))?;
            }
        }
        Ok(())
    }

    fn others(&mut self, others: &[DiagnosisReport]) -> io::Result<()> {
        if others.is_empty() {
            return Ok(());
        }
        self.heading("Other findings", "その他の検出")?;
        self.list(others)?;
        if others.len() > MOST_OTHERS {
            writeln!(self.out, "  - … {} {}", others.len() - MOST_OTHERS, self.word("more", "件"))?;
        }
        let hint = self.word("Read all about one of them with", "詳細の表示");
        writeln!(self.out, "\n  {hint}: sshtriage explain {}", others[0].cause)
    }

    fn list(&mut self, others: &[DiagnosisReport]) -> io::Result<()> {
        for d in others.iter().take(MOST_OTHERS) {
            let title = for_terminal(&d.title).into_owned();
            writeln!(self.out, "  - {}", self.paint("1", &title))?;
            writeln!(self.out, "    {}", self.paint("2", &self.facts(d)))?;
            if let Some(line) = d.evidence.first() {
                let text: String = for_terminal(&line.text).chars().take(CITED).collect();
                writeln!(self.out, "    {}:{}: {text}", for_terminal(&line.path), line.line)?;
            }
        }
        Ok(())
    }

    /// Why the server's word counts more than what the client saw.
    fn explains(&mut self, d: &DiagnosisReport) -> io::Result<()> {
        for explained in &d.explains {
            let common: Vec<&str> = explained.joined_by.iter().map(|name| self.common(name)).collect();
            let hours = explained.clock_offset_seconds.map(|s| format!("{:+.2}", s as f64 / 3600.0));
            let text = match self.style.language {
                Language::En => {
                    let by = if common.is_empty() { String::new() } else { format!(" (same {})", common.join(", ")) };
                    let clocks = hours.map(|h| format!("; its clock or zone differs by {h} h")).unwrap_or_default();
                    format!("The server tells why the client saw {}{by}{clocks}:", explained.cause)
                }
                Language::Ja => {
                    let by = if common.is_empty() {
                        String::new()
                    } else {
                        format!("（{}が一致）", common.join("、"))
                    };
                    let clocks =
                        hours.map(|h| format!("時計またはタイムゾーンの差は {h} 時間です。")).unwrap_or_default();
                    format!(
                        "クライアント側の症状（{}）の原因は、サーバー側の記録で判明しました{by}。{clocks}",
                        explained.cause
                    )
                }
            };
            self.paragraph(&text, 2)?;
            for line in explained.evidence.iter().take(1) {
                self.cited(line)?;
            }
        }
        Ok(())
    }

    /// What the configuration beside the log says.
    fn host_facts(&mut self, d: &DiagnosisReport) -> io::Result<()> {
        let mut before = String::new();
        for told in &d.host_facts {
            let says = match told.effect {
                "confirms" => self.word("The host's own files confirm it", "ホストのファイルでも裏付けられます"),
                "refutes" => self.word("The host's own files speak against it", "ホストのファイルはこれと矛盾します"),
                _ => self.word("The host's own files decide it", "ホストのファイルが決め手です"),
            };
            let text = match self.style.language {
                Language::En => format!("{says}: {}.", told.text),
                Language::Ja => format!("{says}（{}）。", told.text),
            };
            if text != before {
                self.paragraph(&text, 2)?;
            }
            before = text;
            told.evidence.iter().try_for_each(|line| self.cited(line))?;
        }
        Ok(())
    }

    /// The hosts that the inputs describe.
    fn bundles(&mut self, bundles: &[BundleReport]) -> io::Result<()> {
        for bundle in bundles.iter().take(MOST_BUNDLES) {
            let openssh = bundle.openssh.as_ref().map(|version| format!("OpenSSH {version}"));
            let known: Vec<String> =
                [&bundle.host, &bundle.os, &openssh].into_iter().flatten().map(|t| short(t)).collect();
            if !known.is_empty() {
                let text = format!("{}: {}", self.word("Host", "ホスト"), known.join(", "));
                writeln!(self.out, "{}", self.paint("2", &text))?;
            }
        }
        Ok(())
    }

    fn common<'x>(&self, name: &'x str) -> &'x str {
        match name {
            "fingerprint" => self.word("key", "鍵"),
            "source" => self.word("address", "接続元"),
            "user" => self.word("user", "ユーザー"),
            "host" => self.word("server", "サーバー"),
            "time" => self.word("time", "時刻"),
            other => other,
        }
    }

    /// What is no verdict.
    fn aside(&mut self, found: &[DiagnosisReport], en: &str, ja: &str) -> io::Result<()> {
        if found.is_empty() {
            return Ok(());
        }
        self.heading(en, ja)?;
        self.list(found)
    }

    fn nothing(&mut self, report: &Report) -> io::Result<()> {
        let t = &report.totals;
        let unread = report.inputs.iter().any(|i| i.error.is_some());
        let text = if t.successes > 0 {
            self.word(
                "No failed login found; there are successful ones.",
                "失敗したログオンは見つかりませんでした。成功したログオンがあります。",
            )
        } else if t.lines == 0 && !unread && report.inputs.iter().all(|i| i.bytes == 0) {
            self.word(
                "There was nothing to read: the input is empty.",
                "入力が空です。読み取る内容がありませんでした。",
            )
        } else if t.lines == 0 && !unread {
            self.word(
                "There was nothing to read: all input was passed over, as no text, as no log, or for its time.",
                "読み取る内容がありませんでした。入力はすべて、テキストやログでない、または期間外のため読み飛ばしました。",
            )
        } else if t.hits == 0 && t.lines > 0 {
            self.word(
                "Not enough evidence: none of the lines asked about is a known message of SSH logins.",
                "根拠が不足しています。対象の行に、SSH ログオンに関する既知のメッセージはありません。",
            )
        } else {
            self.word(
                "Not enough evidence: nothing here proves why a login failed.",
                "根拠が不足しています。ログオン失敗の原因を示す記録は見つかりませんでした。",
            )
        };
        writeln!(self.out, "{}", self.paint("1", text))
    }

    fn next_steps(&mut self, steps: &[String]) -> io::Result<()> {
        if steps.is_empty() {
            return Ok(());
        }
        self.heading("What to collect next", "次に取得する情報")?;
        for (at, step) in steps.iter().enumerate() {
            let (text, command) = step.split_once("  ").unwrap_or((step, ""));
            self.item(&format!("{}. ", at + 1), text)?;
            if !command.is_empty() {
                writeln!(self.out, "       {}", self.paint("1", command))?;
            }
        }
        Ok(())
    }

    /// Inputs whose lines are not among those counted.
    fn left_out(&mut self, report: &Report) -> io::Result<()> {
        let named = |i: &InputReport| for_terminal(&i.path).into_owned();
        let passed: Vec<String> = report.inputs.iter().filter(|i| i.note.is_some()).map(named).collect();
        let copies = report.inputs.iter().filter(|i| i.duplicate_of.is_some()).count();
        let mut lines = Vec::new();
        if !passed.is_empty() {
            let label =
                self.word("Passed over (--format json says why)", "読み飛ばした入力（理由は --format json で表示）");
            let shown = passed.iter().take(MOST_PASSED).map(String::as_str).collect::<Vec<_>>().join(", ");
            let more = passed.len().saturating_sub(MOST_PASSED);
            lines.push(format!("{label}: {shown}{}", if more > 0 { format!(", … +{more}") } else { String::new() }));
        }
        if copies > 0 {
            lines.push(format!(
                "{}: {copies}",
                self.word("Copies of other inputs, counted once", "重複のため一度だけ数えた入力")
            ));
        }
        lines.iter().try_for_each(|line| writeln!(self.out, "{}", self.paint("2", line)))
    }

    fn inputs(&mut self, report: &Report) -> io::Result<()> {
        writeln!(self.out)?;
        self.bundles(&report.bundles)?;
        let t = &report.totals;
        let summary = match self.style.language {
            Language::En => format!(
                "{} input(s), {} lines, {} known: {} failures, {} successes",
                report.inputs.len(),
                t.lines,
                t.hits,
                t.failures,
                t.successes
            ),
            Language::Ja => format!(
                "入力 {} 件、{} 行、既知 {} 行（失敗 {}、成功 {}）",
                report.inputs.len(),
                t.lines,
                t.hits,
                t.failures,
                t.successes
            ),
        };
        writeln!(self.out, "{}", self.paint("2", &summary))?;
        self.left_out(report)?;
        if t.unrecognised > 0 {
            let text = match self.style.language {
                Language::En => format!(
                    "{} line(s) of SSH programs are unknown to the catalog; --format json lists them",
                    t.unrecognised
                ),
                Language::Ja => {
                    format!("SSH 関連プログラムの未知の行が {} 行あります（--format json で一覧表示）", t.unrecognised)
                }
            };
            writeln!(self.out, "{}", self.paint("2", &text))?;
        }
        Ok(())
    }

    fn heading(&mut self, en: &str, ja: &str) -> io::Result<()> {
        let text = self.paint("1;4", self.word(en, ja));
        writeln!(self.out, "\n{text}")
    }

    fn paragraph(&mut self, text: &str, indent: usize) -> io::Result<()> {
        for line in wrap(&for_terminal(text), WIDTH - indent) {
            writeln!(self.out, "{:indent$}{line}", "")?;
        }
        Ok(())
    }

    /// A list item whose further lines are indented to its text.
    fn item(&mut self, mark: &str, text: &str) -> io::Result<()> {
        let indent = width(mark);
        for (at, line) in wrap(&for_terminal(text), WIDTH - 2 - indent).into_iter().enumerate() {
            if at == 0 {
                writeln!(self.out, "  {mark}{line}")?;
            } else {
                writeln!(self.out, "  {:indent$}{line}", "")?;
            }
        }
        Ok(())
    }

    fn word<'x>(&self, en: &'x str, ja: &'x str) -> &'x str {
        match self.style.language {
            Language::En => en,
            Language::Ja => ja,
        }
    }

    fn paint(&self, code: &str, text: &str) -> String {
        if self.style.color { format!("\x1b[{code}m{text}\x1b[0m") } else { text.to_owned() }
    }
}

/// A name for a list: made harmless, and cut where it is very long.
fn short(name: &str) -> String {
    let shown = for_terminal(name);
    let cut: String = shown.chars().take(60).collect();
    if cut.len() < shown.len() { format!("{cut}…") } else { cut }
}

/// Columns of a text: East Asian characters take two.
fn width(text: &str) -> usize {
    text.chars().map(char_width).sum()
}

fn char_width(c: char) -> usize {
    let wide = matches!(c, '\u{1100}'..='\u{115f}' | '\u{2e80}'..='\u{a4cf}' | '\u{ac00}'..='\u{d7a3}'
        | '\u{f900}'..='\u{faff}' | '\u{fe30}'..='\u{fe4f}' | '\u{ff00}'..='\u{ff60}' | '\u{ffe0}'..='\u{ffe6}');
    if wide { 2 } else { 1 }
}

/// Breaks a text at blanks, and Japanese between any two characters but before closing punctuation.
fn wrap(text: &str, limit: usize) -> Vec<String> {
    let mut lines = Vec::new();
    for paragraph in text.lines() {
        let mut line = String::new();
        let mut columns = 0;
        for piece in pieces(paragraph) {
            let piece_width = width(piece.trim_end());
            if columns > 0 && columns + piece_width > limit {
                lines.push(std::mem::take(&mut line).trim_end().to_owned());
                columns = 0;
            }
            line.push_str(piece);
            columns += width(piece);
        }
        lines.push(line.trim_end().to_owned());
    }
    lines
}

fn pieces(text: &str) -> Vec<&str> {
    let mut pieces = Vec::new();
    let mut from = 0;
    let mut previous: Option<char> = None;
    for (at, c) in text.char_indices() {
        let closes = matches!(c, '、' | '。' | '）' | '」' | '』' | '・' | 'ー' | '】' | '！' | '？');
        let opened = previous.is_some_and(|p| matches!(p, '（' | '「' | '『' | '【'));
        let breaks = previous.is_some_and(|p| p == ' ' || char_width(p) == 2 || char_width(c) == 2);
        if breaks && !closes && !opened && c != ' ' {
            pieces.push(&text[from..at]);
            from = at;
        }
        previous = Some(c);
    }
    pieces.push(&text[from..]);
    pieces
}

#[cfg(test)]
mod tests {
    use super::{width, wrap};

    #[test]
    fn text_is_wrapped_by_columns_in_both_languages() {
        for text in ["one two three four five six seven", "公開鍵認証が拒否されました。設定を確認します。"]
        {
            let lines = wrap(text, 12);
            assert!(lines.len() > 1 && lines.iter().all(|l| width(l) <= 14), "{lines:?}");
            let kept: String = lines.join("").replace(' ', "");
            assert_eq!(kept, text.replace(' ', ""));
        }
    }
}
