//! Public keys and certificates as text (PEM, RFC 7468).
//!
//! Text before, between and behind the blocks is passed over, as section 2 allows. All else is
//! strict: a boundary that is damaged would hide a key, so it spoils the whole text.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use serde_json::value::RawValue;

use super::der::{Form, Found};
use super::json;
use super::skip::SkipReason;

/// Whether the text has a block, or the beginning of one.
pub(super) fn is_pem(text: &str) -> bool {
    text.contains(BEGIN)
}

/// Whether a value in JSON is a text that begins as a block does.
pub(super) fn is_named(value: &RawValue) -> bool {
    json::string(value).is_ok_and(|text| text.trim_ascii_start().starts_with(BEGIN))
}

/// The key of the only block in a value in JSON.
pub(super) fn only(value: &RawValue) -> Result<Found, SkipReason> {
    let text = json::string(value).map_err(|_| SkipReason::NotOnePem)?;
    let blocks = blocks(&text).map_err(|_| SkipReason::NotOnePem)?;
    let [block] = blocks.as_slice() else { return Err(SkipReason::NotOnePem) };
    block.read()
}

/// One block, not yet decoded.
#[derive(Debug, Eq, PartialEq)]
pub(super) struct Block<'t> {
    label: &'t str,
    lines: Vec<&'t str>,
}

/// Why a text has no blocks that can be trusted to be all.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
pub(super) enum Fault {
    #[error("line {0} is no boundary of PEM: write `-----BEGIN …-----` or `-----END …-----`")]
    Boundary(usize),
    #[error("the block that begins in line {0} has no end: is the text cut off?")]
    NoEnd(usize),
    #[error("the end in line {0} is not that of the block before it")]
    OtherEnd(usize),
}

/// All blocks, in their order.
pub(super) fn blocks(text: &str) -> Result<Vec<Block<'_>>, Fault> {
    let mut blocks = Vec::new();
    let mut open: Option<(usize, Block<'_>)> = None;
    for (line, number) in text.lines().map(str::trim_ascii).zip(1..) {
        match (boundary(line), open.as_mut()) {
            (Line::Begin(label), None) => open = Some((number, Block { label, lines: Vec::new() })),
            (Line::End(label), Some((_, block))) if block.label == label => {
                blocks.extend(open.take().map(|(_, block)| block));
            }
            (Line::Begin(_) | Line::End(_), _) => return Err(Fault::OtherEnd(number)),
            (Line::Damaged, _) => return Err(Fault::Boundary(number)),
            (Line::Text, Some((_, block))) => block.lines.push(line),
            (Line::Text, None) => {}
        }
    }
    match open {
        Some((number, _)) => Err(Fault::NoEnd(number)),
        None => Ok(blocks),
    }
}

impl Block<'_> {
    /// A private key is known by its label, and not decoded.
    pub(super) fn read(&self) -> Result<Found, SkipReason> {
        let form = match self.label {
            "PUBLIC KEY" => Form::PublicKeyInfo,
            "RSA PUBLIC KEY" => Form::RsaPublicKey,
            // Section 5.1; the other name is an older one.
            "CERTIFICATE" | "X509 CERTIFICATE" => Form::Certificate,
            label if label.ends_with("PRIVATE KEY") => {
                return Err(SkipReason::PrivateKey(label.into()));
            }
            label => return Err(SkipReason::UnsupportedPem(label.into())),
        };
        let bytes = STANDARD.decode(self.lines.concat()).map_err(|_| SkipReason::NotBase64)?;
        form.read(&bytes)
    }
}

enum Line<'t> {
    Begin(&'t str),
    Damaged,
    End(&'t str),
    Text,
}

fn boundary(line: &str) -> Line<'_> {
    if !line.contains(DASHES) {
        return Line::Text;
    }
    let label = |begin| line.strip_prefix(begin)?.strip_suffix(DASHES).filter(|it| is_label(it));
    match (label(BEGIN), label(END)) {
        (Some(label), _) => Line::Begin(label),
        (_, Some(label)) => Line::End(label),
        _ => Line::Damaged,
    }
}

/// Section 3. All labels in use are made of these.
fn is_label(text: &str) -> bool {
    let fits = |byte: u8| byte.is_ascii_uppercase() || byte.is_ascii_digit() || byte == b' ';
    text.len() <= LONGEST_LABEL && text.bytes().all(fits)
}

const BEGIN: &str = "-----BEGIN ";
const DASHES: &str = "-----";
const END: &str = "-----END ";
const LONGEST_LABEL: usize = 64;
