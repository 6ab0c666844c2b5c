//! The libraries, and a running program of each: a token goes in, a word comes out.

use std::{
    io::{BufRead as _, BufReader, Write as _},
    process::{Child, ChildStdin, ChildStdout, Command, Stdio},
    sync::OnceLock,
};

use crate::{
    clients::{tool, top},
    support::{servers::programs, toolchains},
};

/// A library of another maker.
pub(super) struct Library {
    /// How its program is called, without arguments.
    program: fn() -> Command,
    pub(super) refusals: Refusals,
}

/// What is in the library's refusals, so that a token is seen to be refused for the right reason.
pub(super) struct Refusals {
    pub(super) expired: &'static str,
    pub(super) audience: &'static str,
    pub(super) signature: &'static str,
    pub(super) unknown_key: &'static str,
}

pub(super) static PYJWT: Library = Library {
    program: || with_argument(tool("venv/bin/python"), "python/verify.py"),
    refusals: Refusals {
        expired: "ExpiredSignatureError",
        audience: "InvalidAudienceError",
        signature: "InvalidSignatureError",
        unknown_key: "PyJWKClientError",
    },
};

pub(super) static JOSE: Library = Library {
    program: || with_argument(Command::new(programs::find("node", "nodejs")), "node/verify.mjs"),
    refusals: Refusals {
        expired: "ERR_JWT_EXPIRED",
        audience: r#"ERR_JWT_CLAIM_VALIDATION_FAILED: unexpected "aud""#,
        signature: "ERR_JWS_SIGNATURE_VERIFICATION_FAILED",
        unknown_key: "ERR_JWKS_NO_MATCHING_KEY",
    },
};

pub(super) static GO_OIDC: Library = Library {
    program: || {
        static PROGRAM: OnceLock<std::path::PathBuf> = OnceLock::new();
        let folder = top().join("tests/it/foreign/go");
        Command::new(PROGRAM.get_or_init(|| toolchains::go_build(&folder, "verify")))
    },
    refusals: Refusals {
        expired: "token is expired",
        audience: "expected audience",
        signature: "failed to verify id token signature",
        // It tries every key that fits, and has one word for all that comes of it.
        unknown_key: "failed to verify id token signature",
    },
};

pub(super) static SPRING: Library = Library {
    program: || {
        let mut java = Command::new(programs::find("java", "default-jdk-headless"));
        // Java itself understands the asterisk: every jar in the folder.
        java.arg("-cp").arg(top().join(".tools/java/*"));
        with_argument(java, "java/Verify.java")
    },
    refusals: Refusals {
        expired: "Jwt expired at",
        audience: "aud claim is not valid",
        signature: "Invalid signature",
        unknown_key: "no matching key(s) found",
    },
};

fn with_argument(mut command: Command, program: &str) -> Command {
    command.arg(top().join("tests/it/foreign").join(program));
    command
}

impl Library {
    /// Starts the library's program. It is told an issuer and an audience, and finds the rest.
    pub(super) fn start(&self, issuer: &str, audience: &str) -> Verifier {
        let mut child = self
            .command(issuer, audience)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let (tokens, words) = (child.stdin.take(), child.stdout.take().map(BufReader::new));
        Verifier { child, tokens, words: words.unwrap() }
    }

    /// Starts the library's program with what it must refuse; answers with what it printed.
    pub(super) fn refused(&self, issuer: &str, audience: &str) -> String {
        let output = self.command(issuer, audience).stdin(Stdio::null()).output().unwrap();
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(1), "{audience:?}: {said}");
        said
    }

    fn command(&self, issuer: &str, audience: &str) -> Command {
        let program = (self.program)();
        // A program that hangs would make the test hang.
        let mut command = Command::new("timeout");
        command
            .arg("120")
            .arg(program.get_program())
            .args(program.get_args())
            .args([issuer, audience])
            .env("PYTHONDONTWRITEBYTECODE", "1");
        command
    }
}

/// A running program. It ends when it goes out of scope.
pub(super) struct Verifier {
    child: Child,
    tokens: Option<ChildStdin>,
    words: BufReader<ChildStdout>,
}

impl Verifier {
    /// Shows it a token; answers with `accepted` and the subject, or `refused` and the reason.
    pub(super) fn judge(&mut self, token: &str) -> String {
        writeln!(self.tokens.as_ref().unwrap(), "{token}").unwrap();
        let mut word = String::new();
        self.words.read_line(&mut word).unwrap();
        assert!(word.ends_with('\n'), "the verifier ended, see above: {word:?}");
        word.trim_end().to_owned()
    }
}

impl Drop for Verifier {
    fn drop(&mut self) {
        // It ends when there are no more tokens.
        drop(self.tokens.take());
        let _ = self.child.wait();
    }
}
