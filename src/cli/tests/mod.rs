//! The command line as a whole: what it parses to, and the words of its help.

pub(super) mod pages;

use clap::{Command as Clap, CommandFactory as _, Parser as _};

use super::{
    accounts::{Accounts, AccountsCommand},
    arguments::CommandLine,
    audit::{AuditCommand, Format},
    config::ConfigCommand,
    explain::Explain,
    invitations::{Invitations, InvitationsCommand},
    keys::{Keys, KeysCommand},
    migrate::MigrateCommand,
    revoke::{Revoke, RevokeCommand},
    service_accounts::{ServiceAccount, ServiceAccountCommand},
    *,
};
use crate::model::event::EventKind;

/// Words that help is not written with, in lower case.
const IDIOMS: &str = "anybody|answers|everybody|for how long|forget|forgive|give up|go on|goes on|\
    hear|hears|heard|is dead|is gone|is told|lives|live on|lives on|look after|looks after|mend|\
    nobody|news|once more|said|says|somebody|tell|tells|the keys before|this once|told|which key|\
    who|whoever|whom";

fn parsed(line: &str) -> Command {
    let words = std::iter::once("claviger").chain(line.split(' '));
    CommandLine::try_parse_from(words).unwrap_or_else(|error| panic!("{line}: {error}")).command
}

/// The command and all below it, with their names as typed.
fn all_commands() -> Vec<(String, Clap)> {
    let mut root = CommandLine::command();
    root.build();
    let mut open = vec![("claviger".to_owned(), root)];
    let mut all = Vec::new();
    while let Some((name, command)) = open.pop() {
        let below = command.get_subcommands().filter(|it| it.get_name() != "help");
        open.extend(below.map(|it| (format!("{name} {}", it.get_name()), it.clone())));
        all.push((name, command));
    }
    all
}

/// The text in lower case, its words separated and surrounded by single spaces.
fn words(text: &str) -> String {
    let words = text.split(|it: char| !it.is_alphanumeric() && it != '\'');
    let words: Vec<&str> = words.filter(|it| !it.is_empty()).collect();
    format!(" {} ", words.join(" ").to_lowercase())
}

#[test]
fn the_command_line_is_sound() {
    CommandLine::command().debug_assert();
}

