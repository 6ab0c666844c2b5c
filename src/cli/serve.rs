//! `claviger serve`.

use std::{io, net::SocketAddr, process::ExitCode};

use tokio::signal::unix::{Signal, SignalKind, signal};

use crate::{
    app::{App, StartError},
    config::{Config, Public},
    domain::world::World,
    storage::Options,
    telemetry,
};

use super::{failed, no_data, say};

/// Serves until SIGTERM, SIGINT or SIGHUP. A second signal ends the process immediately.
pub(super) async fn serve(config: Config, world: World) -> ExitCode {
    let mut signals = match Signals::listen() {
        Ok(signals) => signals,
        Err(error) => return failed(&error),
    };
    for warning in &config.warnings {
        tracing::warn!("{warning}");
    }
    tracing::info!(
        policy = config.registration.policy.name(),
        "registration is {}",
        config.registration
    );
    let app = tokio::select! {
        started = App::start(config.clone(), world) => match started {
            Ok(app) => app,
            Err(StartError::Data(error)) => return no_data(&error),
            Err(error) => return failed(&error),
        },
        () = signals.next() => return ExitCode::SUCCESS,
    };
    greet(&config, &app);
    signals.next().await;
    tracing::info!("shutting down; a second signal ends the process immediately");
    tokio::select! {
        () = app.shutdown() => ExitCode::SUCCESS,
        () = signals.next() => ExitCode::FAILURE,
    }
}

/// The signals whose default is to end the process at once, in the middle of calls.
pub(super) struct Signals {
    terminate: Signal,
    interrupt: Signal,
    /// The terminal was closed.
    hangup: Signal,
    /// What programs that rotate logs send; nothing is to be done here.
    user: [Signal; 2],
    /// A file has reached the limit of the process (`ulimit -f`): the write fails, as on a full disk.
    file_size: Signal,
}

/// SIGXFSZ, as Linux and macOS number it.
const FILE_SIZE_LIMIT: i32 = 25;

impl Signals {
    pub(super) fn listen() -> io::Result<Self> {
        let user = [signal(SignalKind::user_defined1())?, signal(SignalKind::user_defined2())?];
        Ok(Self {
            terminate: signal(SignalKind::terminate())?,
            interrupt: signal(SignalKind::interrupt())?,
            hangup: signal(SignalKind::hangup())?,
            user,
            file_size: signal(SignalKind::from_raw(FILE_SIZE_LIMIT))?,
        })
    }

    /// The next signal that asks the process to end.
    pub(super) async fn next(&mut self) {
        let [first, second] = &mut self.user;
        loop {
            tokio::select! {
                _ = self.terminate.recv() => return,
                _ = self.interrupt.recv() => return,
                _ = self.hangup.recv() => return,
                _ = first.recv() => tracing::info!("SIGUSR1 has no meaning here and is ignored"),
                _ = self.file_size.recv() => {}
                _ = second.recv() => tracing::info!("SIGUSR2 has no meaning here and is ignored"),
            }
        }
    }
}

/// Says where the server listens: as text on a terminal, as one log event otherwise.
fn greet(config: &Config, app: &App) {
    let (public, internal) = (join(app.public_addresses()), join(app.internal_addresses()));
    let database = match &config.database {
        Options::Sqlite(options) => {
            let path = std::path::absolute(&options.path).unwrap_or_else(|_| options.path.clone());
            path.display().to_string()
        }
        Options::Postgres(options) => options.to_string(),
    };
    if !telemetry::is_pretty(&config.log) {
        tracing::info!(public, internal, %database, url = config.public.url, "serving");
        return;
    }
    say("Claviger is running.");
    say(format_args!("  Public listener:   {} (on {public})", config.public.url));
    say(format_args!("  Internal listener: {internal}"));
    say(format_args!("  Database:          {database}"));
    if config.registration.policy.admits(false) && config.public.reflection {
        say("");
        say("To create an account, run in another terminal:");
        say(format_args!("  {}", example(&config.public, app.public_addresses())));
    }
}

fn join(addresses: &[SocketAddr]) -> String {
    addresses.iter().map(ToString::to_string).collect::<Vec<_>>().join(" and ")
}

fn example(public: &Public, addresses: &[SocketAddr]) -> String {
    let port = addresses.first().map_or(8080, SocketAddr::port);
    let target = match (&public.tls, addresses.iter().any(|it| it.ip().is_loopback())) {
        (Some(_), _) => public.url.trim_start_matches("https://").to_owned(),
        (None, true) => format!("-plaintext localhost:{port}"),
        (None, false) => format!("-plaintext {}", join(addresses.get(..1).unwrap_or_default())),
    };
    let body = r#"{"username": "alice", "password": "a long walk along the quiet river"}"#;
    format!("grpcurl -d '{body}' {target} claviger.v1.AuthService/Register")
}
