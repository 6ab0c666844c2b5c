//! What pages and the README say of the command line, held against its definitions.

use super::*;

/// A page of the documentation.
fn page(name: &str) -> String {
    text(&format!("docs/{name}"))
}

/// A file of the repository.
fn text(path: &str) -> String {
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join(path);
    std::fs::read_to_string(path).unwrap()
}

/// The names of the commands that have none below them, without the program's.
fn leaves() -> Vec<String> {
    let commands = all_commands().into_iter().filter(|(_, command)| !command.has_subcommands());
    commands.filter_map(|(name, _)| name.strip_prefix("claviger ").map(str::to_owned)).collect()
}

/// What a text of a page has in code, between backticks.
pub(in crate::cli) fn code(text: &str) -> Vec<String> {
    let parts = text.split('`').map(str::to_owned).enumerate();
    parts.filter(|(number, _)| number % 2 == 1).map(|(_, part)| part).collect()
}

#[test]
fn the_page_about_the_record_says_of_every_command_which_event_it_has() {
    let page = page("audit.md");
    let (_, table) = page.split_once("\n## Commands\n").unwrap();
    let (table, _) = table.split_once("\n## ").unwrap();
    let lines = table.lines().filter(|line| line.starts_with("| `"));
    let (mut listed, mut events) = (Vec::new(), Vec::new());
    for line in lines {
        let cells: Vec<Vec<String>> = line.trim_matches('|').split(" | ").map(code).collect();
        let [commands, kinds] = cells.try_into().unwrap();
        listed.extend(commands);
        events.extend(kinds);
    }

    let mut names = leaves();
    listed.sort();
    names.sort();
    assert_eq!(listed, names);
    let is_known = |it: &&String| EventKind::ALL.iter().any(|kind| kind.name() == **it);
    let unknown: Vec<_> = events.iter().filter(|it| !is_known(it) && *it != "server").collect();
    assert_eq!(unknown, Vec::<&String>::new());
}

#[test]
fn the_page_about_the_command_line_lists_every_command_of_operators() {
    let page = page("cli.md");
    let (_, table) = page.split_once("## Commands").unwrap();
    let (table, _) = table.split_once("## Output").unwrap();
    let cells = table.lines().filter_map(|line| line.strip_prefix("| `")?.split(" |").next());
    let listed =
        cells.flat_map(|it| it.split('`').map(str::to_owned).step_by(2).collect::<Vec<_>>());
    let mut listed: Vec<String> = listed.filter(|it| !it.is_empty()).collect();
    let groups = [
        "accounts",
        "invitations",
        "keys",
        "service-account",
        "audit",
        "explain",
        "export",
        "import",
        "revoke",
        "system",
    ];

    let mut names = leaves();
    names.retain(|it| groups.contains(&it.split(' ').next().unwrap()));
    listed.sort();
    names.sort();
    assert_eq!(listed, names);
}

#[test]
fn the_readme_names_no_command_that_does_not_exist() {
    let (readme, leaves) = (text("README.md"), leaves());
    let rows = readme.lines().filter(|line| line.starts_with("| `claviger "));
    let mut named = 0;
    for row in rows {
        let cell = row.split(" | ").next().unwrap();
        let mut group = String::new();
        for command in code(cell).iter().filter(|it| *it != "…") {
            // After the first one of a group, the others are named without the program and the group.
            let command = match command.strip_prefix("claviger ") {
                Some(whole) => {
                    whole.split(' ').next().unwrap().clone_into(&mut group);
                    whole.to_owned()
                }
                None => format!("{group} {command}"),
            };
            let is_named = |leaf: &String| format!("{command} ").starts_with(&format!("{leaf} "));
            assert!(leaves.iter().any(is_named), "README.md: {command}");
            named += 1;
        }
    }
    assert!(named > 20, "the table was not read: {named}");
}

/// The pages that name commands.
const PAGES: &[&str] = &[
    "README.md",
    "SECURITY.md",
    "ARCHITECTURE.md",
    "CONTRIBUTING.md",
    "docs/audit.md",
    "docs/cli.md",
    "docs/configuration.md",
    "docs/errors.md",
    "docs/integrations.md",
    "docs/moving.md",
    "docs/ocsf.md",
    "docs/operations.md",
];