#[test]
fn every_subcommand_parses_to_its_own_variant() {
    use {
        AccountsCommand as A, InvitationsCommand as I, KeysCommand as K, MigrateCommand as Migrate,
        RevokeCommand as R, ServiceAccountCommand as S,
    };
    macro_rules! assert_parses {
        ($($line:literal => $pattern:pat $(if $guard:expr)?,)*) => {
            [$({
                let command = parsed($line);
                assert!(matches!(&command, $pattern $(if $guard)?), "{}: {command:?}", $line);
                $line
            }),*]
        };
    }

    let lines = assert_parses! {
        "serve" => Command::Serve,
        "agent --audience shop" => Command::Agent(flags) if flags.audience.as_deref() == Some("shop"),
        "config check" => Command::Config(ConfigCommand::Check),
        "config print" => Command::Config(ConfigCommand::Print),
        "keys rotate" => Command::Keys(Keys { command: K::Rotate { now: false, .. }, .. }),
        "keys list" => Command::Keys(Keys { command: K::List, .. }),
        "keys revoke k1" => Command::Keys(Keys { command: K::Revoke { key_id, .. }, .. }) if key_id == "k1",
        "keys abandon --yes --reason r" => Command::Keys(Keys { command: K::Abandon { consent, reason }, .. }) if consent.yes && reason.text == "r",
        "accounts list --group staff --state disabled" => Command::Accounts(Accounts { command: A::List(_), .. }),
        "accounts show alice" => Command::Accounts(Accounts { command: A::Show { .. }, .. }),
        "accounts create alice --group staff" => Command::Accounts(Accounts { command: A::Create(new), .. }) if new.username == "alice",
        "accounts update alice --username bob" => Command::Accounts(Accounts { command: A::Update(_), .. }),
        "accounts set-groups alice staff admins" => Command::Accounts(Accounts { command: A::SetGroups { account, groups, .. }, .. }) if account == "alice" && groups.len() == 2,
        "accounts disable alice --reason r" => Command::Accounts(Accounts { command: A::Disable(act), .. }) if act.reason.text == "r",
        "accounts enable alice" => Command::Accounts(Accounts { command: A::Enable(_), .. }),
        "accounts delete alice --yes" => Command::Accounts(Accounts { command: A::Delete { .. }, .. }),
        "accounts unlock alice" => Command::Accounts(Accounts { command: A::Unlock { username, .. }, .. }) if username == "alice",
        "accounts sessions alice" => Command::Accounts(Accounts { command: A::Sessions { .. }, .. }),
        "accounts end-session alice s1" => Command::Accounts(Accounts { command: A::EndSession { session, .. }, .. }) if session == "s1",
        "accounts end-sessions alice" => Command::Accounts(Accounts { command: A::EndSessions(_), .. }),
        "accounts passkeys alice" => Command::Accounts(Accounts { command: A::Passkeys { .. }, .. }),
        "accounts suspend-passkey alice p1" => Command::Accounts(Accounts { command: A::SuspendPasskey(_), .. }),
        "accounts resume-passkey alice p1" => Command::Accounts(Accounts { command: A::ResumePasskey(_), .. }),
        "accounts remove-passkey alice p1 --yes" => Command::Accounts(Accounts { command: A::RemovePasskey { .. }, .. }),
        "accounts remove-password alice --yes" => Command::Accounts(Accounts { command: A::RemovePassword { .. }, .. }),
        "accounts recovery-link alice --remove-credentials" => Command::Accounts(Accounts { command: A::RecoveryLink { remove_credentials: true, .. }, .. }),
        "accounts withdraw-recovery-link alice" => Command::Accounts(Accounts { command: A::WithdrawRecoveryLink(_), .. }),
        "accounts remove-recovery-codes alice --yes" => Command::Accounts(Accounts { command: A::RemoveRecoveryCodes { .. }, .. }),
        "invitations create --account alice --lifetime 2d" => Command::Invitations(Invitations { command: I::Create(new), .. }) if new.account.is_some(),
        "invitations list" => Command::Invitations(Invitations { command: I::List, .. }),
        "invitations withdraw i1" => Command::Invitations(Invitations { command: I::Withdraw { id, .. }, .. }) if id == "i1",
        "audit list --account alice --kind sign_in --since 24h --limit 5" => Command::Audit(AuditCommand::List(_)),
        "audit watch --after 5 --limit 1" => Command::Audit(AuditCommand::Watch(_)),
        "audit export" => Command::Audit(AuditCommand::Export { format: Format::Claviger }),
        "audit export --format ocsf" => Command::Audit(AuditCommand::Export { format: Format::Ocsf }),
        "audit rotate-key --reason r" => Command::Audit(AuditCommand::RotateKey { reason, .. }) if reason.text == "r",
        "audit verify" => Command::Audit(AuditCommand::Verify { file: None, .. }),
        "audit verify --file a.jsonl --key a,b" => Command::Audit(AuditCommand::Verify { keys, .. }) if keys.len() == 2,
        "explain alice" => Command::Explain(Explain { subject, .. }) if subject == "alice",
        "explain --request-id -" => Command::Explain(Explain { subject, .. }) if subject == "-",
        "revoke session s1" => Command::Revoke(Revoke { command: R::Session { id, .. }, .. }) if id == "s1",
        "revoke account alice" => Command::Revoke(Revoke { command: R::Account { account, .. }, .. }) if account == "alice",
        "revoke token t1" => Command::Revoke(Revoke { command: R::Token { id, .. }, .. }) if id == "t1",
        "service-account create shop" => Command::ServiceAccount(ServiceAccount { command: S::Create(_), .. }),
        "service-account list" => Command::ServiceAccount(ServiceAccount { command: S::List, .. }),
        "service-account rotate shop" => Command::ServiceAccount(ServiceAccount { command: S::Rotate { overlap: None, .. }, .. }),
        "service-account delete shop" => Command::ServiceAccount(ServiceAccount { command: S::Delete { .. }, .. }),
        "system --output json" => Command::System(_),
        "import accounts.jsonl --dry-run --report report.jsonl" => Command::Import(_),
        "export -" => Command::Export(_),
        "migrate up" => Command::Migrate(Migrate::Up),
        "migrate status" => Command::Migrate(Migrate::Status),
        "migrate plan" => Command::Migrate(Migrate::Plan),
        "copy --from sqlite:a.db" => Command::Copy(_),
        "backup --to a.db" => Command::Backup { to } if to.as_os_str() == "a.db",
        "completions bash" => Command::Completions { .. },
        "manual pages" => Command::Manual { directory } if directory.as_os_str() == "pages",
        "restore --from a.db" => Command::Restore { from } if from.as_os_str() == "a.db",
    };

    for (name, command) in all_commands() {
        let is_listed = |line: &&str| format!("claviger {line}").starts_with(&name);
        assert!(command.has_subcommands() || lines.iter().any(is_listed), "{name}");
    }
}

