//! The text of a template → flat wordings, with nothing optional left.
//!
//! In: the text. Out: sequences of bytes and fields, or what is wrong with the text. Knows nothing of matching.

use super::{FieldType, MAX_FIELDS};

/// Most wordings one template may unfold into.
const MAX_WORDINGS: usize = 96;

/// Parses a template and unfolds it; new field names are added to `slots`.
pub(super) fn wordings(text: &str, slots: &mut Vec<String>) -> Result<Vec<Vec<Flat>>, String> {
    let mut wordings = unfold(&nodes(text, slots)?)?;
    let squeezed: Vec<Vec<Flat>> = wordings.iter().filter_map(|wording| squeezed(wording)).collect();
    wordings.extend(squeezed);
    Ok(wordings)
}

/// A template as a regular expression.
pub(super) fn regex(text: &str) -> Result<String, String> {
    Ok(regex_of(&nodes(text, &mut Vec::new())?))
}

fn nodes(text: &str, slots: &mut Vec<String>) -> Result<Vec<Node>, String> {
    let mut parser = Parser { text: text.as_bytes(), at: 0, slots };
    let nodes = parser.sequence(0)?;
    match parser.text.get(parser.at) {
        Some(byte) => Err(format!("unexpected '{}'", char::from(*byte))),
        None => Ok(nodes),
    }
}

/// A part of a wording before searches are prepared.
#[derive(Debug, Clone)]
pub(super) enum Flat {
    Bytes(Vec<u8>),
    Field(FieldType, u8),
}

/// A part of a template.
enum Node {
    Part(Flat),
    /// One of several sequences; an option is the choice between something and nothing.
    Choice(Vec<Vec<Node>>),
}

struct Parser<'t> {
    text: &'t [u8],
    at: usize,
    slots: &'t mut Vec<String>,
}

impl Parser<'_> {
    fn sequence(&mut self, depth: usize) -> Result<Vec<Node>, String> {
        if depth > 6 {
            return Err("nested too deeply".into());
        }
        let mut nodes = Vec::new();
        let mut literal = Vec::new();
        let flush = |literal: &mut Vec<u8>, nodes: &mut Vec<Node>| {
            if !literal.is_empty() {
                nodes.push(Node::Part(Flat::Bytes(std::mem::take(literal))));
            }
        };
        while let Some(&byte) = self.text.get(self.at) {
            match byte {
                b']' | b'>' | b'|' => break,
                b'\\' => {
                    let next = self.text.get(self.at + 1).ok_or("nothing after the last '\\'")?;
                    if !b"[]{}<>|\\".contains(next) {
                        return Err(format!("'\\{}' escapes nothing", char::from(*next)));
                    }
                    literal.push(*next);
                    self.at += 2;
                }
                b'[' => {
                    flush(&mut literal, &mut nodes);
                    self.at += 1;
                    let inside = self.sequence(depth + 1)?;
                    self.expect(b']')?;
                    nodes.push(Node::Choice(vec![inside, Vec::new()]));
                }
                b'<' => {
                    flush(&mut literal, &mut nodes);
                    nodes.push(self.alternatives(depth)?);
                }
                b'{' => {
                    flush(&mut literal, &mut nodes);
                    nodes.push(self.field()?);
                }
                b'}' => return Err("'}' without '{'; write '\\}' for the character".into()),
                _ => {
                    literal.push(byte);
                    self.at += 1;
                }
            }
        }
        flush(&mut literal, &mut nodes);
        Ok(nodes)
    }

    fn alternatives(&mut self, depth: usize) -> Result<Node, String> {
        let mut choices = Vec::new();
        loop {
            self.at += 1;
            choices.push(self.sequence(depth + 1)?);
            if self.text.get(self.at) != Some(&b'|') {
                break;
            }
        }
        self.expect(b'>')?;
        if choices.len() < 2 {
            return Err("'<...>' needs a '|'; write '\\<' for the character".into());
        }
        Ok(Node::Choice(choices))
    }

    fn field(&mut self) -> Result<Node, String> {
        let rest = &self.text[self.at + 1..];
        let end = rest.iter().position(|b| *b == b'}').ok_or("'{' without '}'")?;
        let inside = std::str::from_utf8(&rest[..end]).map_err(|_| "field name is not ASCII")?;
        let (name, ty) = match inside.split_once(':') {
            Some((name, ty)) => {
                let known = FieldType::named(ty);
                (name, known.ok_or_else(|| format!("unknown field type '{ty}'"))?)
            }
            None => (inside, FieldType::default_for(inside)),
        };
        if name.is_empty() || !name.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_') {
            return Err(format!("'{name}' is no field name: use a-z, 0-9 and _"));
        }
        let slot = match self.slots.iter().position(|s| s == name) {
            Some(slot) => slot,
            None if self.slots.len() == MAX_FIELDS => {
                return Err(format!("more than {MAX_FIELDS} fields"));
            }
            None => {
                self.slots.push(name.to_owned());
                self.slots.len() - 1
            }
        };
        self.at += end + 2;
        Ok(Node::Part(Flat::Field(ty, slot as u8)))
    }

    fn expect(&mut self, byte: u8) -> Result<(), String> {
        if self.text.get(self.at) != Some(&byte) {
            return Err(format!("'{}' is missing", char::from(byte)));
        }
        self.at += 1;
        Ok(())
    }
}

