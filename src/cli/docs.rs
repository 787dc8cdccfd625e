//! `docs/cli.md`, made from the table of subcommands.
