//! The flags of the settings: `--config`, and one flag for every setting, from the table.
//!
//! Every command accepts them; only `claviger serve --help` lists them, lest they hide a command's
//! own arguments.

use std::path::PathBuf;

use clap::{Arg, ArgMatches, Args, Command, Error, FromArgMatches, value_parser};

use crate::config::{
    Inputs,
    setting::{Name, Preset},
    table::{self, CONFIG_VARIABLE, DEFAULT_FILE},
};

const CONFIG: &str = "config";

/// The flags of the settings that were given.
#[derive(Debug, Default)]
pub(super) struct SettingFlags {
    file: Option<PathBuf>,
    /// Keys and values.
    values: Vec<(String, String)>,
}

impl SettingFlags {
    /// The sources of the configuration, with this environment.
    pub(super) fn inputs(self, environment: Vec<(String, String)>) -> Inputs {
        Inputs {
            file: self.file,
            default_file: Some(PathBuf::from(DEFAULT_FILE)),
            environment,
            flags: self.values,
        }
    }
}

impl FromArgMatches for SettingFlags {
    fn from_arg_matches(matches: &ArgMatches) -> Result<Self, Error> {
        let keys = table::names().into_iter().filter(|name| name.flag().is_some());
        let values = keys.filter_map(|name| {
            let value = matches.get_one::<String>(&name.key)?.clone();
            Some((name.key, value))
        });
        let file = matches.get_one::<PathBuf>(CONFIG).cloned();
        Ok(Self { file, values: values.collect() })
    }

    fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> Result<(), Error> {
        *self = Self::from_arg_matches(matches)?;
        Ok(())
    }
}

impl Args for SettingFlags {
    fn augment_args(command: Command) -> Command {
        let file = Arg::new(CONFIG)
            .long("config")
            .value_name("FILE")
            .value_parser(value_parser!(PathBuf))
            .global(true)
            .help(format!(
                "The configuration file (TOML); settings are also flags: see `claviger serve --help` \
                 [env: {CONFIG_VARIABLE}] [default: {DEFAULT_FILE}, if it exists]"
            ))
            // After the arguments of the command itself.
            .display_order(900);
        command.arg(file).args(flags().map(|flag| flag.global(true).hide(true)))
    }

    fn augment_args_for_update(command: Command) -> Command {
        Self::augment_args(command)
    }
}

/// The flags of the settings as the help lists them.
pub(super) fn listed() -> impl Iterator<Item = Arg> {
    flags().map(|flag| flag.help_heading("Settings").hide_short_help(true))
}

fn flags() -> impl Iterator<Item = Arg> {
    table::names().into_iter().filter_map(|name| {
        let (flag, help) = (name.flag()?, help(&name));
        let placeholder =
            if name.is_file { "PATH".to_owned() } else { name.setting.placeholder.clone() };
        Some(Arg::new(name.key).long(flag).value_name(placeholder).help(help))
    })
}

fn help(name: &Name) -> String {
    let (setting, variable) = (&name.setting, name.variable());
    if name.is_file {
        return format!("The path of a file that contains `{}` [env: {variable}]", setting.key);
    }
    let default = match setting.default {
        Preset::Value("") => "none",
        Preset::Value(text) | Preset::Derived(text) => text,
    };
    let text = setting.help.trim_end_matches('.');
    let bounds = setting.bounds.as_ref().map(|it| format!(" [range: {it}]")).unwrap_or_default();
    format!("{text}{bounds} [env: {variable}] [default: {default}]")
}

#[cfg(test)]
mod tests {
    use clap::Parser as _;

    use super::super::arguments::{Command, CommandLine};

    #[test]
    fn a_setting_may_be_given_before_and_after_the_subcommand() {
        for line in [
            ["claviger", "--log-level", "debug", "keys", "list"],
            ["claviger", "keys", "--log-level", "debug", "list"],
            ["claviger", "keys", "list", "--log-level", "debug"],
        ] {
            let line = CommandLine::try_parse_from(line).unwrap();

            let inputs = line.settings.inputs(Vec::new());
            assert_eq!(inputs.flags, [("log.level".to_owned(), "debug".to_owned())]);
        }
    }

    #[test]
    fn serve_takes_the_settings_that_it_lists() {
        let line = ["claviger", "--config", "c.toml", "serve", "--public-url=http://localhost:1"];

        let line = CommandLine::try_parse_from(line).unwrap();

        assert!(matches!(line.command, Command::Serve));
        let inputs = line.settings.inputs(Vec::new());
        assert_eq!(inputs.file.as_deref(), Some("c.toml".as_ref()));
        assert_eq!(inputs.flags, [("public.url".to_owned(), "http://localhost:1".to_owned())]);
    }
}