fn unfold(nodes: &[Node]) -> Result<Vec<Vec<Flat>>, String> {
    let mut wordings: Vec<Vec<Flat>> = vec![Vec::new()];
    for node in nodes {
        match node {
            Node::Part(part) => wordings.iter_mut().for_each(|w| w.push(part.clone())),
            Node::Choice(choices) => {
                let mut unfolded = Vec::new();
                for choice in choices {
                    unfolded.extend(unfold(choice)?);
                }
                if wordings.len() * unfolded.len() > MAX_WORDINGS {
                    return Err(format!("unfolds into more than {MAX_WORDINGS} wordings"));
                }
                wordings =
                    wordings.iter().flat_map(|w| unfolded.iter().map(move |u| [w.as_slice(), u].concat())).collect();
            }
        }
    }
    Ok(wordings)
}

/// The same as web pages show it: of several spaces there is one left. None where there are none.
fn squeezed(wording: &[Flat]) -> Option<Vec<Flat>> {
    let one = |part: &Flat| match part {
        Flat::Bytes(bytes) => {
            let mut bytes = bytes.clone();
            bytes.dedup_by(|b, a| *a == b' ' && *b == b' ');
            Flat::Bytes(bytes)
        }
        field => field.clone(),
    };
    let wide = |part: &Flat| matches!(part, Flat::Bytes(bytes) if bytes.windows(2).any(|two| two == b"  "));
    wording.iter().any(wide).then(|| wording.iter().map(one).collect())
}

fn regex_of(nodes: &[Node]) -> String {
    let part = |node: &Node| match node {
        Node::Part(Flat::Bytes(bytes)) => regex_syntax::escape(&String::from_utf8_lossy(bytes)).replace("  ", "  ?"),
        Node::Part(Flat::Field(ty, _)) => match ty {
            FieldType::User | FieldType::Rest => ".*",
            FieldType::Text => ".+",
            FieldType::Address => "[^ ]+",
            FieldType::Number => "[0-9]+",
            FieldType::Word => "[^ ]+",
            FieldType::Token => "[^ ]*",
            FieldType::Target => "[^ -][^ ]*",
        }
        .to_owned(),
        Node::Choice(choices) => {
            let choices: Vec<String> = choices.iter().map(|c| regex_of(c)).collect();
            format!("({})", choices.join("|"))
        }
    };
    nodes.iter().map(part).collect()
}