#[test]
fn no_page_names_a_command_that_does_not_exist() {
    let leaves = leaves();
    let is_name = |word: &&str| {
        word.starts_with(|it: char| it.is_ascii_lowercase())
            && word.chars().all(|it| it.is_ascii_lowercase() || it == '-')
    };
    let mut named = 0;
    for path in PAGES {
        let parts = code(&text(path));
        let lines = parts.iter().flat_map(|part| part.lines().map(str::trim));
        let lines = lines.map(|line| line.strip_prefix("$ ").unwrap_or(line));
        for line in lines.filter_map(|line| line.strip_prefix("claviger ")) {
            // What the record hashes begins so, too.
            if line.starts_with("event ") {
                continue;
            }
            let names: Vec<&str> = line.split(' ').take_while(is_name).collect();
            let command = names.join(" ") + " ";
            let is_meant = |leaf: &String| {
                let leaf = format!("{leaf} ");
                command == " " || leaf.starts_with(&command) || command.starts_with(&leaf)
            };
            assert!(leaves.iter().any(is_meant), "{path}: claviger {line}");
            named += 1;
        }
    }
    assert!(named > 100, "the pages were not read: {named}");
}

#[test]
fn the_page_about_the_command_line_states_the_role_that_each_command_needs() {
    use crate::domain::operators::rights::Operation as O;
    let needs = [
        ("accounts list", O::ListAccounts),
        ("accounts show", O::GetAccount),
        ("accounts create", O::CreateAccount),
        ("accounts update", O::UpdateAccount),
        ("accounts set-groups", O::UpdateAccount),
        ("accounts disable", O::DisableAccount),
        ("accounts enable", O::EnableAccount),
        ("accounts delete", O::DeleteAccount),
        ("accounts unlock", O::UnlockAccount),
        ("accounts sessions", O::ListAccountSessions),
        ("accounts end-session", O::EndAccountSession),
        ("accounts end-sessions", O::EndAllAccountSessions),
        ("accounts passkeys", O::ListAccountPasskeys),
        ("accounts suspend-passkey", O::SuspendPasskey),
        ("accounts resume-passkey", O::ResumePasskey),
        ("accounts remove-passkey", O::RemovePasskey),
        ("accounts remove-password", O::RemovePassword),
        ("accounts recovery-link", O::CreateRecoveryLink),
        ("accounts withdraw-recovery-link", O::WithdrawRecoveryLink),
        ("accounts remove-recovery-codes", O::RemoveRecoveryCodes),
        ("invitations create", O::CreateInvitation),
        ("invitations list", O::ListInvitations),
        ("invitations withdraw", O::WithdrawInvitation),
        ("keys list", O::ListKeys),
        ("keys rotate", O::RotateKey),
        ("keys revoke", O::RevokeKey),
        ("service-account create", O::CreateServiceAccount),
        ("service-account list", O::ListServiceAccounts),
        ("service-account rotate", O::RotateServiceAccountKey),
        ("service-account delete", O::DeleteServiceAccount),
        ("system", O::GetSystem),
        ("import", O::ImportAccounts),
        ("export", O::ExportAccounts),
        ("audit list", O::ListEvents),
        ("audit watch", O::WatchEvents),
        ("audit rotate-key", O::RotateRecordKey),
        ("explain", O::ExplainToken),
        ("revoke account", O::EndAllAccountSessions),
        ("revoke session", O::RevokeSession),
        ("revoke token", O::RevokeToken),
    ];
    let page = page("cli.md");
    let (_, table) = page.split_once("## Commands").unwrap();
    let (table, _) = table.split_once("## Output").unwrap();
    let rows = table.lines().filter_map(|line| line.strip_prefix("| ")?.split_once(" | "));
    let rows: Vec<_> = rows
        .map(|(commands, rest)| (code(commands), code(rest.split(" | ").next().unwrap())))
        .filter(|(_, roles)| !roles.is_empty())
        .collect();

    for (command, operation) in needs {
        let row = rows.iter().find(|(commands, _)| commands.iter().any(|it| it == command));
        let (_, roles) = row.unwrap_or_else(|| panic!("{command} has no row"));
        // The first role is what it needs without what needs more, such as --group.
        assert_eq!(roles[0], operation.role().name(), "{command}");
    }
    let listed: usize = rows.iter().map(|(commands, _)| commands.len()).sum();
    assert_eq!(listed, needs.len(), "a command of the page is missing here");
}
