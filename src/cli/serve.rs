//! `cim-twin serve`: the backend alone.

use super::{
    city,
    embedded::{Embedded, Wish, web_root},
};
use std::{net::IpAddr, path::PathBuf};

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// City folder; the demo city when left out
    #[arg(long)]
    city: Option<PathBuf>,
    /// Address to listen on; 0.0.0.0 for every network
    #[arg(long, default_value = "127.0.0.1")]
    address: IpAddr,
    /// Port to listen on; 0 for any free one
    #[arg(long, default_value_t = 8620)]
    port: u16,
    /// Do not let the city play by itself: only real producers report
    #[arg(long)]
    no_simulation: bool,
    /// Folder of the web page
    #[arg(long)]
    web: Option<PathBuf>,
    /// Database file; inside the city folder when left out
    #[arg(long)]
    database: Option<PathBuf>,
}

pub(super) fn run(args: Args) -> Result<(), String> {
    let city = city::wanted(args.city)?;
    let backend = Embedded::start(Wish {
        city,
        listen: (args.address, args.port).into(),
        simulate: !args.no_simulation,
        web_root: args.web.or_else(web_root),
        database: args.database,
    })?;
    super::streams::print(&backend.url)?;
    backend.until_ctrl_c()
}
