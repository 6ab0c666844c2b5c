//! `claviger export`: writes all accounts to a file, page by page.

use std::{
    ffi::OsString,
    fs,
    io::{self, BufWriter, Write},
    path::{Path, PathBuf},
};

use serde_json::json;

use crate::{
    cli::{
        complain,
        counts::counted,
        operator::{Console, Outcome, json::Object, problem::Problem},
        progress::Progress,
    },
    grpc::contracts::admin as pb,
};

use super::{
    arguments::{Export, STANDARD},
    messages::row,
    report::create_new,
};

/// The largest page.
const PAGE: i32 = 500;

pub(super) async fn export(console: &Console<'_>, arguments: &Export) -> Outcome {
    if arguments.file == Path::new(STANDARD) {
        let exported = write(console, arguments, &mut BufWriter::new(io::stdout())).await?;
        complain(format_args!("Exported {}.", counted(exported, "account")));
        return Ok(());
    }
    let unfinished = Unfinished::create(&arguments.file)?;
    let mut output = BufWriter::new(&unfinished.output);
    let exported = write(console, arguments, &mut output).await?;
    drop(output);
    unfinished.finish()?;
    let file = arguments.file.display().to_string();
    let sentence = format!(
        "Exported {} to {file}. The file is as secret as the database.",
        counted(exported, "account")
    );
    console.done(sentence, &Object::of([("exported", json!(exported)), ("file", json!(file))]))
}

/// Writes every account on a line. Returns how many there were.
async fn write(
    console: &Console<'_>,
    arguments: &Export,
    output: &mut impl Write,
) -> Result<u64, Problem> {
    let reason = arguments.reason.text.clone();
    let mut request = pb::ExportAccountsRequest { page_size: PAGE, reason, ..Default::default() };
    let mut progress = Progress::new("exported");
    let mut exported = 0;
    loop {
        let page = console.client.export_accounts(request.clone()).await?;
        for account in page.accounts {
            serde_json::to_writer(&mut *output, &row(account)).map_err(io::Error::from)?;
            output.write_all(b"\n")?;
            exported += 1;
        }
        progress.show(counted(exported, "account"));
        if page.next_page_token.is_empty() {
            break;
        }
        request.page_token = page.next_page_token;
    }
    output.flush()?;
    progress.end();
    Ok(exported)
}

/// A file that gets its name when it is complete, and is removed otherwise.
struct Unfinished {
    output: fs::File,
    part: PathBuf,
    to: PathBuf,
}

impl Unfinished {
    fn create(to: &Path) -> Result<Self, Problem> {
        if to.symlink_metadata().is_ok() {
            let sentence = format!("The file {} exists, and is not overwritten.", to.display());
            return Err(Problem::sentence(sentence));
        }
        let mut part: OsString = to.into();
        part.push(".part");
        let part = PathBuf::from(part);
        // What an export that was killed has left.
        let _ = fs::remove_file(&part);
        let output = create_new(&part).map_err(|cause| {
            Problem::sentence(format!("The file {} cannot be created: {cause}.", part.display()))
        })?;
        Ok(Self { output, part, to: to.to_owned() })
    }

    fn finish(self) -> Outcome {
        self.output.sync_all()?;
        // Unlike a renaming, it does not replace a file that was created meanwhile.
        fs::hard_link(&self.part, &self.to).map_err(|cause| {
            Problem::sentence(format!("The file {} cannot be created: {cause}.", self.to.display()))
        })
    }
}

impl Drop for Unfinished {
    fn drop(&mut self) {
        let _ = fs::remove_file(&self.part);
    }
}
