//! Where the configuration is read: the file, and the environment before it.

use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use clap::Args;
use etcetera::BaseStrategy;

use super::failure::Failure;
use crate::base::diag::{Diagnostic, Located, Report};
use crate::base::span::Span;
use crate::tui::settings::{read, theme_named};
use crate::tui::state::Settings;

/// Which configuration to read.
#[derive(Debug, Clone, Default, Args)]
pub struct ConfigArgs {
    /// Read this configuration (docs/configuration.md).
    #[arg(long, value_name = "FILE", global = true, help_heading = "Options everywhere")]
    pub config: Option<PathBuf>,
    /// Read no configuration.
    #[arg(long, global = true, conflicts_with = "config", help_heading = "Options everywhere")]
    pub no_config: bool,
}

/// The most that is read of a configuration, in bytes.
const LIMIT: u64 = 1 << 20;

/// What a person has set, and what is wrong with it.
#[derive(Debug, Default)]
pub struct Config {
    /// What is set.
    pub settings: Settings,
    /// What was not understood.
    pub report: Report,
}

impl Config {
    /// Reads the file that is meant, if there is one. Only a file that the command line names must be there.
    pub fn load(args: &ConfigArgs) -> Result<Config, Failure> {
        let var = |name| std::env::var_os(name).filter(|value| !value.is_empty());
        let mut config = match (&args.config, var("OFSCOPE_CONFIG")) {
            _ if args.no_config => Config::default(),
            (Some(path), _) => Config::of_file(path)
                .map_err(|e| Failure::source(format!("`{}` cannot be read: {}", path.display(), plain(&e))))?,
            (None, Some(path)) => Config::of_file_or_warning(Path::new(&path)),
            (None, None) => match usual_file() {
                Some(path) if path.exists() => Config::of_file_or_warning(&path),
                _ => Config::default(),
            },
        };
        if let Some(name) = var("OFSCOPE_THEME") {
            let name = name.to_string_lossy();
            match theme_named(&name) {
                Ok(theme) => config.settings.theme = theme,
                Err(wrong) => config.report.push(Located::line(&"OFSCOPE_THEME".into(), 1, &name, wrong)),
            }
        }
        Ok(config)
    }

    fn of_file(path: &Path) -> io::Result<Config> {
        let mut bytes = Vec::new();
        File::open(path)?.take(LIMIT + 1).read_to_end(&mut bytes)?;
        if bytes.len() as u64 > LIMIT {
            return Err(io::Error::other(format!("it has more than {LIMIT} bytes")));
        }
        let text = String::from_utf8(bytes).map_err(|_| io::Error::other("it is not UTF-8"))?;
        let file: Arc<str> = path.to_string_lossy().into();
        let (settings, report) = read(&text, &file);
        Ok(Config { settings, report })
    }

    /// The file; one that cannot be read is only complained about.
    fn of_file_or_warning(path: &Path) -> Config {
        Config::of_file(path).unwrap_or_else(|e| {
            let message = format!("the configuration cannot be read: {}", plain(&e));
            let wrong = Diagnostic::warning("unreadable", Span::new(0, 0), message);
            let mut config = Config::default();
            config.report.push(Located::file(&path.to_string_lossy().into(), wrong));
            config
        })
    }

    /// The first complaint in one line, and how many more there are.
    pub fn complaint(&self) -> Option<String> {
        let first = self.report.kept.first()?;
        let file = first.file.rsplit('/').next().unwrap_or_default();
        let place = if first.line > 0 { format!("{file}:{}", first.line) } else { file.to_owned() };
        let more = match self.report.len() - 1 {
            0 => String::new(),
            more => format!(" ({more} more)"),
        };
        Some(format!("{place}: {}{more}", first.diagnostic))
    }
}

/// What the system says, without its number.
fn plain(error: &io::Error) -> String {
    let text = error.to_string();
    text.split(" (os error").next().unwrap_or(&text).to_lowercase()
}

/// The configuration of the person, whether it is there or not.
fn usual_file() -> Option<PathBuf> {
    Some(etcetera::choose_base_strategy().ok()?.config_dir().join("ofscope/config.toml"))
}
