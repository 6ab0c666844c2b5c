//! An error and what caused it, as one line of text.

use std::error::Error;

/// The message of an error, followed by those of its causes ([`Error::source`]), separated by `": "`.
/// A cause that the message before it already ends with is not repeated.
pub fn causes(error: &dyn Error) -> String {
    let mut text = error.to_string();
    let mut next = error.source();
    while let Some(cause) = next {
        let message = cause.to_string();
        if !text.ends_with(&message) {
            text.push_str(": ");
            text.push_str(&message);
        }
        next = cause.source();
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, thiserror::Error)]
    enum Failure {
        #[error("the file is missing")]
        Cause,
        #[error("cannot start: {0}")]
        Quoting(#[source] Box<Failure>),
        #[error("cannot serve")]
        Silent(#[source] Box<Failure>),
    }

    #[test]
    fn every_cause_is_named_once() {
        let quoting = Failure::Quoting(Box::new(Failure::Cause));

        let text = causes(&Failure::Silent(Box::new(quoting)));

        assert_eq!(text, "cannot serve: cannot start: the file is missing");
    }

    #[test]
    fn an_error_without_a_cause_is_its_message() {
        assert_eq!(causes(&Failure::Cause), "the file is missing");
    }
}
