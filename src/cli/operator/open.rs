//! Opens the connection of a command: to a server, or to the database of this machine.

use std::{fs, path::Path, process::ExitCode};

use secrecy::SecretString;
use zeroize::Zeroizing;

use crate::{
    app::operators::{Local, LocalError, check_certificates},
    cli::{failed, invalid, no_data},
    grpc::{
        in_memory::LocalUser,
        operator_client::{ConnectError, OperatorClient, Server},
    },
};

use super::{
    Context,
    flags::{Connection, KEY_VARIABLE},
    user::user,
};

/// An open connection.
pub(super) enum Opened {
    Server(OperatorClient),
    Local(Box<Local>),
}

impl Opened {
    pub(super) const fn client(&self) -> &OperatorClient {
        match self {
            Self::Server(client) => client,
            Self::Local(local) => local.client(),
        }
    }

    pub(super) async fn close(self) {
        if let Self::Local(local) = self {
            local.close().await;
        }
    }
}

/// Opens the connection, or complains.
pub(super) async fn open(flags: &Connection, context: &Context) -> Result<Opened, ExitCode> {
    let Some(url) = &flags.server else {
        if flags.is_remote() {
            return Err(invalid(&"--key-file and --ca-file require --server."));
        }
        let local = Local::open(&context.config, &context.world, LocalUser(user())).await;
        return local.map(|it| Opened::Local(Box::new(it))).map_err(|error| match error {
            LocalError::Data(error) => no_data(&error),
            LocalError::Domain(error) => failed(&error),
            LocalError::Connection(error) => failed(&error),
        });
    };
    let server = server(url, flags, context)?;
    OperatorClient::connect(&server).await.map(Opened::Server).map_err(|error| match error {
        ConnectError::Unreachable { .. } | ConnectError::Memory(_) => failed(&error),
        _ => {
            failed(&error);
            ExitCode::from(crate::cli::INVALID)
        }
    })
}

/// The server that the flags name.
fn server(url: &str, flags: &Connection, context: &Context) -> Result<Server, ExitCode> {
    let key_file = flags.key_file.as_ref().or(context.key_file.as_ref());
    let Some(key_file) = key_file else {
        let sentence = format!("--server needs a key: give --key-file or set {KEY_VARIABLE}.");
        return Err(invalid(&sentence));
    };
    let bytes = Zeroizing::new(read(key_file)?);
    let key = SecretString::from(String::from_utf8_lossy(&bytes).trim());
    let ca_certificate = flags.ca_file.as_deref().map(certificates).transpose()?;
    Ok(Server { url: url.to_owned(), key, ca_certificate })
}

fn certificates(path: &Path) -> Result<Vec<u8>, ExitCode> {
    let bytes = read(path)?;
    match check_certificates(&bytes) {
        Ok(()) => Ok(bytes),
        Err(why) => {
            let path = path.display();
            Err(invalid(&format_args!("The file {path} of --ca-file cannot be used: {why}.")))
        }
    }
}

fn read(path: &Path) -> Result<Vec<u8>, ExitCode> {
    fs::read(path).map_err(|cause| {
        invalid(&format_args!("The file {} cannot be read: {cause}.", path.display()))
    })
}
