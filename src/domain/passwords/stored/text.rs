//! The parts that texts of hashes have in common: numbers, parameters and bytes.

use base64::{
    Engine as _, alphabet,
    engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig},
};

use super::HashRefusal;

/// Products write padding or leave it out.
const BASE64: GeneralPurpose = GeneralPurpose::new(
    &alphabet::STANDARD,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

/// Bytes in base64; passlib writes `.` for `+`.
pub(super) fn bytes(text: &str) -> Result<Vec<u8>, HashRefusal> {
    let decoded = if text.contains('.') {
        BASE64.decode(text.replace('.', "+"))
    } else {
        BASE64.decode(text)
    };
    decoded.map_err(|_| HashRefusal::Malformed("the salt or the output is not base64"))
}

/// A number in decimal digits, without a sign.
pub(super) fn number(text: &str) -> Result<u32, HashRefusal> {
    let refusal = HashRefusal::Malformed("a parameter is not a number");
    if text.is_empty() || !text.bytes().all(|it| it.is_ascii_digit()) {
        return Err(refusal);
    }
    text.parse().map_err(|_| refusal)
}

/// The values of parameters such as `ln=14,r=8,p=1`, in the order of their names here. Each may be missing;
/// another one, or one twice, is refused: what is not understood would be ignored.
pub(super) fn parameters<'a, const N: usize>(
    text: &'a str,
    names: [&str; N],
) -> Result<[Option<&'a str>; N], HashRefusal> {
    let mut values = [None; N];
    for parameter in text.split(',') {
        let (name, value) = parameter.split_once('=').ok_or(UNKNOWN_PARAMETER)?;
        let position = names.iter().position(|it| *it == name).ok_or(UNKNOWN_PARAMETER)?;
        if values[position].replace(value).is_some() {
            return Err(UNKNOWN_PARAMETER);
        }
    }
    Ok(values)
}

const UNKNOWN_PARAMETER: HashRefusal =
    HashRefusal::Malformed("it has a parameter that is not known");

/// A parameter that has to be there, as a number.
pub(super) fn required(value: Option<&str>) -> Result<u32, HashRefusal> {
    number(value.ok_or(HashRefusal::Malformed("a parameter is missing"))?)
}

/// The parts of a text between dollar signs, of which there must be as many.
pub(super) fn parts<const N: usize>(text: &str) -> Result<[&str; N], HashRefusal> {
    let refusal = HashRefusal::Malformed("it does not have the parts of its format");
    text.split('$').collect::<Vec<_>>().try_into().map_err(|_| refusal)
}