#[test]
fn flags_of_commands_have_their_types() {
    let now = parsed("keys rotate --now");
    let overlap = parsed("service-account rotate shop --overlap 90m");
    let soon = "claviger service-account rotate shop --overlap soon";
    let refused = CommandLine::try_parse_from(soon.split(' '));

    assert!(matches!(
        now,
        Command::Keys(Keys { command: KeysCommand::Rotate { now: true, .. }, .. })
    ));
    let Command::ServiceAccount(ServiceAccount { command, .. }) = overlap else {
        panic!("{overlap:?}");
    };
    let ServiceAccountCommand::Rotate { overlap, .. } = command else { panic!("{command:?}") };
    assert_eq!(overlap, Some(std::time::Duration::from_secs(5400)));
    assert!(refused.unwrap_err().to_string().contains("--overlap"));
}

#[test]
fn key_ids_and_usernames_may_begin_with_a_hyphen() {
    let revoked = parsed("keys revoke --log-level debug -N3x");
    assert!(
        matches!(
            &revoked,
            Command::Keys(Keys { command: KeysCommand::Revoke { key_id, .. }, .. }) if key_id == "-N3x"
        ),
        "{revoked:?}"
    );
    for line in ["keys revoke -N --log-level debug", "accounts unlock -bob", "revoke account -bob"]
    {
        parsed(line);
    }
}

#[test]
fn an_unknown_subcommand_and_a_missing_one_are_invalid() {
    for line in [
        &["claviger"][..],
        &["claviger", "--log-level", "debug"],
        &["claviger", "serv"],
        &["claviger", "serve", "now"],
        &["claviger", "keys"],
        &["claviger", "keys", "rotat"],
        &["claviger", "service-account", "show"],
        &["claviger", "copy"],
        &["claviger", "backup"],
    ] {
        let arguments = line.iter().map(OsString::from);

        assert_eq!(run(arguments, []), ExitCode::from(INVALID), "{line:?}");
    }
}

#[test]
fn every_command_and_argument_has_help() {
    for (name, command) in all_commands() {
        assert!(command.get_about().is_some(), "{name}");
        for argument in command.get_arguments() {
            assert!(argument.get_help().is_some(), "{name}: {argument}");
        }
    }
}

#[test]
fn help_is_free_of_idioms() {
    for (name, mut command) in all_commands() {
        for help in [command.render_help(), command.render_long_help()] {
            let help = words(&help.to_string());
            for idiom in IDIOMS.split('|') {
                assert!(!help.contains(&format!(" {idiom} ")), "{name} has {idiom:?}: {help}");
            }
        }
    }
}

#[test]
fn serve_lists_every_setting_and_other_commands_none() {
    for (name, mut command) in all_commands() {
        let help = command.render_long_help().to_string();

        for setting in crate::config::table::names() {
            let Some(flag) = setting.flag() else { continue };
            let is_listed = help.contains(&format!("--{flag} <"));
            assert_eq!(is_listed, name == "claviger serve", "{name}: {flag}");
        }
    }
}
