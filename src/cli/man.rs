//! `ofscope man`: manual pages.

use std::io;
use std::path::PathBuf;

use clap::{Args, CommandFactory};
use clap_mangen::Man;

use super::context::Context;
use super::failure::{CommandResult, Failure, Outcome};

/// Print the manual page, or write one for each subcommand.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  ofscope man | man -l -
  ofscope man --dir /usr/local/share/man/man1")]
pub struct ManArgs {
    /// Write the pages into this directory, which must be there.
    #[arg(long, value_name = "DIR")]
    pub dir: Option<PathBuf>,
}

/// Prints or writes the pages.
pub fn run(args: &ManArgs, cx: &Context) -> CommandResult {
    let mut out = cx.stream();
    match &args.dir {
        None => out.bytes(&page(super::Cli::command())?),
        Some(dir) => {
            for (name, page) in pages()? {
                let path = dir.join(name);
                let failed = |e: io::Error| Failure::source(format!("`{}` cannot be written: {e}", path.display()));
                std::fs::write(&path, page).map_err(failed)?;
            }
        }
    }
    out.finish()?;
    Ok(Outcome::Done)
}

fn page(command: clap::Command) -> io::Result<Vec<u8>> {
    let mut page = Vec::new();
    Man::new(command).render(&mut page)?;
    Ok(page)
}

/// The pages with their file names.
pub fn pages() -> io::Result<Vec<(String, Vec<u8>)>> {
    let mut command = super::Cli::command();
    command.build();
    let mut pages = vec![("ofscope.1".to_owned(), page(super::Cli::command())?)];
    for sub in command.get_subcommands() {
        let name = sub.get_display_name().unwrap_or(sub.get_name());
        pages.push((format!("{name}.1"), page(sub.clone())?));
    }
    Ok(pages)
}
