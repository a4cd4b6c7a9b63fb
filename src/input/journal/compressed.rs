//! Compressed fields.
//!
//! In: what a data object holds, and the method. Out: the beginning of what it was, as much as is asked for, so that little data
//! cannot become much work or memory. LZ4 is decoded here, since libraries decode blocks only as a whole.

use liblzma::stream::{Action, Stream};
use zstd::stream::raw::{DParameter, Decoder as Zstd, InBuffer, Operation, OutBuffer};

/// Largest memory for XZ; journald's own compression needs 9 MiB.
const MAX_XZ_MEMORY: u64 = 64 << 20;
/// Largest window of Zstandard, as a power of 2; memory is used only as far as it is filled.
const MAX_ZSTD_WINDOW: u32 = 27;

/// Decompresses one field after the other.
#[derive(Default)]
pub(super) struct Decoder {
    zstd: Option<Zstd<'static>>,
}

impl std::fmt::Debug for Decoder {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Decoder").finish_non_exhaustive()
    }
}

impl Decoder {
    /// At most `most` bytes from the beginning of the content.
    pub(super) fn beginning(&mut self, method: u8, stored: &[u8], most: usize) -> Option<Vec<u8>> {
        match method {
            1 => xz(stored, most),
            2 => lz4(stored, most),
            4 => self.zstd(stored, most),
            _ => None,
        }
    }

    fn zstd(&mut self, stored: &[u8], most: usize) -> Option<Vec<u8>> {
        if self.zstd.is_none() {
            let mut decoder = Zstd::new().ok()?;
            decoder.set_parameter(DParameter::WindowLogMax(MAX_ZSTD_WINDOW)).ok()?;
            self.zstd = Some(decoder);
        }
        let decoder = self.zstd.as_mut()?;
        decoder.reinit().ok()?;
        let mut out = vec![0; most];
        let mut input = InBuffer::around(stored);
        let mut output = OutBuffer::around(&mut out[..]);
        loop {
            let before = (input.pos(), output.pos());
            let hint = decoder.run(&mut input, &mut output).ok()?;
            if hint == 0 || output.pos() == most || before == (input.pos(), output.pos()) {
                break;
            }
        }
        let length = output.pos();
        out.truncate(length);
        Some(out)
    }
}

fn xz(stored: &[u8], most: usize) -> Option<Vec<u8>> {
    let mut decoder = Stream::new_stream_decoder(MAX_XZ_MEMORY, 0).ok()?;
    let mut out = vec![0; most];
    let (mut from, mut to) = (0, 0);
    while to < most {
        decoder.process(&stored[from..], &mut out[to..], Action::Run).ok()?;
        let (read, written) = (decoder.total_in() as usize, decoder.total_out() as usize);
        if (read, written) == (from, to) {
            break;
        }
        (from, to) = (read, written);
    }
    out.truncate(to);
    Some(out)
}

/// 8 bytes with the length of the content, then one LZ4 block: literal bytes and copies of what came before, in turns.
fn lz4(stored: &[u8], most: usize) -> Option<Vec<u8>> {
    let (length, mut rest) = stored.split_first_chunk::<8>()?;
    let most = usize::try_from(u64::from_le_bytes(*length)).unwrap_or(usize::MAX).min(most);
    let mut out = Vec::with_capacity(most);
    while out.len() < most {
        let (&token, after) = rest.split_first()?;
        rest = after;
        let literals = length_of(token >> 4, &mut rest)?;
        let wanted = literals.min(most - out.len());
        out.extend_from_slice(rest.get(..wanted)?);
        if out.len() == most {
            break;
        }
        rest = rest.get(literals..)?;
        let (distance, after) = rest.split_first_chunk::<2>()?;
        rest = after;
        let copied = length_of(token & 15, &mut rest)?.checked_add(4)?;
        let from = out.len().checked_sub(usize::from(u16::from_le_bytes(*distance)).max(1))?;
        // A copy may reach into what it writes itself, and then repeats it.
        for at in from..from + copied.min(most - out.len()) {
            out.push(out[at]);
        }
    }
    Some(out)
}

/// A length that begins with 4 bits, and goes on in bytes as long as they are full.
fn length_of(bits: u8, rest: &mut &[u8]) -> Option<usize> {
    let mut length = usize::from(bits);
    if bits == 15 {
        loop {
            let (&more, after) = rest.split_first()?;
            *rest = after;
            length = length.checked_add(usize::from(more))?;
            if more != 255 {
                break;
            }
        }
    }
    Some(length)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_lz4_block_is_decoded_as_far_as_it_is_asked_for() {
        // Five literals, then a copy of 20 from 2 back, then 3 literals.
        let block = [0x5f, b'a', b'b', b'c', b'd', b'e', 2, 0, 1, 0x30, b'x', b'y', b'z'];
        let stored = [&28u64.to_le_bytes()[..], &block].concat();
        let whole = b"abcdededededededededededexyz";
        assert_eq!(whole.len(), 28);
        for most in 0..40 {
            assert_eq!(lz4(&stored, most).as_deref(), Some(&whole[..most.min(28)]), "{most}");
        }
        for cut in 0..stored.len() {
            assert_eq!(lz4(&stored[..cut], 28), None, "{cut}");
        }
        let before_the_beginning = [&9u64.to_le_bytes()[..], &[0x10, b'a', 2, 0, 0]].concat();
        assert_eq!(lz4(&before_the_beginning, 9), None);
    }

    #[test]
    fn what_is_not_compressed_data_is_refused_or_empty() {
        let mut decoder = Decoder::default();
        for method in [0, 1, 2, 3, 4, 7] {
            for stored in [&b""[..], b"MESSAGE=x", &[0xff; 64]] {
                let found = decoder.beginning(method, stored, 100).unwrap_or_default();
                assert!(found.is_empty(), "method {method}: {found:?}");
            }
        }
    }
}
